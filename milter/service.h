/*
 * service.h - the long-lived things of the daemon, which sessions borrow.
 *
 * Made by main before the first connection and freed after the last; the pieces are thread-safe by
 * themselves. The configuration snapshot can be swapped at reload; whoever holds a reference keeps
 * the old one.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>

#include "milter/conf.h"
#include "milter/gate.h"
#include "milter/ledger.h"
#include "milter/session.h"

struct service;

struct service_parts { /* borrowed; must outlive the service */
    struct session_site site;
    struct ledger *ledger;
    struct gate *gate;
};

/* Takes over one reference of conf. NULL: out of memory. */
struct service *service_new(const struct conf *conf, const struct service_parts *parts);
void service_free(struct service *service);

const struct conf *service_conf(struct service *service); /* a new reference: conf_unref it */
void service_swap_conf(struct service *service,
                       const struct conf *conf); /* takes over the reference */

const struct session_site *service_site(const struct service *service);
struct ledger *service_ledger(const struct service *service);
struct gate *service_gate(const struct service *service);

uint64_t
service_token(struct service *service); /* a number that no other message of this process has */

/* Connections of the MTA that are open now; for the metrics. */
void service_opened(struct service *service);
void service_closed(struct service *service);
uint64_t service_sessions(struct service *service);

/* Messages between end of data and their answer: what a clean stop waits for. */
void service_enter(struct service *service);
void service_leave(struct service *service);
/* Waits until there are none or timeout_s is over; returns how many are left. */
unsigned service_drain(struct service *service, unsigned timeout_s);

#endif
