/* mailbox.c - see mailbox.h. What is an address, and where its parts end, pow/recipient.c decides;
 * this file finds the letters of its local part again in what was written. */
#include "tools/mailbox.h"

#include <string.h>

/* The octet behind blanks, an angle bracket and a source route. */
static const char *mailbox_local(const char *text, const char *end)
{
    while (text < end && strchr(" \t<", *text) != NULL)
        text++;
    if (text < end && *text == '@')
        text = memchr(text, ':', (size_t)(end - text));
    return text;
}

/* The canonical form may have fewer quotes and backslashes or more, but has the same letters in the
 * same order. */
static void mailbox_spell(const char *text, const char *end, struct mailbox *mailbox)
{
    const struct op_recipient *rcpt = &mailbox->recipient;

    memcpy(mailbox->spelled, rcpt->text, rcpt->len + 1);
    for (size_t i = 0; i < rcpt->domain; i++) {
        if (rcpt->text[i] < 'a' || rcpt->text[i] > 'z')
            continue;
        while (text < end && (*text | 0x20) != rcpt->text[i])
            text++;
        if (text < end)
            mailbox->spelled[i] = *text++;
    }
}

bool mailbox_parse(const char *text, size_t len, struct mailbox *mailbox_r, const char **why_r)
{
    const char *end = text + len;

    if (!op_recipient_parse(text, len, &mailbox_r->recipient, why_r))
        return false;
    mailbox_spell(mailbox_local(text, end), end, mailbox_r);
    return true;
}
