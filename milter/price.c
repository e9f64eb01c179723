/*
 * price.c - effort for each suite: the configured work times the listener's factor.
 */
#include "milter/price.h"

#include <math.h>
#include <string.h>

#include "pow/effort.h"

uint64_t price_effort(const struct conf *conf, const struct conf_listener *listener,
                      const struct op_suite *suite)
{
    const struct conf_suite *row = &conf->suite[op_suite_index(suite)];
    double work = ceil((double)row->work * listener->price_factor);
    uint64_t effort;

    if (!row->enabled)
        return 0;
    if (work >= 0x1p63) /* beyond what a conversion to an integer defines; no suite goes as far */
        return suite->effort_max;
    effort = op_effort_from_work(suite, (uint64_t)work);
    if (effort < 1)
        return 1;
    return effort > suite->effort_max ? suite->effort_max : effort;
}

void price_terms(const struct conf *conf, const struct conf_listener *listener, int64_t now,
                 struct op_terms *terms_r)
{
    memset(terms_r, 0, sizeof *terms_r);
    terms_r->now = now;
    terms_r->validity_s = conf->validity_s;
    terms_r->skew_s = conf->clock_skew_s;
    for (size_t i = 0; i < op_suite_count(); i++)
        terms_r->effort[i] = price_effort(conf, listener, op_suite_at(i));
}

static void offers_add(const struct op_terms *terms, bool deprecated, struct op_offers *offers)
{
    for (size_t i = 0; i < op_suite_count() && offers->count < OP_OFFERS_MAX; i++) {
        const struct op_suite *suite = op_suite_at(i);
        if (terms->effort[i] == 0 || (suite->status == OP_SUITE_DEPRECATED) != deprecated)
            continue;
        offers->offer[offers->count].suite = suite;
        offers->offer[offers->count].effort = terms->effort[i];
        offers->count++;
    }
}

void price_offers(const struct op_terms *terms, struct op_offers *offers_r)
{
    memset(offers_r, 0, sizeof *offers_r);
    offers_add(terms, false, offers_r);
    offers_add(terms, true, offers_r);
}

/* Evaluations per second of four laptop cores, all minting: one AVX-512 core measured, times four,
 * less a fifth for memory bandwidth shared by the cores. For the words of a demand, never for a
 * decision. */
double price_seconds(const struct op_suite *suite, uint64_t effort)
{
    static const struct {
        const char *name;
        double rate;
    } reference[] = {
        {"argon2id-16m", 950.0}, /* 16384 evaluations in 17 s */
        {"argon2id-64m", 195.0}, /* 4096 in 21 s */
        {"argon2id-256m", 38.0}, /* 768 in 20 s */
        {"sha256", 126.0e6},     /* 2^31 in 17 s */
    };

    for (size_t i = 0; i < sizeof reference / sizeof *reference; i++) {
        if (strcmp(reference[i].name, suite->name) == 0)
            return (double)op_effort_to_work(suite, effort) / reference[i].rate;
    }
    return 0.0;
}
