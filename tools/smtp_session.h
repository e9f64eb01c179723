/*
 * smtp_session.h - a session with a server as the files of SMTP share it: its state, and how
 * something is said and heard. Nobody else's.
 *
 * Functions that return bool and take an outcome write it when they return false.
 */
#ifndef TOOLS_SMTP_SESSION_H
#define TOOLS_SMTP_SESSION_H

#include "tools/smtp.h"
#include "tools/smtp_reply.h"
#include "tools/wire.h"

#define SMTP_COMMAND_MAX 2048

struct smtp {
    const struct smtp_peer *peer;
    struct wire *wire;
    bool usable;
    bool pipelining, starttls, eight_bit, utf8;
    bool has_size;
    uint64_t size;   /* most that it takes; 0: it does not say */
    size_t received; /* octets of all replies */
    double taken_by; /* when a server that is just quick enough has taken the message */
    struct smtp_reply reply;
};

/* ---- waiting: each wait takes its time from the peer's patience ---- */

/* Returns the deadline of a wait of limit_s, or of what is left. */
double smtp_begin_wait(const struct smtp *smtp, double limit_s);
void smtp_end_wait(const struct smtp *smtp, double free_s); /* as of patience_end */

/* How long the message may still be on its way, however early we were rid of it: buffers of ours
 * and of Tor take megabytes at once. */
double smtp_flowing(const struct smtp *smtp);

/* ---- how a session, or a transaction, ends; each returns false ---- */

bool smtp_end(struct smtp_outcome *outcome, enum smtp_result result, enum smtp_stage stage,
              const char *enhanced, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Without a reply. */
bool smtp_end_wire(struct smtp *smtp, enum wire_result result, enum smtp_stage stage,
                   struct smtp_outcome *outcome);
bool smtp_end_babble(struct smtp *smtp, enum smtp_stage stage, const char *what,
                     struct smtp_outcome *outcome);

/* By smtp->reply, which is not what was hoped for. */
bool smtp_end_reply(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome);

/* ---- saying and hearing ---- */

/* One command or several. A server that speaks before it is spoken to says that it is leaving, or
 * is none. */
bool smtp_say(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same judgement for what was written otherwise. */
bool smtp_written(struct smtp *smtp, enum wire_result result, enum smtp_stage stage,
                  struct smtp_outcome *outcome);

/* Reads a whole reply into smtp->reply. */
bool smtp_read(struct smtp *smtp, enum smtp_stage stage, struct smtp_outcome *outcome);

/* ... and it is of this class: the first digit is what a client goes by (RFC 5321 section 4.2). */
bool smtp_expect(struct smtp *smtp, int class, enum smtp_stage stage, struct smtp_outcome *outcome);
int smtp_reply_class(const struct smtp *smtp); /* of the last reply */

#endif
