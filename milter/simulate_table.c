/*
 * simulate_table.c - see simulate_table.h.
 */
#include "milter/simulate_table.h"

#include "milter/simulate_machine.h"
#include "pow/units.h"

void simulate_table_time(uint32_t seconds, char text_r[SIMULATE_TIME_MAX])
{
    snprintf(text_r, SIMULATE_TIME_MAX, "%ud%02u:%02u", seconds / 86400, seconds / 3600 % 24,
             seconds / 60 % 60);
}

static void head_conf(FILE *stream, const struct conf *conf)
{
    char window[OP_UNITS_MAX], grace[OP_UNITS_MAX], quote[OP_UNITS_MAX];

    if (conf->price.mode == CONF_FIXED) {
        fputs("# price: fixed, so that no load moves it; try -o price.mode=adaptive\n", stream);
        return;
    }
    op_duration_format(conf->price.window_s, window);
    op_duration_format(conf->price.grace_s, grace);
    op_duration_format(conf->price.quote_s, quote);
    fprintf(stream, "# price: adaptive, target %g/h, ceiling %g, window %s, grace %s, quote %s\n",
            conf->price.target, conf->price.ceiling, window, grace, quote);
}

static void head_machine(FILE *stream, enum simulate_machine machine)
{
    fprintf(stream, "# a %s: %.4g/s of %s; %s\n", simulate_machine_title(machine),
            simulate_machine_rate(machine, op_suite_default()), op_suite_default()->name,
            simulate_machine_source(machine));
}

void simulate_table_head(FILE *stream, const char *name, const struct conf *conf,
                         const struct simulate_script *script)
{
    char span[OP_UNITS_MAX];

    op_duration_format(script->span_s, span);
    fprintf(stream, "# scenario: %s, %s from %u on, seed %.0f\n", name, span, script->start,
            script->seed);
    head_conf(stream, conf);
    head_machine(stream, SIMULATE_CORE);
    for (size_t i = 0; i < script->source_count; i++) {
        enum simulate_kind kind = script->source[i].kind;
        if (kind == SIMULATE_GPU || kind == SIMULATE_BUYER) {
            head_machine(stream, SIMULATE_CARD);
            break;
        }
    }
    fprintf(stream, "#%8s %8s %12s %8s %8s %9s %8s %10s %10s %10s %10s\n", "time", "load", "work",
            "seconds", "mint-s", "honest", "gave-up", "spam", "refused", "core-h", "dollars");
}

void simulate_table_row(FILE *stream, const struct simulate_row *row)
{
    char at[SIMULATE_TIME_MAX];

    simulate_table_time(row->at_s, at);
    fprintf(stream, "%9s %8.3f %12.0f %8.1f %8.1f %9llu %8llu %10llu %10llu %10.1f %10.2f\n", at,
            row->load, row->work, row->seconds, row->mint_s, (unsigned long long)row->honest,
            (unsigned long long)row->gave_up, (unsigned long long)row->spam,
            (unsigned long long)row->refused, row->core_s / 3600, row->dollars);
}

static void sum_load(FILE *stream, const struct simulate_row *sum)
{
    char peak[SIMULATE_TIME_MAX], high[SIMULATE_TIME_MAX];

    simulate_table_time(sum->peak_s, peak);
    simulate_table_time(sum->high_s, high);
    fprintf(stream, "# load: at most %.3f, at %s", sum->peak, peak);
    if (sum->high_s == 0)
        fputs("\n", stream);
    else if (sum->high_s == sum->at_s)
        fprintf(stream, "; above %g at the end\n", SIMULATE_CALM);
    else
        fprintf(stream, "; above %g until %s\n", SIMULATE_CALM, high);
}

void simulate_table_sum(FILE *stream, const struct simulate_row *sum)
{
    uint64_t honest = sum->honest + sum->gave_up;

    sum_load(stream, sum);
    fprintf(stream,
            "# honest: %llu mails accepted, %llu given up (%.1f %%); %.1f hours of their machines, "
            "%.1f of them for the load\n",
            (unsigned long long)sum->honest, (unsigned long long)sum->gave_up,
            honest > 0 ? 100.0 * (double)sum->gave_up / (double)honest : 0.0, sum->honest_s / 3600,
            sum->extra_s / 3600);
    fprintf(stream, "# spam: %llu mails let through, %llu refused; %.1f core-hours, $%.2f",
            (unsigned long long)sum->spam, (unsigned long long)sum->refused, sum->core_s / 3600,
            sum->dollars);
    if (sum->spam > 0)
        fprintf(stream, " ($%.3f and %.1f core-hours for 1000)\n",
                sum->dollars * 1000 / (double)sum->spam,
                sum->core_s / 3600 * 1000 / (double)sum->spam);
    else
        fputs("\n", stream);
}
