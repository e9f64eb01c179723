/* msg.c - gathers a transaction: recipients, candidates, forged fields, the fingerprint. */
#include "milter/msg.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "milter/price.h"

/* Makes room for one more element, doubling up to max. */
static bool grow(void **array, size_t *size, size_t need, size_t max, size_t element)
{
    size_t wanted = *size == 0 ? 4 : *size * 2;
    void *larger;

    if (need <= *size)
        return true;
    if (wanted < need)
        wanted = need;
    if (wanted > max)
        wanted = max;
    larger = reallocarray(*array, wanted, element);
    if (larger == NULL)
        return false;
    *array = larger;
    *size = wanted;
    return true;
}

struct msg *msg_new(const struct msg_terms *terms, const char *sender)
{
    struct msg *msg = calloc(1, sizeof *msg);

    if (msg == NULL)
        return NULL;
    msg->terms = *terms;
    for (size_t i = 0; i < OP_SUITES_MAX; i++)
        msg->terms.when.effort[i] = 1; /* op_match is to judge everything but the price */
    msg->trouble = OUTCOME_PASS;
    if (!op_recipient_parse(sender, strlen(sender), &msg->correspondent, NULL))
        msg->correspondent.len = 0;
    fingerprint_init(&msg->print, sender);
    return msg;
}

void msg_free(struct msg *msg)
{
    if (msg == NULL)
        return;
    free(msg->text);
    free(msg->recipient);
    free(msg->candidate);
    free(msg);
}

void msg_set_trouble(struct msg *msg, enum outcome trouble)
{
    if (msg->trouble == OUTCOME_PASS)
        msg->trouble = trouble;
}

const char *msg_recipient_text(const struct msg *msg, size_t index)
{
    return msg->text + msg->recipient[index].text;
}

static bool has_recipient(const struct msg *msg, const struct op_recipient *recipient)
{
    for (size_t i = 0; i < msg->recipient_count; i++) {
        if (msg->recipient[i].len == recipient->len &&
            memcmp(msg_recipient_text(msg, i), recipient->text, recipient->len) == 0)
            return true;
    }
    return false;
}

enum outcome msg_add_recipient(struct msg *msg, const struct op_recipient *recipient, double factor,
                               bool elsewhere)
{
    size_t octets = recipient->len + 1;
    void *text = msg->text, *list = msg->recipient;
    bool grown;

    if (has_recipient(msg, recipient))
        return OUTCOME_PASS;
    if (msg->recipient_count == MSG_RECIPIENTS_MAX || octets > MSG_TEXT_MAX - msg->text_len)
        return OUTCOME_CROWD;
    grown = grow(&text, &msg->text_size, msg->text_len + octets, MSG_TEXT_MAX, 1);
    msg->text = text;
    grown = grown && grow(&list, &msg->recipient_size, msg->recipient_count + 1, MSG_RECIPIENTS_MAX,
                          sizeof *msg->recipient);
    msg->recipient = list;
    if (!grown)
        return OUTCOME_INTERNAL;
    memcpy(msg->text + msg->text_len, recipient->text, octets);
    msg->recipient[msg->recipient_count++] = (struct msg_recipient){
        .text = (uint16_t)msg->text_len,
        .len = (uint16_t)recipient->len,
        .domain = (uint16_t)recipient->domain,
        .best = OP_VERDICT_MISSING,
        .factor = factor,
        .elsewhere = elsewhere,
    };
    msg->text_len += octets;
    return OUTCOME_PASS;
}

static void recipient_load(const struct msg *msg, size_t index, struct op_recipient *recipient_r)
{
    const struct msg_recipient *row = &msg->recipient[index];

    recipient_r->len = row->len;
    recipient_r->domain = row->domain;
    memcpy(recipient_r->text, msg_recipient_text(msg, index), row->len + 1U);
}

static void add_candidate(struct msg *msg, const struct op_stamp *stamp, size_t recipient,
                          bool weak)
{
    void *list = msg->candidate;
    bool grown = grow(&list, &msg->candidate_size, msg->candidate_count + 1, OP_STAMPS_MAX,
                      sizeof *msg->candidate);

    msg->candidate = list;
    if (!grown) {
        msg_set_trouble(msg, OUTCOME_INTERNAL);
        return;
    }
    msg->candidate[msg->candidate_count++] =
        (struct msg_candidate){.stamp = *stamp, .recipient = (uint16_t)recipient, .weak = weak};
    msg->weak = msg->weak || weak;
}

static void note_verdict(struct msg_recipient *recipient, enum op_verdict verdict)
{
    if (verdict == OP_VERDICT_PASS)
        recipient->best = OP_VERDICT_PASS;
    else if (recipient->best != OP_VERDICT_PASS && verdict > recipient->best)
        recipient->best = (uint16_t)verdict;
}

/* A stamp that is meant for nobody in particular, or for nobody here, is told to all who lack one.
 */
static void note_for_all(struct msg *msg, enum op_verdict verdict)
{
    for (size_t i = 0; i < msg->recipient_count; i++)
        note_verdict(&msg->recipient[i], verdict);
}

uint64_t msg_price(const struct msg *msg, const struct op_suite *suite, size_t recipient)
{
    return price_effort(suite, msg->terms.work[op_suite_index(suite)],
                        msg->recipient[recipient].factor);
}

/* What is asked of this stamp: the price, or what was quoted if its quote is good. A quote that is
 * not good is as none. */
static uint64_t asked(struct msg *msg, const struct op_stamp *stamp, size_t index,
                      const struct op_recipient *recipient)
{
    uint64_t price = msg_price(msg, stamp->suite, index);
    enum op_quote quote;

    if (stamp->quote_len == 0)
        return price;
    quote = op_quote_check(msg->terms.key, stamp->suite, stamp->effort, recipient,
                           msg->terms.when.now, stamp->quote);
    msg->quotes[quote]++;
    return quote == OP_QUOTE_VALID ? stamp->effort : price;
}

/* A stamp for this recipient, of which that much effort is asked and op_match says that. */
static void take_stamp(struct msg *msg, const struct op_stamp *stamp, size_t recipient,
                       uint64_t effort, enum op_verdict verdict)
{
    bool weak = effort == 0 || stamp->effort < effort;

    if (verdict == OP_VERDICT_PASS)
        add_candidate(msg, stamp, recipient, weak);
    if (weak)
        verdict = effort == 0 ? OP_VERDICT_SUITE : OP_VERDICT_WEAK;
    note_verdict(&msg->recipient[recipient], verdict);
}

/* Finds the recipient that the stamp was made for. A stamp for another recipient of this same
 * message is no news to the rest of them: nothing is noted there. */
static void match_stamp(struct msg *msg, const struct op_stamp *stamp)
{
    struct op_recipient recipient;
    uint8_t id[OP_ID_LEN];

    for (size_t i = 0; i < msg->recipient_count; i++) {
        enum op_verdict verdict;
        recipient_load(msg, i, &recipient);
        verdict = op_match(stamp, &recipient, &msg->terms.when, id);
        if (verdict == OP_VERDICT_RECIPIENT)
            continue;
        take_stamp(msg, stamp, i, asked(msg, stamp, i, &recipient), verdict);
        return;
    }
    note_for_all(msg, OP_VERDICT_RECIPIENT);
}

static void add_stamp(struct msg *msg, const char *value)
{
    struct op_stamp stamp;
    enum op_verdict verdict;

    if (msg->stamps == OP_STAMPS_MAX) {
        msg_set_trouble(msg, OUTCOME_STAMPS);
        return;
    }
    msg->stamps++;
    /* One octet beyond the limit is enough for the parser to see that it is too long. */
    verdict = op_stamp_parse(value, strnlen(value, OP_STAMP_MAX + 1), &stamp, NULL);
    if (verdict == OP_VERDICT_PASS)
        match_stamp(msg, &stamp);
    else
        note_for_all(msg, verdict);
}

static bool has_token(const struct msg *msg, const struct token *token)
{
    for (size_t i = 0; i < msg->token_count; i++) {
        if (memcmp(msg->token[i].id, token->id, sizeof token->id) == 0)
            return true;
    }
    return false;
}

/* Keeps the reply tokens that are ours and made for this correspondent. */
static void add_tokens(struct msg *msg, const char *value)
{
    struct token found[TOKENS_MAX];
    size_t seen = msg->tokens_seen; /* in other fields; the limit is the message's */

    if (msg->terms.uses == 0 || msg->correspondent.len == 0)
        return;
    token_find(value, found, &msg->tokens_seen);
    for (size_t i = seen; i < msg->tokens_seen; i++) {
        if (token_check(msg->terms.key, &found[i], &msg->correspondent, msg->terms.when.now) &&
            !has_token(msg, &found[i]))
            msg->token[msg->token_count++] = found[i];
    }
}

void msg_add_field(struct msg *msg, const char *authserv_id, const char *name, const char *value)
{
    if (strcasecmp(name, OP_STAMP_FIELD) == 0)
        add_stamp(msg, value);
    else if (strcasecmp(name, AUTHRES_FIELD) == 0)
        authres_marks_add(&msg->forged, authres_claims(value, authserv_id));
    else if (strcasecmp(name, "References") == 0 || strcasecmp(name, "In-Reply-To") == 0)
        add_tokens(msg, value);
    else
        fingerprint_field(&msg->print, name, value);
}
