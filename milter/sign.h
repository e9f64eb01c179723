/*
 * sign.h - outgoing mail gets a reply token, so that those it goes to may answer without a stamp.
 *
 * Gathers what the token needs while the message passes by, and says what its References field is
 * to become. Nothing here ever holds a message up: where no token can be given, none is.
 */
#ifndef SIGN_H
#define SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "milter/token.h"

#define SIGN_TEXT_MAX 4096 /* octets of a References value that we are willing to write */

struct sign; /* of one transaction */

struct sign *sign_new(void);       /* NULL: out of memory */
void sign_free(struct sign *sign); /* NULL is fine */

void sign_recipient(struct sign *sign, const char *address);
void sign_field(struct sign *sign, const char *name, const char *value);

/* The new value of the References field, folded with "\n\t"; *present_r: there is such a field
 * already, to be replaced. False: the message is to stay as it is. expires: YYYYMMDD; salt: random.
 */
bool sign_end(const struct sign *sign, const struct op_key *key, uint32_t expires,
              const uint8_t salt[TOKEN_SALT_LEN], char text_r[SIGN_TEXT_MAX], bool *present_r);

#endif
