/* bench_draw.c - see bench_draw.h. All lengths are in units of the drawing; y grows downwards. */
#include "tools/bench_draw.h"

#include <math.h>
#include <string.h>

#include "pow/effort.h"
#include "tools/bench_cost.h"
#include "tools/span.h"

#define BENCH_DRAW_RIGHT 840.0

#define BENCH_DRAW_MINTS_LEFT   40.0
#define BENCH_DRAW_MINTS_TOP    110.0
#define BENCH_DRAW_MINTS_BOTTOM 330.0
#define BENCH_DRAW_BINS         48
#define BENCH_DRAW_POINTS       200 /* of the curve */

#define BENCH_DRAW_COSTS_LEFT 140.0
#define BENCH_DRAW_COSTS_TOP  (BENCH_DRAW_COSTS_Y + 90.0)
#define BENCH_DRAW_BAR        18.0
#define BENCH_DRAW_GROUP      (BENCH_COST_MACHINES * BENCH_DRAW_BAR + 18.0)

struct bench_draw_scale { /* a value and where it is drawn */
    double from, to;
    double from_at, to_at;
};

static double bench_draw_at(const struct bench_draw_scale *scale, double value)
{
    return scale->from_at +
           (value - scale->from) / (scale->to - scale->from) * (scale->to_at - scale->from_at);
}

static void bench_draw_text(FILE *stream, const char *class, double x, double y, const char *text)
{
    fprintf(stream, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", class, x, y, text);
}

static void bench_draw_line(FILE *stream, const char *class, double x1, double y1, double x2,
                            double y2)
{
    fprintf(stream, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
            x1, y1, x2, y2);
}

static void bench_draw_rect(FILE *stream, const char *class, double x, double y, double width,
                            double height)
{
    fprintf(stream, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            class, x, y, width, height);
}

/* 1, 2 or 5 times a power of ten, so that about ten of them make up the range. */
static double bench_draw_step(double range)
{
    double power = pow(10, floor(log10(range / 10)));
    double factor = range / 10 / power;

    return power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10);
}

/*
 * Mints. x: seconds. y: density of the evaluations.
 */

struct bench_draw_mints {
    const struct bench *bench;
    struct bench_draw_scale x, y;
    unsigned bin[BENCH_DRAW_BINS]; /* trials that ended in it */
    double bin_s;
};

static double bench_draw_bin_density(const struct bench_draw_mints *mints, unsigned i)
{
    return mints->bin[i] / (double)BENCH_DRAW_TRIALS / (mints->bin_s * mints->bench->rate_all);
}

static double bench_draw_theory(const struct bench_draw_mints *mints, double seconds)
{
    const struct bench *bench = mints->bench;

    return bench_mints_density(bench->suite, bench->effort, seconds * bench->rate_all);
}

static void bench_draw_count(struct bench_draw_mints *mints, const double *trials)
{
    double most = bench_draw_theory(mints, bench_mint_s(mints->bench, 0.45));

    for (size_t i = 0; i < BENCH_DRAW_TRIALS; i++) {
        double bin = trials[i] / mints->bench->rate_all / mints->bin_s;
        if (bin < BENCH_DRAW_BINS)
            mints->bin[(size_t)bin]++;
    }
    for (unsigned i = 0; i < BENCH_DRAW_BINS; i++)
        most = fmax(most, bench_draw_bin_density(mints, i));
    mints->y =
        (struct bench_draw_scale){0, most * 1.05, BENCH_DRAW_MINTS_BOTTOM, BENCH_DRAW_MINTS_TOP};
}

static void bench_draw_seconds(FILE *stream, const struct bench_draw_scale *x)
{
    double step = bench_draw_step(x->to);
    char label[64];

    bench_draw_line(stream, "axis", x->from_at, BENCH_DRAW_MINTS_BOTTOM, x->to_at,
                    BENCH_DRAW_MINTS_BOTTOM);
    for (unsigned i = 0; i * step <= x->to; i++) {
        double at = bench_draw_at(x, i * step);
        snprintf(label, sizeof label, "%.6g", i * step);
        bench_draw_line(stream, "axis", at, BENCH_DRAW_MINTS_BOTTOM, at,
                        BENCH_DRAW_MINTS_BOTTOM + 5);
        bench_draw_text(stream, "small middle", at, BENCH_DRAW_MINTS_BOTTOM + 19, label);
    }
    bench_draw_text(stream, "small end", x->to_at, BENCH_DRAW_MINTS_BOTTOM + 37, "seconds");
}

static void bench_draw_curve(FILE *stream, const struct bench_draw_mints *mints)
{
    fputs("<polyline class=\"theory\" points=\"", stream);
    for (unsigned i = 0; i <= BENCH_DRAW_POINTS; i++) {
        double seconds = mints->x.to * i / BENCH_DRAW_POINTS;
        fprintf(stream, "%s%.1f,%.1f", i > 0 ? " " : "", bench_draw_at(&mints->x, seconds),
                bench_draw_at(&mints->y, bench_draw_theory(mints, seconds)));
    }
    fputs("\"/>\n", stream);
}

static void bench_draw_quantiles(FILE *stream, const struct bench_draw_mints *mints)
{
    static const struct {
        double p;
        const char *name;
    } marks[] = {{0.5, "half"}, {0.9, "90 %"}, {0.99, "99 %"}};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char span[SPAN_MAX];
        double seconds = bench_mint_s(mints->bench, marks[i].p);
        double at = bench_draw_at(&mints->x, seconds);
        span_format(seconds, span);
        bench_draw_line(stream, "mark", at, BENCH_DRAW_MINTS_TOP - 4, at, BENCH_DRAW_MINTS_BOTTOM);
        bench_draw_text(stream, "small middle", at, BENCH_DRAW_MINTS_TOP - 24, marks[i].name);
        bench_draw_text(stream, "small middle", at, BENCH_DRAW_MINTS_TOP - 10, span);
    }
}

void bench_draw_mints(FILE *stream, const struct bench *bench, const double *trials)
{
    struct bench_draw_mints mints = {.bench = bench};
    double last = bench_mint_s(bench, 0.9995);
    char text[160];

    mints.bin_s = last / BENCH_DRAW_BINS;
    mints.x = (struct bench_draw_scale){0, last, BENCH_DRAW_MINTS_LEFT, BENCH_DRAW_RIGHT};
    bench_draw_count(&mints, trials);
    snprintf(text, sizeof text, "Time to mint a stamp of %s", bench->suite->name);
    bench_draw_text(stream, "title", BENCH_DRAW_MINTS_LEFT, 36, text);
    snprintf(text, sizeof text,
             "Work %.0f in %u puzzles, %.4g evaluations/s by %u thread%s. Bars: %d trials. Line: "
             "theory.",
             bench_work(bench), bench->suite->puzzles, bench->rate_all, bench->threads,
             bench->threads == 1 ? "" : "s", BENCH_DRAW_TRIALS);
    bench_draw_text(stream, "small", BENCH_DRAW_MINTS_LEFT, 57, text);
    for (unsigned i = 0; i < BENCH_DRAW_BINS; i++) {
        double left = bench_draw_at(&mints.x, i * mints.bin_s);
        double top = bench_draw_at(&mints.y, bench_draw_bin_density(&mints, i));
        if (mints.bin[i] > 0)
            bench_draw_rect(stream, "trial", left + 1, top,
                            bench_draw_at(&mints.x, (i + 1) * mints.bin_s) - left - 1,
                            BENCH_DRAW_MINTS_BOTTOM - top);
    }
    bench_draw_curve(stream, &mints);
    bench_draw_quantiles(stream, &mints);
    bench_draw_seconds(stream, &mints.x);
}

/*
 * Costs. x: the decimal logarithm of dollars.
 */

static struct bench_draw_scale bench_draw_cost_scale(const struct bench *benches, size_t count)
{
    double least = 1, most = 10;

    for (size_t i = 0; i < count * BENCH_COST_MACHINES; i++) {
        struct bench_cost cost = bench_cost(&benches[i / BENCH_COST_MACHINES],
                                            (enum bench_cost_who)(i % BENCH_COST_MACHINES));
        if (cost.rate > 0) {
            least = fmin(least, cost.dollars);
            most = fmax(most, cost.dollars);
        }
    }
    /* Room for a figure at the end of the longest bar. */
    return (struct bench_draw_scale){floor(log10(least)), ceil(log10(most) + 0.1),
                                     BENCH_DRAW_COSTS_LEFT, BENCH_DRAW_RIGHT};
}

static void bench_draw_dollars(FILE *stream, const struct bench_draw_scale *x, double bottom)
{
    char label[64];

    for (double decade = x->from; decade <= x->to; decade++) {
        double at = bench_draw_at(x, decade);
        snprintf(label, sizeof label, "$%.6g", pow(10, decade));
        bench_draw_line(stream, "grid", at, BENCH_DRAW_COSTS_TOP - 6, at, bottom);
        bench_draw_text(stream, "small middle", at, bottom + 17, label);
    }
}

static void bench_draw_bars(FILE *stream, const struct bench_draw_scale *x,
                            const struct bench *bench, double top)
{
    char text[64];

    bench_draw_text(stream, "end", BENCH_DRAW_COSTS_LEFT - 10,
                    top + BENCH_COST_MACHINES * BENCH_DRAW_BAR / 2 + 5, bench->suite->name);
    for (int who = 0; who < BENCH_COST_MACHINES; who++, top += BENCH_DRAW_BAR) {
        const struct bench_cost_machine *machine = bench_cost_machine((enum bench_cost_who)who);
        struct bench_cost cost = bench_cost(bench, (enum bench_cost_who)who);
        double end = cost.rate > 0 ? bench_draw_at(x, log10(cost.dollars)) : x->from_at;
        if (cost.rate > 0)
            snprintf(text, sizeof text, cost.dollars < 10 ? "$%.2f" : "$%.0f", cost.dollars);
        else
            snprintf(text, sizeof text, "unknown");
        bench_draw_rect(stream, machine->name, x->from_at, top, end - x->from_at,
                        BENCH_DRAW_BAR - 2);
        bench_draw_text(stream, "small", end + 6, top + BENCH_DRAW_BAR - 6, text);
    }
}

static void bench_draw_legend(FILE *stream)
{
    double x = BENCH_DRAW_COSTS_LEFT;
    char text[128];

    for (int who = 0; who < BENCH_COST_MACHINES; who++, x += 240) {
        const struct bench_cost_machine *machine = bench_cost_machine((enum bench_cost_who)who);
        snprintf(text, sizeof text, "%s (%s)", machine->title,
                 machine->rent > 0 ? "rent" : "power");
        bench_draw_rect(stream, machine->name, x, BENCH_DRAW_COSTS_Y + 56, 13, 13);
        bench_draw_text(stream, "text", x + 20, BENCH_DRAW_COSTS_Y + 67, text);
    }
}

double bench_draw_costs_height(size_t count)
{
    return BENCH_DRAW_COSTS_TOP - BENCH_DRAW_COSTS_Y + (double)count * BENCH_DRAW_GROUP + 32;
}

void bench_draw_costs(FILE *stream, const struct bench *benches, size_t count)
{
    struct bench_draw_scale x = bench_draw_cost_scale(benches, count);
    double bottom = BENCH_DRAW_COSTS_TOP + (double)count * BENCH_DRAW_GROUP - 10;

    bench_draw_text(stream, "title", BENCH_DRAW_MINTS_LEFT, BENCH_DRAW_COSTS_Y + 20,
                    "What a million stamps cost the sender, and those who rent");
    bench_draw_text(stream, "small", BENCH_DRAW_MINTS_LEFT, BENCH_DRAW_COSTS_Y + 41,
                    "Dollars, logarithmic. Rates of processors are measured, all else is assumed: "
                    "\"onionpow bench\" tells the sources.");
    bench_draw_legend(stream);
    bench_draw_dollars(stream, &x, bottom);
    for (size_t i = 0; i < count; i++)
        bench_draw_bars(stream, &x, &benches[i],
                        BENCH_DRAW_COSTS_TOP + (double)i * BENCH_DRAW_GROUP);
}
