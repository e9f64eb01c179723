/*
 * price.c - from configuration, calendar and load to work, and from work to the effort of a stamp.
 *
 * All in double precision, bounded at each end: a price never leaves 1..k * effort_max, whatever
 * the date and the load. What is not a number counts as the dearest. It knows no clock and no
 * history.
 */
#include "milter/price.h"

#include <math.h>
#include <string.h>

#include "pow/date.h"
#include "pow/effort.h"

static double work_max(const struct op_suite *suite)
{
    return (double)suite->effort_max * suite->puzzles;
}

static bool accepted(const struct conf_suite *row, int64_t at)
{
    if (!row->enabled)
        return false;
    return row->refuse_after == 0 || at < op_date_to_time(row->refuse_after) + OP_DAY_S;
}

/* How long a suite has been deprecated by the calendar; 0 if it is not. */
static double deprecated_s(const struct conf_suite *row, int64_t at)
{
    double since;

    if (row->deprecated_since == 0)
        return 0;
    since = (double)at - (double)op_date_to_time(row->deprecated_since);
    return since > 0 ? since : 0;
}

double price_age_factor(const struct conf_suite *row, int64_t at)
{
    return row->doubling_s == 0 ? 1 : exp2(deprecated_s(row, at) / row->doubling_s);
}

double price_load(const struct conf *conf, double load)
{
    if (conf->price.mode == CONF_FIXED)
        return 1;
    return fmax(1, fmin(load, conf->price.ceiling));
}

double price_load_factor(const struct conf *conf, const struct conf_suite *row, double load)
{
    return pow(price_load(conf, load), row->load_exponent);
}

void price_list(const struct conf *conf, int64_t at, double load, struct price_list *list_r)
{
    memset(list_r, 0, sizeof *list_r);
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct conf_suite *row = &conf->suite[i];
        double work, most = work_max(op_suite_at(i));
        if (!accepted(row, at))
            continue;
        work = (double)row->work * price_load_factor(conf, row, load) * price_age_factor(row, at);
        list_r->work[i] = work < most ? work : most;
    }
}

double price_circuit_factor(const struct conf *conf, double load, double factor)
{
    return fmax(1, fmin(factor, conf->price.ceiling / load));
}

uint64_t price_effort(const struct op_suite *suite, double work, double factor)
{
    double asked = ceil(work * factor);

    if (work == 0)
        return 0;
    if (!(asked < work_max(suite)))
        return suite->effort_max;
    return asked < 1 ? 1 : op_effort_from_work(suite, (uint64_t)asked);
}

void price_terms(const struct conf *conf, const struct price_list *lowest, double factor,
                 int64_t now, struct op_terms *terms_r)
{
    memset(terms_r, 0, sizeof *terms_r);
    terms_r->now = now;
    terms_r->validity_s = conf->validity_s;
    terms_r->skew_s = conf->clock_skew_s;
    for (size_t i = 0; i < op_suite_count(); i++)
        terms_r->effort[i] = price_effort(op_suite_at(i), lowest->work[i], factor);
}

bool price_deprecated(const struct conf *conf, const struct op_suite *suite, int64_t at)
{
    const struct conf_suite *row = &conf->suite[op_suite_index(suite)];

    if (suite->status == OP_SUITE_DEPRECATED)
        return true;
    return row->deprecated_since != 0 && at >= op_date_to_time(row->deprecated_since);
}

void price_offers(const struct conf *conf, const struct price_list *list, double factor,
                  int64_t now, struct op_offers *offers_r)
{
    memset(offers_r, 0, sizeof *offers_r);
    for (int deprecated = 0; deprecated <= 1; deprecated++) {
        for (size_t i = 0; i < op_suite_count() && offers_r->count < OP_OFFERS_MAX; i++) {
            const struct op_suite *suite = op_suite_at(i);
            struct op_offer *offer = &offers_r->offer[offers_r->count];
            if (list->work[i] == 0 || price_deprecated(conf, suite, now) != (deprecated == 1))
                continue;
            offer->suite = suite;
            offer->effort = price_effort(suite, list->work[i], factor);
            offers_r->count++;
        }
    }
}
