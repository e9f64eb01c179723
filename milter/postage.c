/*
 * postage.c - who gets a stamp, of which suite and work, and what follows if there is none.
 *
 *                             late = send        late = tempfail
 *     recipients              UNSTAMPED          CROWD, at RCPT: the rest goes in another message
 *     time                    UNSTAMPED          LATE
 *     turns, memory           UNSTAMPED          NO_MINTER
 *     daemon stops, MTA gone  NO_MINTER          NO_MINTER
 *
 * All recipients of a domain get theirs, or none: a server that finds one missing refuses the whole
 * message; but other domains' servers get it in other transactions. What is sent without some is
 * thus minted for the cheapest domain first, so that a dear one takes nothing from the others. What
 * is sent with all or not at all begins with the dearest: if that is beyond hope, the rest is
 * spared.
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
    size_t stamps;
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

static const char *domain_of(const struct minter_order *order)
{
    return order->recipient->text + order->recipient->domain;
}

/* Recipients of one domain, which have one price, come to stand together. */
static int cheapest_first(const void *a, const void *b)
{
    const struct minter_order *x = a, *y = b;
    double cost = op_effort_to_seconds(x->suite, x->effort);
    double other = op_effort_to_seconds(y->suite, y->effort);

    if (cost != other)
        return cost < other ? -1 : 1;
    return strcmp(domain_of(x), domain_of(y));
}

static int dearest_first(const void *a, const void *b)
{
    return cheapest_first(b, a);
}

/* Orders what our memory allows for; returns how much that is. */
static size_t order_stamps(const struct postage *postage, int64_t now, struct minter_order *order_r,
                           struct postage_result *result)
{
    bool send = postage->conf->mint.late == CONF_LATE_SEND;
    size_t count = 0;

    for (size_t i = 0; i < postage->count; i++) {
        const struct op_recipient *recipient = &postage->recipient[i];
        if (order_stamp(postage, recipient, now, &order_r[count]))
            count++;
        else if (result->dear == NULL)
            result->dear = recipient->text + recipient->domain;
    }
    qsort(order_r, count, sizeof *order_r, send ? cheapest_first : dearest_first);
    return count;
}

/* How many of the stamps made are of domains that have all of theirs. */
static size_t whole_domains(const struct minter_job *job, size_t made)
{
    if (made == job->count)
        return made;
    while (made > 0 && strcmp(domain_of(&job->order[made - 1]), domain_of(&job->order[made])) == 0)
        made--;
    return made;
}

static enum outcome run(struct postage *postage, const struct postage_means *means,
                        const struct minter_job *job, struct postage_result *result)
{
    size_t made;
    enum minter_err err = minter_run(means->minter, job, postage->stamp, &made);

    postage->stamps = whole_domains(job, made);
    switch (err) {
    case MINTER_OK:
        return job->count == postage->count ? OUTCOME_MINTED : OUTCOME_NO_MINTER;
    case MINTER_DEAR:
        result->dear = domain_of(&job->order[made]);
        return OUTCOME_LATE;
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

static enum outcome mint(struct postage *postage, const struct postage_means *means,
                         struct minter_order *order, struct postage_result *result)
{
    struct minter_job job = {
        .order = order,
        .count = order_stamps(postage, means->now, order, result),
        .date = op_date_from_time(means->now),
        .time_s = postage->conf->mint.time_s,
        .tick = means->tick,
        .arg = means->arg,
    };

    if (job.count == 0 ||
        (job.count < postage->count && postage->conf->mint.late == CONF_LATE_TEMPFAIL))
        return OUTCOME_NO_MINTER;
    memcpy(job.owner, means->owner, sizeof job.owner);
    return run(postage, means, &job, result);
}

static enum outcome mint_all(struct postage *postage, const struct postage_means *means,
                             struct postage_result *result)
{
    struct minter_order *order = calloc(postage->count, sizeof *order);
    enum outcome outcome = OUTCOME_NO_MINTER;

    postage->stamp = calloc(postage->count, sizeof *postage->stamp);
    if (order != NULL && postage->stamp != NULL)
        outcome = mint(postage, means, order, result);
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
        result_r->outcome = mint_all(postage, means, result_r);

    if (outcome_refuses(result_r->outcome)) {
        if (postage->deaf || postage->conf->mint.late == CONF_LATE_TEMPFAIL) {
            postage->stamps = 0;
            return;
        }
        result_r->lack = result_r->outcome;
        result_r->outcome = OUTCOME_UNSTAMPED;
        result_r->missing = postage->count - postage->stamps;
    }
    if (postage->stamps > 0) {
        result_r->suite = postage->stamp[0].suite;
        result_r->work = op_effort_to_work(result_r->suite, postage->stamp[0].effort);
    }
}

size_t postage_count(const struct postage *postage)
{
    return postage->count;
}

size_t postage_stamps(const struct postage *postage)
{
    return postage->stamps;
}

void postage_stamp(const struct postage *postage, size_t index, char text_r[OP_STAMP_TEXT_MAX])
{
    op_stamp_format(&postage->stamp[index], text_r);
}
