/*
 * pricelist.c - prints the price list of a moment: the same functions that sessions ask, in
 * columns.
 */
#include "milter/pricelist.h"

#include <sysexits.h>

#include "milter/price.h"
#include "pow/date.h"
#include "pow/effort.h"

void pricelist_print_load(const struct conf *conf, double load, FILE *out)
{
    double counted = price_load(conf, load);

    fprintf(out, "%.4g", counted);
    if (counted != load)
        fprintf(out, " (not %.4g: %s)", load,
                conf->price.mode == CONF_FIXED ? "prices are fixed"
                : load > counted               ? "that is above the ceiling"
                                               : "no load is less than 1");
    fputc('\n', out);
}

static void print_head(const struct conf *conf, int64_t at, double load, FILE *out)
{
    char day[OP_DATE_DASHED_MAX];
    int64_t second = at < 0 ? 0 : at % OP_DAY_S;

    op_date_format_dashed(op_date_from_time(at), day);
    fprintf(out, "prices of %s %02d:%02d UTC, load ", day, (int)(second / 3600),
            (int)(second / 60 % 60));
    pricelist_print_load(conf, load, out);
}

static const char *status(const struct conf *conf, const struct op_suite *suite, int64_t at,
                          double work)
{
    if (!conf->suite[op_suite_index(suite)].enabled)
        return "disabled";
    if (work == 0)
        return "refused";
    return price_deprecated(conf, suite, at) ? "deprecated" : op_suite_status_str(suite->status);
}

static void print_suite(const struct conf *conf, const struct op_suite *suite, int64_t at,
                        double load, double work, FILE *out)
{
    const struct conf_suite *row = &conf->suite[op_suite_index(suite)];
    uint64_t effort = price_effort(suite, work, 1);
    char last[OP_DATE_DASHED_MAX] = "-";

    if (row->refuse_after != 0)
        op_date_format_dashed(row->refuse_after, last);
    fprintf(out, "%-14s %-10s ", suite->name, status(conf, suite, at, work));
    if (work == 0)
        fprintf(out, "%12s %8s %14s %12s %9s", "-", "-", "-", "-", "-");
    else
        fprintf(out, "%12.4g %8.4g %14llu %12llu %9.4g", price_age_factor(row, at),
                price_load_factor(conf, row, load),
                (unsigned long long)op_effort_to_work(suite, effort), (unsigned long long)effort,
                op_effort_to_seconds(suite, effort));
    fprintf(out, " %s\n", last);
}

static void print_listener(const struct conf *conf, const struct conf_listener *listener,
                           int64_t at, const struct price_list *list, FILE *out)
{
    struct op_offers offers;
    char text[OP_OFFER_TEXT_MAX];

    fprintf(out, "%-14s %-10s %12.4g ", listener->name, conf_mode_str(listener->mode),
            listener->price_factor);
    if (listener->mode != CONF_ENFORCE && listener->mode != CONF_MONITOR) {
        fputs("-\n", out);
        return;
    }
    price_offers(conf, list, listener->price_factor, at, &offers);
    op_offers_format(&offers, text);
    fprintf(out, "%s\n", offers.count > 0 ? text : "nothing is accepted");
}

int pricelist_print(const struct conf *conf, int64_t at, double load, FILE *out)
{
    struct price_list list;

    price_list(conf, at, load, &list);
    print_head(conf, at, load, out);
    fprintf(out, "\n%-14s %-10s %12s %8s %14s %12s %9s %s\n", "SUITE", "STATUS", "DEPRECATION",
            "LOAD", "WORK", "EFFORT", "SECONDS", "REFUSE-AFTER");
    for (size_t i = 0; i < op_suite_count(); i++)
        print_suite(conf, op_suite_at(i), at, load, list.work[i], out);
    fprintf(out, "\n%-14s %-10s %12s %s\n", "LISTENER", "MODE", "FACTOR", "OFFERS, BEST FIRST");
    for (size_t i = 0; i < conf->listener_count; i++)
        print_listener(conf, &conf->listener[i], at, &list, out);
    if (conf->listener_count == 0)
        print_listener(conf, &conf->fallback, at, &list, out);
    return fflush(out) == 0 && !ferror(out) ? EX_OK : EX_IOERR;
}
