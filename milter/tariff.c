/*
 * tariff.c - the rule of the adaptive price, and the memory of former prices.
 *
 * The past is a row of slices. While prices creep (a calendar does every minute) neighbouring
 * slices become one, at the lower price of each suite, as long as it is no longer than a fraction
 * of the grace period: an old price may hold a little longer than promised, never shorter.
 */
#include "milter/tariff.h"

#include <math.h>
#include <string.h>

#define TARIFF_SLICES 12 /* of a grace period; of two neighbours one may be shorter */

_Static_assert(2 * TARIFF_SLICES + 2 <= TARIFF_PAST_MAX, "a grace period must fit into the past");

static int64_t sane_time(int64_t at)
{
    if (at < 0)
        return 0;
    return at < TARIFF_TIME_MAX ? at : TARIFF_TIME_MAX;
}

/* The lower of two works, where 0 stands for none. */
static double lower(double a, double b)
{
    if (a == 0 || b == 0)
        return a == 0 ? b : a;
    return a < b ? a : b;
}

static void list_lower(struct price_list *list, const struct price_list *other)
{
    for (size_t i = 0; i < op_suite_count(); i++)
        list->work[i] = lower(list->work[i], other->work[i]);
}

static bool list_equal(const struct price_list *a, const struct price_list *b)
{
    for (size_t i = 0; i < op_suite_count(); i++)
        if (a->work[i] != b->work[i])
            return false;
    return true;
}

double tariff_load(const struct tariff *tariff, const struct conf *conf)
{
    return price_load(conf, tariff->load);
}

void tariff_init(struct tariff *tariff, const struct conf *conf, int64_t now)
{
    memset(tariff, 0, sizeof *tariff);
    tariff->load = 1;
    tariff->seen = sane_time(now);
    tariff->next = tariff->seen + TARIFF_TICK_S;
    price_list(conf, tariff->seen, tariff->load, &tariff->list);
}

/* Brings the record's clock to `now`; returns the time that has passed for it. */
static int64_t move_clock(struct tariff *tariff, int64_t now)
{
    int64_t passed = now - tariff->seen;

    if (passed < 0 && passed > -TARIFF_TICK_S)
        return 0;
    tariff->seen = now;
    if (passed >= 0 && passed <= TARIFF_GAP_S)
        return passed;
    tariff->next += passed;
    for (size_t i = 0; i < tariff->past_count; i++)
        tariff->past[i].until += passed;
    return passed < 0 ? 0 : passed;
}

/* Arrivals are taken to be spread over the time that has passed. */
static void count_in(struct tariff *tariff, const struct conf *conf, double arrivals,
                     int64_t passed)
{
    double window = conf->price.window_s > 0 ? conf->price.window_s : 1;
    double x = (double)passed / window;
    double share = x > 0 ? -expm1(-x) / x : 1;
    double more = arrivals * share * 3600 / window;

    tariff->rate = tariff->rate * exp(-x) + more;
    tariff->demand = tariff->demand * exp(-x) + more * tariff->load;
}

static void step(struct tariff *tariff, const struct conf *conf, uint64_t chance)
{
    double most = conf->price.target * conf->price.ceiling * conf->price.ceiling, factor;

    /* What would lift the load above the ceiling must not take days to be forgotten. */
    tariff->demand = fmin(tariff->demand, fmax(most, 0));
    factor = sqrt(tariff->demand / conf->price.target) / tariff->load;
    tariff->load *= fmin(fmax(factor, 1 / TARIFF_STEP), TARIFF_STEP);
    tariff->next = tariff->seen + TARIFF_TICK_S - TARIFF_JITTER_S +
                   (int64_t)(chance % (2 * TARIFF_JITTER_S + 1));
}

/* Removes the slices whose time is over, and makes room for one more. */
static void forget(struct tariff *tariff, const struct conf *conf)
{
    size_t over = 0, left;

    while (over < tariff->past_count &&
           tariff->past[over].until < tariff->seen - (int64_t)conf->price.grace_s)
        over++;
    if (over == 0 && tariff->past_count == TARIFF_PAST_MAX) {
        list_lower(&tariff->past[1].list, &tariff->past[0].list);
        over = 1;
    }
    left = tariff->past_count - over;
    memmove(tariff->past, tariff->past + over, left * sizeof *tariff->past);
    tariff->past_count = left;
}

/* The list in force becomes the youngest of the past. */
static void remember(struct tariff *tariff, const struct conf *conf)
{
    struct tariff_past *last;

    forget(tariff, conf);
    last = &tariff->past[tariff->past_count];
    last->until = tariff->seen;
    last->list = tariff->list;
    tariff->past_count++;
    if (tariff->past_count < 3 ||
        last->until - last[-2].until > (int64_t)conf->price.grace_s / TARIFF_SLICES)
        return;
    list_lower(&last[-1].list, &last->list);
    last[-1].until = last->until;
    tariff->past_count--;
}

void tariff_advance(struct tariff *tariff, const struct conf *conf, double arrivals, int64_t now,
                    uint64_t chance)
{
    struct price_list list;

    count_in(tariff, conf, arrivals, move_clock(tariff, sane_time(now)));
    if (tariff->seen >= tariff->next)
        step(tariff, conf, chance);
    tariff->load = tariff_load(tariff, conf);
    price_list(conf, tariff->seen, tariff->load, &list);
    if (list_equal(&list, &tariff->list))
        return;
    remember(tariff, conf);
    tariff->list = list;
}

void tariff_lowest(const struct tariff *tariff, const struct conf *conf, int64_t now,
                   struct price_list *lowest_r)
{
    int64_t since = sane_time(now);

    /* A clock that was set since the last advance must not end what was promised. */
    if (since > tariff->seen + TARIFF_GAP_S)
        since = tariff->seen;
    since -= conf->price.grace_s;
    price_list(conf, now, tariff_load(tariff, conf), lowest_r);
    list_lower(lowest_r, &tariff->list);
    for (size_t i = 0; i < tariff->past_count; i++)
        if (tariff->past[i].until >= since)
            list_lower(lowest_r, &tariff->past[i].list);
}
