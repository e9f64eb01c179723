/*
 * srv.h - asks DNS which onion services take the mail of a domain: SRV records
 * _onion-mx._tcp.DOMAIN, checked with DNSSEC here.
 *
 * A context keeps what it has learned as long as DNS allows. Not for several threads at once.
 */
#ifndef TOOLS_SRV_H
#define TOOLS_SRV_H

#include "pow/err.h"
#include "tools/route.h"

#define SRV_SERVICE    "_onion-mx._tcp."
#define SRV_DOMAIN_MAX (253 - (sizeof SRV_SERVICE - 1)) /* octets: a name has at most 253 */

struct srv;

/* conf has to live as long. NULL with a sentence. */
OP_MUST_USE struct srv *srv_new(const struct sender *conf, char why_r[ROUTE_WHY_MAX]);
void srv_free(struct srv *srv); /* NULL is fine; what is being asked is given up */

/* Waits for the answer, as long as conf allows. The domain has at most SRV_DOMAIN_MAX octets. */
void srv_find(struct srv *srv, const char *domain, struct route_answer *answer_r);

/* The same without waiting: when srv_fd() is readable, srv_process() calls back those that have
 * their answer. The number is for srv_cancel(), after which nothing is called back. */
typedef void srv_done(void *arg, const struct route_answer *answer);
OP_MUST_USE bool srv_ask(struct srv *srv, const char *domain, srv_done *done, void *arg,
                         int *number_r, char why_r[ROUTE_WHY_MAX]);
void srv_cancel(struct srv *srv, int number);
int srv_fd(const struct srv *srv);
void srv_process(struct srv *srv);

#endif
