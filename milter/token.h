/*
 * token.h - reply tokens: who was written to may answer without a stamp, a few times.
 *
 * Our outgoing mail carries a message-id of our own making in References:
 *
 *     <opr1.BLOB@host>    BLOB = base64url(expires, 4 octets | salt, 8 octets | MACs, 6 octets
 * each) MAC = HMAC(site key, "onionpow-v1 reply" | expires | salt | canonical recipient)[0..6)
 *
 * and a reply brings it back in References or In-Reply-To. No record of who writes to whom is kept.
 * Knows strings, not libmilter.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/ledger.h"
#include "pow/key.h"
#include "pow/recipient.h"

#define TOKEN_RECIPIENTS_MAX 8   /* more are a list, not a correspondence: no token */
#define TOKEN_TEXT_MAX       256 /* octets of a message-id with its < >, NUL included */
#define TOKEN_SALT_LEN       8
#define TOKENS_MAX           8 /* looked at in one message */

/* Octets of a MAC. Only the mail server can tell a right guess from a wrong one, and it looks at
 * TOKENS_MAX * TOKEN_RECIPIENTS_MAX = 2^6 in a message: 2^42 messages for one hit, which is worth a
 * few stamps. */
#define TOKEN_MAC_LEN 6

/* The message-id, "<...@host>". recipients: 1 to 8, canonical, in any order (the token does not
 * show it). Its MACs are filled up to four or eight with decoys: to how many it went, up to four,
 * and that there was a Bcc, is not to be seen. expires: a day, YYYYMMDD, the last on which it
 * holds. salt: random. False: no or too many recipients, or the host is too long or no host name.
 */
OP_MUST_USE bool token_make(const struct op_key *key, const struct op_recipient *recipients,
                            size_t count, uint32_t expires, const uint8_t salt[TOKEN_SALT_LEN],
                            const char *host, char text_r[TOKEN_TEXT_MAX]);

struct token {        /* a value: a token found in a message */
    uint32_t expires; /* YYYYMMDD, a day of the calendar */
    uint8_t salt[TOKEN_SALT_LEN];
    uint8_t macs; /* how many, from 1 */
    uint8_t mac[TOKEN_RECIPIENTS_MAX][TOKEN_MAC_LEN];
    uint8_t id[OP_ID_LEN]; /* once token_check has believed it: of token and correspondent */
};

/* Finds the tokens of any site in a References or In-Reply-To value, in its order, wherever they
 * stand in it; appends those that fit, up to TOKENS_MAX in all. */
void token_find(const char *value, struct token tokens[TOKENS_MAX], size_t *count);

/* Is it ours, made for this correspondent (who now writes: the envelope sender), and not expired on
 * the day of now? Then sets its id. The id does not depend on the other MACs: one who leaves some
 * out gains no uses, and each of several recipients has uses of his own. */
OP_MUST_USE bool token_check(const struct op_key *key, struct token *token,
                             const struct op_recipient *correspondent, int64_t now);

/* The ledger's key of use number `use` of a token that token_check has believed: spent by the
 * message that uses it, so that a retry of that message is no further use. */
void token_use_key(const struct token *token, unsigned use, struct ledger_key *key_r);

/* The References value of outgoing mail: the one that it has (NULL: none) with the token behind it,
 * folded with "\n\t" for lines of 78 columns where that can be had. Tokens of the same host, left
 * there by former mail of the thread, go; those of other sites stay, as their servers wait for
 * them; all other ids stay octet for octet. False if it does not fit into `size` octets or a line
 * would pass 998; out_r may be half written then. */
OP_MUST_USE bool token_append(const char *references, const char *token, char *out_r, size_t size);

#endif
