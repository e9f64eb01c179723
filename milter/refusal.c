/* refusal.c - see refusal.h. Reckons the price anew: a demand is for the next message, not this. */
#include "milter/refusal.h"

#include <string.h>

#include "pow/quote.h"

/* Several recipients may differ in price: the dearest one's is told, which is enough for each. */
static double dearest_factor(const struct msg *msg, const struct check_result *check)
{
    double factor = 0;

    for (size_t i = 0; i < msg->recipient_count; i++) {
        if (check->recipient[i] != OP_VERDICT_PASS && msg->recipient[i].factor > factor)
            factor = msg->recipient[i].factor;
    }
    return factor > 0 ? factor : 1.0;
}

static size_t list_lacking(const struct msg *msg, const struct check_result *check,
                           const char *lacking_r[MSG_RECIPIENTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < msg->recipient_count; i++) {
        if (check->recipient[i] != OP_VERDICT_PASS)
            lacking_r[count++] = msg_recipient_text(msg, i);
    }
    return count;
}

static void add_quotes(const struct refusal_terms *terms, const struct op_recipient *recipient,
                       struct op_offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        struct op_offer *offer = &offers->offer[i];
        op_quote_make(terms->key, offer->suite, offer->effort, recipient,
                      terms->now + terms->conf->price.quote_s, offer->quote);
        offer->quote_len = OP_QUOTE_LEN;
    }
}

/* What is asked for. Quoted if it is of one recipient; but not at the price of bounces: a quote
 * holds for every sender, and as often as one likes. */
static void make_offers(const struct refusal_terms *terms, double factor,
                        const char *const *lacking, size_t count, struct op_offers *offers_r)
{
    struct op_recipient recipient;

    price_offers(terms->conf, terms->list, factor, terms->now, offers_r);
    if (count == 1 && !terms->bounce &&
        op_recipient_parse(lacking[0], strlen(lacking[0]), &recipient, NULL))
        add_quotes(terms, &recipient, offers_r);
}

void refusal_make(const struct refusal_terms *terms, const struct msg *msg,
                  const struct check_result *check, struct reply *reply_r)
{
    const char *lacking[MSG_RECIPIENTS_MAX];
    struct op_offers offers = {.count = 0};
    struct reply_facts facts = {
        .outcome = check->outcome,
        .verdict = check->verdict,
        .offers = &offers,
        .lacking = lacking,
        .help_url = terms->conf->help_url,
    };

    if (msg != NULL) {
        double factor = terms->factor * dearest_factor(msg, check);
        facts.recipient_count = msg->recipient_count;
        facts.lacking_count = list_lacking(msg, check, lacking);
        make_offers(terms, factor, lacking, facts.lacking_count, &offers);
    }
    reply_make(&facts, reply_r);
}
