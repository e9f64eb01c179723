/*
 * origin.h - who a message is from, and the fields that every message needs (RFC 5322 section 3.6)
 * where a program left them to the mail server.
 *
 * Tells no more than it must: days and hours are those of UTC, and the name of the machine is not
 * asked for.
 */
#ifndef TOOLS_ORIGIN_H
#define TOOLS_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/message.h"

#define ORIGIN_ADDR_MAX   800  /* octets of an address, NUL included */
#define ORIGIN_FIELDS_MAX 4096 /* octets that origin_fields writes, NUL included */

/* The first address of the Sender field, else of the From field, as it is spelled there, else the
 * user's name at this domain. Of a message that was resent, Resent-Sender and Resent-From go before
 * these: they name who sends it now. */
void origin_address(const struct message *message, const char *domain,
                    char address_r[ORIGIN_ADDR_MAX]);

/* Those of From, Date and Message-ID that the message has not, LF-terminated; false if it has them
 * all. `name` is for From, and may be NULL. */
bool origin_fields(const struct message *message, const char *address, const char *name,
                   int64_t now, char fields_r[ORIGIN_FIELDS_MAX]);

#endif
