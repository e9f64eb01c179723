/*
 * postage.c - who gets a stamp, of which suite and work, and what follows if there is none.
 *
 *                             late = send        late = tempfail
 *     recipients              UNSTAMPED          CROWD, at RCPT: the rest goes in another message
 *     time                    UNSTAMPED          LATE
 *     turns, memory           UNSTAMPED          NO_MINTER
 *     daemon stops, MTA gone  NO_MINTER          NO_MINTER
 *
 * All recipients get theirs, or none: a server that finds one missing refuses the whole message.
 */
#include "milter/postage.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "milter/offerbook.h"
#include "milter/pin.h"
#include "milter/price.h"
#include "pow/date.h"
#include "pow/effort.h"
#include "pow/worker.h"

struct postage {
    const struct conf *conf;
    const struct conf_listener *listener;
    struct op_recipient *recipient;
    size_t count, size;
    bool crowd;   /* more of them than we mint for */
    bool stamped; /* the sender has seen to it */
    bool deaf;    /* nobody would hear the answer: the daemon stops, or the MTA has gone */
    struct op_stamp *stamp;
};

struct postage *postage_new(const struct conf *conf, const struct conf_listener *listener)
{
    struct postage *postage = calloc(1, sizeof *postage);

    if (postage == NULL)
        return NULL;
    postage->conf = conf;
    postage->listener = listener;
    return postage;
}

void postage_free(struct postage *postage)
{
    if (postage == NULL)
        return;
    free(postage->recipient);
    free(postage->stamp);
    free(postage);
}

/* --- what passes by ----------------------------------------------------------------------- */

/* ".onion": whatever ends so; "example.org": that alone. */
static bool in_domain(const char *domain, const char *listed)
{
    size_t len = strlen(domain), tail = strlen(listed);

    if (listed[0] != '.')
        return strcasecmp(domain, listed) == 0;
    return len > tail && strcasecmp(domain + len - tail, listed) == 0;
}

static bool is_listed(const struct conf_listener *listener, const struct op_recipient *recipient)
{
    for (size_t i = 0; i < listener->mint_domains_count; i++) {
        if (in_domain(recipient->text + recipient->domain, listener->mint_domains[i]))
            return true;
    }
    return false;
}

static bool has(const struct postage *postage, const struct op_recipient *recipient)
{
    for (size_t i = 0; i < postage->count; i++) {
        if (op_recipient_equal(&postage->recipient[i], recipient))
            return true;
    }
    return false;
}

static bool grow(struct postage *postage)
{
    size_t size = postage->size == 0 ? 1 : postage->size * 2;
    struct op_recipient *grown = reallocarray(postage->recipient, size, sizeof *grown);

    if (grown == NULL)
        return false;
    postage->recipient = grown;
    postage->size = size;
    return true;
}

static enum outcome add(struct postage *postage, const struct op_recipient *recipient)
{
    if (postage->count == postage->conf->mint.recipients) {
        postage->crowd = postage->conf->mint.late == CONF_LATE_SEND;
        return postage->crowd ? OUTCOME_PASS : OUTCOME_CROWD;
    }
    if (postage->count == postage->size && !grow(postage))
        return OUTCOME_INTERNAL;
    postage->recipient[postage->count++] = *recipient;
    return OUTCOME_PASS;
}

enum outcome postage_recipient(struct postage *postage, const char *address, const char *mailer)
{
    struct op_recipient recipient;

    /* The mailer of this name in Postfix and Sendmail never delivers. */
    if ((mailer != NULL && strcasecmp(mailer, "error") == 0) ||
        !op_recipient_parse(address, strlen(address), &recipient, NULL))
        return OUTCOME_EXEMPT;
    pin_remove(&recipient);
    if (!is_listed(postage->listener, &recipient))
        return OUTCOME_EXEMPT;
    return has(postage, &recipient) ? OUTCOME_PASS : add(postage, &recipient);
}

void postage_field(struct postage *postage, const char *name)
{
    if (strcasecmp(name, OP_STAMP_FIELD) == 0)
        postage->stamped = true;
}

/* --- the end ------------------------------------------------------------------------------ */

/* The first offer that our memory allows for. */
static bool choose(const struct op_offers *offers, uint64_t memory, struct minter_order *order_r)
{
    for (size_t i = 0; i < offers->count; i++) {
        if (op_worker_mem(offers->offer[i].suite) > memory)
            continue;
        order_r->suite = offers->offer[i].suite;
        order_r->effort = offers->offer[i].effort;
        return true;
    }
    return false;
}

/* As its server has said of late; else as if it asked for what we ask for. */
static bool order_stamp(const struct postage *postage, const struct op_recipient *recipient,
                        int64_t now, struct minter_order *order_r)
{
    const struct conf *conf = postage->conf;
    uint64_t memory = conf->mint.max_memory / conf->mint.messages;
    struct price_list list;
    struct op_offers offers;

    order_r->recipient = recipient;
    if (conf->mint.offers[0] != '\0' &&
        offerbook_find(conf->mint.offers, recipient->text + recipient->domain, now, &offers))
        return choose(&offers, memory, order_r);
    price_list(conf, now, 1.0, &list);
    price_offers(conf, &list, 1.0, now, &offers);
    return choose(&offers, memory, order_r);
}

static enum outcome mint(struct postage *postage, const struct postage_means *means,
                         struct minter_order *order)
{
    struct minter_job job = {
        .order = order,
        .count = postage->count,
        .date = op_date_from_time(means->now),
        .time_s = postage->conf->mint.time_s,
        .tick = means->tick,
        .arg = means->arg,
    };

    for (size_t i = 0; i < postage->count; i++) {
        if (!order_stamp(postage, &postage->recipient[i], means->now, &order[i]))
            return OUTCOME_NO_MINTER;
    }
    switch (minter_run(means->minter, &job, postage->stamp)) {
    case MINTER_OK:
        return OUTCOME_MINTED;
    case MINTER_LATE:
        return OUTCOME_LATE;
    case MINTER_CLOSED:
    case MINTER_GONE:
        postage->deaf = true;
        break;
    case MINTER_FULL:
    case MINTER_FAILED:
        break;
    }
    return OUTCOME_NO_MINTER;
}

static enum outcome mint_all(struct postage *postage, const struct postage_means *means)
{
    struct minter_order *order = calloc(postage->count, sizeof *order);
    enum outcome outcome = OUTCOME_NO_MINTER;

    postage->stamp = calloc(postage->count, sizeof *postage->stamp);
    if (order != NULL && postage->stamp != NULL)
        outcome = mint(postage, means, order);
    free(order);
    return outcome;
}

void postage_end(struct postage *postage, const struct postage_means *means,
                 struct postage_result *result_r)
{
    *result_r = (struct postage_result){.outcome = OUTCOME_EXEMPT};
    if (postage->stamped)
        result_r->outcome = OUTCOME_STAMPED;
    else if (postage->crowd)
        result_r->outcome = OUTCOME_CROWD;
    else if (postage->count > 0)
        result_r->outcome = mint_all(postage, means);

    if (result_r->outcome == OUTCOME_MINTED) {
        result_r->suite = postage->stamp[0].suite;
        result_r->work = op_effort_to_work(result_r->suite, postage->stamp[0].effort);
    } else if (outcome_refuses(result_r->outcome) && !postage->deaf &&
               postage->conf->mint.late == CONF_LATE_SEND) {
        result_r->lack = result_r->outcome;
        result_r->outcome = OUTCOME_UNSTAMPED;
    }
}

size_t postage_count(const struct postage *postage)
{
    return postage->count;
}

void postage_stamp(const struct postage *postage, size_t index, char text_r[OP_STAMP_TEXT_MAX])
{
    op_stamp_format(&postage->stamp[index], text_r);
}
