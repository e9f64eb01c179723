/*
 * reply.c - the one table of what a failure means to the sender, and the layout of the demand:
 *
 *     554-5.7.1 onionpow:1:argon2id-16m/512,argon2id-256m/48 proof of work required
 *     554-5.7.1 for <bob@x.onion>: about 18 s of a laptop's time. Run: onionpow mint bob@x.onion
 *     554 5.7.1 Help: https://...
 *
 * The offers are one token at the start of line 1, because some mail servers keep that line alone.
 * 554 and not 550, which a sending Sendmail reports as an unknown user.
 */
#include "milter/reply.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pow/effort.h"
#include "pow/stamp.h"

#define TEXT_MAX   (REPLY_LINE_MAX - REPLY_PREFIX - 2) /* octets of a line's text */
#define NUMBER(x)  NUMBER_(x)
#define NUMBER_(x) #x

static const struct {
    const char *code, *enhanced, *text;
} table[OUTCOME_COUNT] = {
    [OUTCOME_PASS] = {"250", "2.0.0", "ok"},
    [OUTCOME_EXEMPT] = {"250", "2.0.0", "ok"},
    [OUTCOME_UNPAID] = {"554", "5.7.1", "proof of work required"},
    [OUTCOME_STAMPS] = {"554", "5.7.1",
                        "more than " NUMBER(OP_STAMPS_MAX) " " OP_STAMP_FIELD
                                                           " fields are not looked at. Send the "
                                                           "message with one for each recipient"},
    [OUTCOME_RELAY] = {"554", "5.7.1",
                       "relaying is not offered here. Send through the mail server of the "
                       "recipient's domain or through your own provider"},
    [OUTCOME_ADDRESS] = {"554", "5.1.3",
                         "this is no address that a stamp can be made for. Correct the recipient"},
    [OUTCOME_CROWD] =
        {"452", "4.5.3",
         "too many recipients for one message. Send it to the rest of them in another"},
    [OUTCOME_BUSY] =
        {"451", "4.7.1",
         "another delivery with the same stamp is being checked right now. Try again in "
         "a few minutes, with the same stamp"},
    [OUTCOME_SATURATED] = {"451", "4.3.2",
                           "too many stamps are being checked right now. Try again in a few "
                           "minutes, with the same stamp"},
    [OUTCOME_BOUNCES] = {"451", "4.7.1",
                         "more bounces have come from you at once than are taken at their price. "
                         "Try again in a few minutes"},
    [OUTCOME_LEDGER] =
        {"451", "4.3.0",
         "the record of used stamps cannot be reached. Try again later, with the same "
         "stamp"},
    [OUTCOME_INTERNAL] = {"451", "4.3.0",
                          "the stamp cannot be checked because of a local fault. Try again later, "
                          "with the same stamp"},
    [OUTCOME_SIGNED] = {"250", "2.0.0", "ok"},
    [OUTCOME_MINTED] = {"250", "2.0.0", "ok"},
    [OUTCOME_STAMPED] = {"250", "2.0.0", "ok"},
    [OUTCOME_UNSTAMPED] = {"250", "2.0.0", "ok"},
    [OUTCOME_LATE] = {"451", "4.3.2",
                      "the proof of work that this message needs could not be done in time. Try "
                      "again later, or with fewer recipients"},
    [OUTCOME_NO_MINTER] = {"451", "4.3.2",
                           "the proof of work that this message needs cannot be done right now. "
                           "Try again in a few minutes"},
    [OUTCOME_CLOSING] = {"421", "4.7.0",
                         "this connection has brought a stamp with a failed proof of work. Send "
                         "the next message over a new connection"},
};

static const char *enhanced_code(enum outcome outcome, enum op_verdict verdict)
{
    if (outcome == OUTCOME_UNPAID && verdict == OP_VERDICT_MALFORMED)
        return "5.6.0";
    return table[outcome].enhanced;
}

bool reply_is_temporary(enum outcome outcome)
{
    return table[outcome].code[0] == '4';
}

const char *reply_first(const struct reply *reply)
{
    return reply->lines == 0 ? NULL : reply->text;
}

const char *reply_next(const struct reply *reply, const char *line)
{
    const char *next = line + strlen(line) + 1;
    size_t ended = reply->wire - reply->lines * (REPLY_PREFIX + 1); /* octets of text in use */

    return next < reply->text + ended ? next : NULL;
}

static size_t room(const struct reply *reply, size_t reserve)
{
    size_t taken = reply->wire + reserve + REPLY_PREFIX + 2;
    size_t left = taken >= REPLY_WIRE_MAX ? 0 : REPLY_WIRE_MAX - taken;

    return left < TEXT_MAX ? left : TEXT_MAX;
}

/* Appends a line if it fits and leaves `reserve` octets of the reply free. No control character and
 * no octet beyond ASCII gets through, whoever let it in. */
__attribute__((format(printf, 3, 4))) static bool add_line(struct reply *reply, size_t reserve,
                                                           const char *format, ...)
{
    char line[TEXT_MAX + 1];
    va_list args;
    int len;
    char *out = reply->text + reply->wire - reply->lines * (REPLY_PREFIX + 1);

    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len <= 0 || (size_t)len > room(reply, reserve) || reply->lines == REPLY_LINES_MAX)
        return false;
    for (int i = 0; i < len; i++)
        out[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
    out[len] = '\0';
    reply->lines++;
    reply->wire += REPLY_PREFIX + (size_t)len + 2;
    return true;
}

static void time_text(double seconds, char *text, size_t size)
{
    if (seconds <= 0)
        snprintf(text, size, "some time");
    else if (seconds < 1)
        snprintf(text, size, "less than 1 s of a laptop's time");
    else if (seconds < 120)
        snprintf(text, size, "about %.0f s of a laptop's time", ceil(seconds));
    else if (seconds < 120 * 60)
        snprintf(text, size, "about %.0f min of a laptop's time", ceil(seconds / 60));
    else
        snprintf(text, size, "about %.0f h of a laptop's time", fmin(ceil(seconds / 3600), 999999));
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

/* Could a person paste it into a shell as it stands? */
static bool is_plain(const char *text)
{
    static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char more[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-=%@";

    return strspn(text, alnum) > 0 && text[strspn(text, more)] == '\0';
}

/* "onionpow mint" with what it takes to meet the best offer: nothing, if that asks for no more than
 * the minter does by itself. */
static void command_text(const struct op_offers *offers, char text[TEXT_MAX + 1])
{
    const struct op_offer *best = &offers->offer[0];

    if (offers->count == 0 ||
        (best->suite == op_suite_default() && best->effort <= best->suite->effort_default))
        snprintf(text, TEXT_MAX + 1, "onionpow mint");
    else
        snprintf(text, TEXT_MAX + 1, "onionpow mint --offer onionpow:1:%s/%llu", best->suite->name,
                 (unsigned long long)best->effort);
}

static void add_for_one(struct reply *reply, size_t reserve, const char *recipient,
                        const char *time, const char *command)
{
    bool shown = is_printable(recipient);

    if (shown && is_plain(recipient) &&
        add_line(reply, reserve, "for <%s>: %s. Run: %s %s", recipient, time, command, recipient))
        return;
    if (shown && add_line(reply, reserve, "for <%s>: %s. Run: %s RCPT", recipient, time, command))
        return;
    (void)add_line(reply, reserve, "for the recipient: %s. Run: %s RCPT", time, command);
}

/* One line of as many of the recipients as fit. */
static void add_list(struct reply *reply, size_t reserve, const struct reply_facts *facts)
{
    static const char more[] = " and 200 more";
    char line[TEXT_MAX + 1] = "They are:";
    size_t len = strlen(line);
    size_t space = room(reply, reserve);
    size_t shown = 0;

    for (size_t i = 0; i < facts->lacking_count; i++) {
        const char *recipient = facts->lacking[i];
        size_t need = strlen(recipient) + 3;
        if (!is_printable(recipient) || len + need + sizeof more > space)
            continue;
        snprintf(line + len, sizeof line - len, " <%s>", recipient);
        len += need;
        shown++;
    }
    if (shown == 0)
        return;
    if (shown < facts->lacking_count)
        (void)add_line(reply, reserve, "%s and %zu more", line, facts->lacking_count - shown);
    else
        (void)add_line(reply, reserve, "%s", line);
}

/* What is wrong, for people. Who uses what is not taken here is told what is. */
static void words_text(const struct reply_facts *facts, char words[TEXT_MAX + 1])
{
    size_t len;

    if (facts->verdict == OP_VERDICT_MISSING) {
        snprintf(words, TEXT_MAX + 1, "%s", table[OUTCOME_UNPAID].text);
        return;
    }
    len = (size_t)snprintf(words, TEXT_MAX + 1, "%s", op_verdict_text(facts->verdict));
    if (facts->verdict != OP_VERDICT_SUITE && facts->verdict != OP_VERDICT_VERSION)
        return;
    len += (size_t)snprintf(words + len, TEXT_MAX + 1 - len, "; accepted are, in version 1,");
    for (size_t i = 0; i < facts->offers->count; i++)
        len += (size_t)snprintf(words + len, TEXT_MAX + 1 - len, "%s %s", i > 0 ? "," : "",
                                facts->offers->offer[i].suite->name);
}

/* Line 1: the offers, and in words what is wrong; the words go to line 2 where the offers fill the
 * first. */
static void add_demand(struct reply *reply, size_t reserve, const struct reply_facts *facts)
{
    char token[OP_OFFER_TEXT_MAX], words[TEXT_MAX + 1];

    words_text(facts, words);
    if (facts->offers->count > 0) {
        op_offers_format(facts->offers, token);
        if (add_line(reply, reserve, "%s %s", token, words))
            return;
        (void)add_line(reply, reserve, "%s", token);
    }
    (void)add_line(reply, reserve, "%s", words);
}

static void make_demand(struct reply *reply, size_t reserve, const struct reply_facts *facts)
{
    const struct op_offer *best = &facts->offers->offer[0];
    char time[64], command[TEXT_MAX + 1];

    add_demand(reply, reserve, facts);
    time_text(facts->offers->count > 0 ? op_effort_to_seconds(best->suite, best->effort) : 0, time,
              sizeof time);
    command_text(facts->offers, command);
    if (facts->lacking_count == 1) {
        add_for_one(reply, reserve, facts->lacking[0], time, command);
        return;
    }
    (void)add_line(reply, reserve,
                   "%zu of %zu recipients lack a good stamp: %s each. Run: %s RCPT...",
                   facts->lacking_count, facts->recipient_count, time, command);
    add_list(reply, reserve, facts);
}

void reply_make(const struct reply_facts *facts, struct reply *reply_r)
{
    size_t help = strlen(facts->help_url);
    size_t reserve = help == 0 ? 0 : REPLY_PREFIX + strlen("Help: ") + help + 2;

    reply_r->code = table[facts->outcome].code;
    reply_r->enhanced = enhanced_code(facts->outcome, facts->verdict);
    reply_r->lines = 0;
    reply_r->wire = 0;
    if (facts->outcome == OUTCOME_UNPAID)
        make_demand(reply_r, reserve, facts);
    else if (facts->outcome == OUTCOME_ADDRESS && facts->why != NULL)
        (void)add_line(reply_r, reserve, "%s: %s", table[OUTCOME_ADDRESS].text, facts->why);
    else
        (void)add_line(reply_r, reserve, "%s", table[facts->outcome].text);
    if (help > 0)
        (void)add_line(reply_r, 0, "Help: %s", facts->help_url);
}
