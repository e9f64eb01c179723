/*
 * smtp.h - an SMTP session with one server (RFC 5321), one recipient a transaction.
 *
 * A session outlives a refused message, so that a demand can be met on the connection that it came
 * over. Commands are pipelined where the server allows. Whatever the other end does costs bounded
 * time and memory: each reply has a deadline, all waiting together a budget, which only the reply
 * to a message may overdraw, and all replies of a session a size.
 *
 * Own code and not libcurl's SMTP, which neither pipelines nor tells at which command a session
 * ended.
 */
#ifndef TOOLS_SMTP_H
#define TOOLS_SMTP_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/address.h"
#include "tools/letter.h"
#include "tools/sender.h"

#define SMTP_TEXT_MAX     2048        /* octets of a reply that are kept, NUL included */
#define SMTP_REPLIES_MAX  (64 * 1024) /* octets of all replies of a session */
#define SMTP_ENHANCED_MAX 12          /* "5.999.999" and NUL */

struct patience; /* patience.h */
struct smtp;

struct smtp_peer { /* what it points to must outlive the session */
    const char *proxy;
    const char *user, *password; /* for the proxy: one circuit for each destination */
    const char *host;
    uint16_t port;
    enum sender_tls tls;
    const struct address_pin *pin;
    const char *helo;
    uint32_t connect_s, reply_s;
    struct patience *patience; /* what is left for all waiting; it is used up as we wait */
};

enum smtp_stage {
    SMTP_STAGE_CONNECT,
    SMTP_STAGE_TLS,
    SMTP_STAGE_GREETING,
    SMTP_STAGE_HELLO,
    SMTP_STAGE_MAIL,
    SMTP_STAGE_RCPT,
    SMTP_STAGE_DATA,
    SMTP_STAGE_MESSAGE, /* while it is sent */
    SMTP_STAGE_END,     /* after the final dot */
};

enum smtp_result {
    SMTP_SENT,     /* the server has taken the message */
    SMTP_REFUSED,  /* the server says 5xx */
    SMTP_LATER,    /* the server says 4xx */
    SMTP_LOST,     /* no connection, or one that was lost or fell silent; nothing was taken */
    SMTP_UNKNOWN,  /* the same after the final dot: it may have been taken */
    SMTP_BABBLE,   /* what the other end says is no SMTP, or does not end */
    SMTP_INSECURE, /* TLS is required, and not to be had, or the certificate is another one */
    SMTP_UNFIT,    /* this server cannot take this message: too large, or an address beyond ASCII */
};

struct smtp_outcome { /* a value */
    enum smtp_result result;
    enum smtp_stage stage;
    int code;                         /* of the last reply; 0: none */
    char enhanced[SMTP_ENHANCED_MAX]; /* the reply's own, or the one that fits */
    char text[SMTP_TEXT_MAX];         /* the reply, its lines joined by blanks, or a reason */
};

/* Connects and says hello. NULL: *outcome_r says why. */
struct smtp *smtp_open(const struct smtp_peer *peer, struct smtp_outcome *outcome_r);

/* One transaction: `first`, then the letter. `from` is "" for the null sender; neither address has
 * angle brackets or control characters. */
void smtp_send(struct smtp *smtp, const char *from, const char *rcpt, const char *first,
               size_t first_len, struct letter *letter, struct smtp_outcome *outcome_r);

/* May another message be tried on it? */
bool smtp_usable(const struct smtp *smtp);

/* Says QUIT if it can, and does not wait for an answer. NULL is fine. */
void smtp_close(struct smtp *smtp);

const char *smtp_stage_str(enum smtp_stage stage); /* "after the end of the message" */

#endif
