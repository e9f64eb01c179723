/*
 * submitter.h - whose message it is, as far as the minter has to tell people apart.
 *
 * A login where the MTA knows one, else a client. All who come without a login from one address are
 * one: the users of a web mail on this host, and local processes, share what one may have.
 */
#ifndef SUBMITTER_H
#define SUBMITTER_H

#include <stdint.h>

#include "milter/scope.h"
#include "pow/key.h"

#define SUBMITTER_LEN 16

/* login: {auth_authen}, "" if there is none. A keyed hash: no login or address is kept. */
void submitter_name(const char *login, const struct scope_client *client, const struct op_key *key,
                    uint8_t name_r[SUBMITTER_LEN]);

#endif
