/*
 * simulate_plot.c - see simulate_plot.h.
 *
 * Panels: the load; honest mail; spam; what the attackers have spent. Each has a linear scale from
 * 0. Colours are classes, so that one style sheet serves light and dark.
 */
#include "milter/simulate_plot.h"

#include <math.h>

#include "milter/simulate_table.h"

#define PLOT_WIDTH  880
#define PLOT_LEFT   70.0
#define PLOT_RIGHT  850.0
#define PLOT_TOP    70.0  /* of the first panel */
#define PLOT_PANEL  110.0 /* its height, */
#define PLOT_PITCH  175.0 /* and from one to the next */
#define PLOT_PANELS 4
#define PLOT_HEIGHT (PLOT_TOP + PLOT_PANELS * PLOT_PITCH - 10)

static const char style[] =
    "<style>\n"
    "text { font: 13px system-ui, 'DejaVu Sans', sans-serif; fill: #1c2127; }\n"
    ".title { font-size: 16px; font-weight: 600; }\n"
    ".small { font-size: 12px; fill: #5a636e; }\n"
    ".end { text-anchor: end; }\n"
    ".middle { text-anchor: middle; }\n"
    ".back { fill: #ffffff; }\n"
    ".grid { stroke: #e1e5ea; }\n"
    ".axis { stroke: #8b95a1; }\n"
    "polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }\n"
    ".load { stroke: #12508f; }\n"
    ".honest { stroke: #2b8a3e; }\n"
    ".gave-up { stroke: #8a6fc0; stroke-dasharray: 5 3; }\n"
    ".spam { stroke: #d2601a; }\n"
    ".cost { stroke: #b02a37; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e4e7eb; }\n"
    ".small { fill: #a2abb6; }\n"
    ".back { fill: #15181d; }\n"
    ".grid { stroke: #2d333b; }\n"
    ".axis { stroke: #6e7884; }\n"
    ".load { stroke: #8ec5ff; }\n"
    ".honest { stroke: #69db7c; }\n"
    ".gave-up { stroke: #ad94e0; }\n"
    ".spam { stroke: #f08a45; }\n"
    ".cost { stroke: #ff8787; }\n"
    "}\n"
    "</style>\n";

enum line { LINE_LOAD, LINE_HONEST, LINE_GAVE_UP, LINE_SPAM, LINE_COST, LINES };

static const struct {
    const char *class, *name;
    int panel;
} lines[LINES] = {
    [LINE_LOAD] = {"load", "load, a multiple of the base price", 0},
    [LINE_HONEST] = {"honest", "honest mails an hour, accepted", 1},
    [LINE_GAVE_UP] = {"gave-up", "given up", 1},
    [LINE_SPAM] = {"spam", "spam an hour, let through", 2},
    [LINE_COST] = {"cost", "core-hours that the attackers have spent, in all", 3},
};

struct series {
    const struct simulate_row *rows;
    size_t count;
};

/* Of a row; costs are summed up by the caller. */
static double value(const struct series *series, enum line line, size_t i)
{
    const struct simulate_row *row = &series->rows[i];
    double hours = (row->at_s - (i > 0 ? row[-1].at_s : 0)) / 3600.0;

    switch (line) {
    case LINE_LOAD:
        return row->load;
    case LINE_HONEST:
        return (double)row->honest / hours;
    case LINE_GAVE_UP:
        return (double)row->gave_up / hours;
    case LINE_SPAM:
        return (double)row->spam / hours;
    case LINE_COST:
        return row->core_s / 3600;
    case LINES:
        break;
    }
    return 0;
}

static double highest(const struct series *series, int panel)
{
    double most = 0, sum;

    for (int line = 0; line < LINES; line++) {
        if (lines[line].panel != panel)
            continue;
        sum = 0;
        for (size_t i = 0; i < series->count; i++) {
            double here = value(series, (enum line)line, i);
            sum += here;
            most = fmax(most, line == LINE_COST ? sum : here);
        }
    }
    return most > 0 ? most : 1;
}

/* 1, 2 or 5 times a power of ten, so that up to `parts` of them make up the range. */
static double step_of(double range, double parts)
{
    double power = pow(10, floor(log10(range / parts))), factor = range / parts / power;

    return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

static double x_at(const struct series *series, double seconds)
{
    return PLOT_LEFT + seconds / series->rows[series->count - 1].at_s * (PLOT_RIGHT - PLOT_LEFT);
}

static void draw_text(FILE *stream, const char *class, double x, double y, const char *text)
{
    fprintf(stream, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c > '~' || c == '<' || c == '>' || c == '&')
            fputc('?', stream); /* names of files may have anything */
        else
            fputc(c, stream);
    }
    fputs("</text>\n", stream);
}

static void draw_rule(FILE *stream, const char *class, double x1, double y1, double x2, double y2)
{
    fprintf(stream, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class,
            x1, y1, x2, y2);
}

static void draw_line(FILE *stream, const struct series *series, enum line line, double bottom,
                      double most)
{
    double sum = 0;

    fprintf(stream, "<polyline class=\"%s\" points=\"", lines[line].class);
    for (size_t i = 0; i < series->count; i++) {
        double here = value(series, line, i);
        sum += here;
        fprintf(stream, "%s%.1f,%.1f", i > 0 ? " " : "", x_at(series, series->rows[i].at_s),
                bottom - (line == LINE_COST ? sum : here) / most * PLOT_PANEL);
    }
    fputs("\"/>\n", stream);
}

/* Hours where the whole is less than three days. */
static void draw_days(FILE *stream, const struct series *series, double bottom)
{
    double whole = series->rows[series->count - 1].at_s, unit = whole < 3 * 86400 ? 3600 : 86400;
    double step = fmax(step_of(whole / unit, 14), 1);
    char label[32];

    for (double at = 0; at * unit <= whole; at += step) {
        double x = x_at(series, at * unit);
        snprintf(label, sizeof label, "%g", at);
        draw_rule(stream, "axis", x, bottom, x, bottom + 4);
        draw_text(stream, "small middle", x, bottom + 17, label);
    }
    draw_text(stream, "small end", PLOT_RIGHT, bottom + 32, unit > 3600 ? "days" : "hours");
}

static void draw_legend(FILE *stream, int panel, double y)
{
    double x = PLOT_LEFT;

    for (int line = 0; line < LINES; line++) {
        if (lines[line].panel != panel)
            continue;
        fprintf(stream, "<polyline class=\"%s\" points=\"%.1f,%.1f %.1f,%.1f\"/>\n",
                lines[line].class, x, y - 4, x + 24, y - 4);
        draw_text(stream, "text", x + 32, y, lines[line].name);
        x += 250;
    }
}

static void draw_panel(FILE *stream, const struct series *series, int panel)
{
    double top = PLOT_TOP + panel * PLOT_PITCH, bottom = top + PLOT_PANEL;
    double most = highest(series, panel) * 1.05, step = step_of(most, 4);
    char label[32];

    draw_legend(stream, panel, top - 10);
    for (double at = 0; at <= most; at += step) {
        double y = bottom - at / most * PLOT_PANEL;
        snprintf(label, sizeof label, "%g", at);
        draw_rule(stream, at > 0 ? "grid" : "axis", PLOT_LEFT, y, PLOT_RIGHT, y);
        draw_text(stream, "small end", PLOT_LEFT - 8, y + 4, label);
    }
    for (int line = 0; line < LINES; line++)
        if (lines[line].panel == panel)
            draw_line(stream, series, (enum line)line, bottom, most);
    draw_days(stream, series, bottom);
}

void simulate_plot_write(FILE *stream, const char *name, const struct simulate_row *rows,
                         size_t count)
{
    struct series series = {rows, count};

    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
            "viewBox=\"0 0 %d %.0f\" role=\"img\">\n"
            "<title>onionpow-milter, a simulation</title>\n",
            PLOT_WIDTH, PLOT_HEIGHT, PLOT_WIDTH, PLOT_HEIGHT);
    fputs(style, stream);
    fputs("<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n", stream);
    draw_text(stream, "title", PLOT_LEFT, 32, name);
    for (int panel = 0; panel < PLOT_PANELS; panel++)
        draw_panel(stream, &series, panel);
    fputs("</svg>\n", stream);
}
