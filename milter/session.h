/*
 * session.h - what is remembered of one connection of the MTA, and what happens to it, in order.
 *
 * Leads each event to the file that decides on it. Knows neither libmilter nor clock nor log: those
 * that call hand in what the MTA said and carry out the answer. One thread at a time.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "milter/check.h"
#include "milter/circuits.h"
#include "milter/conf.h"
#include "milter/market.h"
#include "milter/minter.h"
#include "milter/reply.h"
#include "milter/report.h"
#include "milter/sign.h"

struct session;

struct session_site { /* what all sessions share; borrowed for the session's life */
    const struct op_key *key;
    struct market *market;
    struct circuits *circuits;
    struct metrics *metrics;
    struct minter *minter;
};

/* Takes over the reference of conf, also when it fails (NULL: out of memory). */
struct session *session_new(const struct conf *conf, const struct session_site *site);
void session_free(struct session *session); /* NULL is fine */

/* daemon_name: {daemon_name}; host: {j}; each NULL if the MTA gives none. False: this connection is
 * not guarded, or its listener is off: it is to be left alone. */
bool session_connect(struct session *session, const char *daemon_name, const char *host,
                     const struct sockaddr *addr, int64_t now);

/* A transaction begins; one before it, if any, is forgotten. login: as whom the client has proven
 * itself to the MTA ({auth_authen}), NULL or "" if it has not. If memory is short it begins all the
 * same, and ends as INTERNAL. */
void session_mail(struct session *session, const char *sender, const char *login, int64_t now);

struct session_answer { /* a value; strings live as long as the session's transaction */
    bool refuse;
    bool tell;            /* `report` is for the log */
    struct reply reply;   /* if refuse */
    struct report report; /* if tell; the caller adds queue_id and ms */
};
void session_rcpt(struct session *session, const char *address, const char *mailer,
                  struct session_answer *answer_r);

void session_field(struct session *session, const char *name, const char *value);
bool session_body(struct session *session, const void *data, size_t len); /* false: enough */

/* The end of the message: judges it. The next four say what to change in an accepted one. */
void session_end(struct session *session, const struct check_means *means,
                 struct session_answer *answer_r);
/* Value of the Authentication-Results field to insert; false if there is nothing to say. */
bool session_authres(const struct session *session, char text_r[AUTHRES_MAX]);
/* The fields to remove; NULL: none are known. */
const struct authres_marks *session_forged(const struct session *session);
/* The value that the References field is to have; *present_r: one is there, to be replaced. False:
 * it is to stay as it is. salt: random. */
bool session_references(const struct session *session, const uint8_t salt[TOKEN_SALT_LEN],
                        char text_r[SIGN_TEXT_MAX], bool *present_r);
/* The value of a stamp's field to insert; false: index is behind the last one. */
bool session_stamp(const struct session *session, size_t index, char text_r[OP_STAMP_TEXT_MAX]);
bool session_enforces(const struct session *session); /* false: whatever fails, accept */

void session_reset(struct session *session); /* forgets the transaction; as often as you like */

#endif
