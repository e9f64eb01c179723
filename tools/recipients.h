/*
 * recipients.h - whom a verb is about: arguments, --rcpt and the header of a message, in this
 * order.
 */
#ifndef TOOLS_RECIPIENTS_H
#define TOOLS_RECIPIENTS_H

#include "tools/options.h"
#include "tools/rcptlist.h"

/* Appends; ends the run with EX_DATAERR, naming what is no address and why. */
void xrecipients_add(struct rcptlist *list, const char *const *texts, size_t count);
void xrecipients_add_message(struct rcptlist *list, const struct message *message);

/* Ends the run so. */
_Noreturn void xrecipients_refuse(const char *text, const char *why);

/* Takes off the pins (address.h): a stamp is for the address without, as the server is told it. For
 * whoever mints or judges. */
void recipients_unpin(struct rcptlist *list);

/* Reads the header; ends the run with EX_DATAERR (too large) or EX_IOERR. */
void xrecipients_read_message(FILE *stream, struct message *message_r);

#endif
