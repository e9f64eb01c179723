/* smtp_reply.c - see smtp_reply.h. RFC 5321 section 4.2, RFC 2034 for the enhanced codes. */
#include "tools/smtp_reply.h"

#include <string.h>

static const char smtp_reply_digits[] = "0123456789";

/* The code at the start of a line, 0 if there is none. */
static int smtp_reply_code(const char *line)
{
    if (strspn(line, smtp_reply_digits) != 3 || line[0] < '2' || line[0] > '5' || line[1] > '5')
        return 0;
    if (line[3] != ' ' && line[3] != '-' && line[3] != '\0')
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* Length of an enhanced code at the start of the text that is of this class, 0 if there is none. */
static size_t smtp_reply_enhanced_len(const char *text, int class)
{
    size_t subject, detail;

    if (text[0] != (char)('0' + class) || text[1] != '.')
        return 0;
    subject = strspn(text + 2, smtp_reply_digits);
    if (subject < 1 || subject > 3 || text[2 + subject] != '.')
        return 0;
    detail = strspn(text + 3 + subject, smtp_reply_digits);
    char end = text[3 + subject + detail];
    if (detail < 1 || detail > 3 || (end != ' ' && end != '\0'))
        return 0;
    return 3 + subject + detail;
}

static void smtp_reply_append(struct smtp_reply *reply, const char *text)
{
    size_t room = sizeof reply->text - 1 - reply->len, len = strlen(text);

    if (len > room)
        len = room;
    memcpy(reply->text + reply->len, text, len);
    reply->len += len;
    reply->text[reply->len] = '\0';
}

enum smtp_reply_line smtp_reply_add(struct smtp_reply *reply, const char *line)
{
    int code = smtp_reply_code(line);

    if (code == 0 || (reply->code != 0 && code != reply->code))
        return SMTP_REPLY_BAD;
    if (reply->code == 0) {
        reply->code = code;
        char start[] = {line[0], line[1], line[2], '\0'};
        smtp_reply_append(reply, start);
    }
    bool first = reply->len == 3;
    const char *text = line[3] == '\0' ? line + 3 : line + 4;
    size_t enhanced = smtp_reply_enhanced_len(text, code / 100);
    if (!first && enhanced > 0 && strncmp(reply->text + 4, text, enhanced) == 0)
        text += enhanced + (text[enhanced] == ' ');
    smtp_reply_append(reply, " ");
    smtp_reply_append(reply, text);
    return line[3] == '-' ? SMTP_REPLY_MORE : SMTP_REPLY_LAST;
}

bool smtp_reply_enhanced(const struct smtp_reply *reply, char enhanced_r[SMTP_ENHANCED_MAX])
{
    if (reply->len < 4)
        return false;
    size_t len = smtp_reply_enhanced_len(reply->text + 4, reply->code / 100);

    if (len == 0)
        return false;
    memcpy(enhanced_r, reply->text + 4, len);
    enhanced_r[len] = '\0';
    return true;
}
