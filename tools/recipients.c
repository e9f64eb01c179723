/* recipients.c - see recipients.h. The verbs' common front: what fails here fails alike in all of
 * them. */
#include "tools/recipients.h"

#include <errno.h>
#include <string.h>

#include "tools/address.h"
#include "tools/fail.h"

_Noreturn void xrecipients_refuse(const char *text, const char *why)
{
    if (strchr(text, '@') == NULL)
        fail_exit(EX_DATAERR, "name the whole address",
                  "%s: this is no address: it has no domain, and there are no local users or "
                  "aliases here",
                  text);
    fail_exit(EX_DATAERR, NULL, "%s: this is no address: %s", text, why);
}

void xrecipients_add(struct rcptlist *list, const char *const *texts, size_t count)
{
    struct rcptlist_error error;

    for (size_t i = 0; i < count; i++) {
        if (!rcptlist_add(list, texts[i], strlen(texts[i]), &error))
            xrecipients_refuse(error.text, error.why);
    }
}

void xrecipients_add_message(struct rcptlist *list, const struct message *message)
{
    struct rcptlist_error error;

    if (rcptlist_add_message(list, message, &error))
        return;
    if (error.why == NULL)
        fail_exit(EX_DATAERR, "split the message, or pick some of them",
                  "%s: the message names more than %zu recipients", error.text, rcptlist_max(list));
    xrecipients_refuse(error.text, error.why);
}

void recipients_unpin(struct rcptlist *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct mailbox *rcpt = &list->rcpts[i];
        struct address address;
        const char *why;
        if (!address_parse(rcpt->spelled, &address, &why))
            continue; /* an onion address that cannot be right, or a bare postmaster */
        rcpt->recipient = address.recipient;
        strcpy(rcpt->spelled, address.mailbox);
    }
}

void xrecipients_read_message(FILE *stream, struct message *message_r)
{
    switch (message_read(stream, message_r)) {
    case MESSAGE_OK:
        return;
    case MESSAGE_TOO_LARGE:
        fail_exit(EX_DATAERR, NULL, "the header of the message is above %d octets",
                  MESSAGE_HEADER_MAX);
    case MESSAGE_UNREADABLE:
        fail_exit(EX_IOERR, NULL, "input: %s", strerror(errno));
    }
}
