/* recipients.c - see recipients.h. The verbs' common front: what fails here fails alike in all of
 * them. */
#include "tools/recipients.h"

#include <errno.h>
#include <string.h>

#include "tools/fail.h"

void xrecipients_add(struct rcptlist *list, const char *const *texts, size_t count)
{
    struct rcptlist_error error;

    for (size_t i = 0; i < count; i++) {
        if (!rcptlist_add(list, texts[i], strlen(texts[i]), &error))
            fail_exit(EX_DATAERR, NULL, "%s: this is no address: %s", error.text, error.why);
    }
}

void xrecipients_add_message(struct rcptlist *list, const struct message *message)
{
    struct rcptlist_error error;

    if (!rcptlist_add_message(list, message, &error))
        fail_exit(EX_DATAERR, NULL, "%s: this is no address: %s", error.text, error.why);
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
