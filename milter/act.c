/* act.c - replies and header edits, in the form that libmilter wants them. */
#include "milter/act.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libmilter/mfapi.h>

#include "milter/log.h"

/* Lines for libmilter: "%" doubled, because MTAs take the text as a format. NULL behind the last.
 */
struct lines {
    char *line[REPLY_LINES_MAX];
    char text[REPLY_WIRE_MAX * 2];
};

static void double_percent(const struct reply *reply, struct lines *lines_r)
{
    char *out = lines_r->text;
    size_t count = 0;

    memset(lines_r->line, 0, sizeof lines_r->line);
    for (const char *in = reply_first(reply); in != NULL; in = reply_next(reply, in)) {
        lines_r->line[count++] = out;
        for (const char *c = in; *c != '\0'; c++) {
            if (*c == '%')
                *out++ = '%';
            *out++ = *c;
        }
        *out++ = '\0';
    }
}

_Static_assert(REPLY_LINES_MAX == 16, "as many as act_refuse passes on");

int act_refuse(struct smfi_str *ctx, const struct reply *reply)
{
    struct lines lines;
    char **l = lines.line;

    double_percent(reply, &lines);
    /* If this fails the MTA refuses in words of its own; the class of the refusal stays. */
    if (smfi_setmlreply(ctx, reply->code, reply->enhanced, l[0], l[1], l[2], l[3], l[4], l[5], l[6],
                        l[7], l[8], l[9], l[10], l[11], l[12], l[13], l[14], l[15],
                        (char *)NULL) != MI_SUCCESS)
        log_line(LOG_LEVEL_WARNING, "libmilter did not take the reply %s %s", reply->code,
                 reply->enhanced);
    return reply->code[0] == '4' ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

static bool remove_forged(struct smfi_str *ctx, const struct authres_marks *forged)
{
    static char field[] = AUTHRES_FIELD; /* libmilter's interface is older than const */

    /* From the last one on: MTAs differ in whether they renumber the fields behind a removed one.
     */
    for (uint32_t place = forged->fields; place >= 1; place--) {
        if (!authres_marks_get(forged, place))
            continue;
        if (smfi_chgheader(ctx, field, (int)place, NULL) != MI_SUCCESS)
            return false;
    }
    return true;
}

bool act_mark(struct smfi_str *ctx, const struct authres_marks *forged, const char *value)
{
    static char field[] = AUTHRES_FIELD;
    char text[AUTHRES_MAX];

    if (forged != NULL && !remove_forged(ctx, forged))
        return false;
    if (value == NULL)
        return true;
    strncpy(text, value, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    return smfi_insheader(ctx, 0, field, text) == MI_SUCCESS;
}

bool act_references(struct smfi_str *ctx, const char *value, bool present)
{
    static char field[] = "References";
    char *text = strdup(value);
    int status = MI_FAILURE;

    if (text != NULL)
        status = present ? smfi_chgheader(ctx, field, 1, text) : smfi_addheader(ctx, field, text);
    free(text);
    return status == MI_SUCCESS;
}

bool act_stamp(struct smfi_str *ctx, const char *value)
{
    static char field[] = OP_STAMP_FIELD;
    char text[OP_STAMP_TEXT_MAX];

    strncpy(text, value, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    return smfi_insheader(ctx, 0, field, text) == MI_SUCCESS;
}

bool act_progress(void *ctx)
{
    return smfi_progress(ctx) == MI_SUCCESS;
}
