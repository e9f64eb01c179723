/*
 * progress.c - the progress bar and its JSON twin.
 *
 * No colour, no cursor movement but the carriage return: it works on every terminal that is not
 * "dumb", and NO_COLOR has nothing to take away. The width is asked for each time, so a resized
 * window needs no signal.
 */
#include "tools/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/out.h"
#include "tools/span.h"

#define PROGRESS_COLUMNS 80 /* where the terminal does not tell */
#define PROGRESS_BAR_MIN 8  /* cells: a shorter bar says nothing */
#define PROGRESS_BAR_MAX 40

/* Read by the signal handler: is the cursor behind a line of ours? */
static volatile sig_atomic_t progress_line_open;

static bool progress_terminal_can(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

void progress_init(struct progress *progress, enum options_progress mode, bool quiet)
{
    *progress = (struct progress){.mode = mode, .count = 1};
    if (mode == OPTIONS_PROGRESS_AUTO)
        progress->mode = progress_terminal_can() ? OPTIONS_PROGRESS_ALWAYS : OPTIONS_PROGRESS_NEVER;
    if (quiet)
        progress->mode = OPTIONS_PROGRESS_NEVER;
}

void progress_next(struct progress *progress, const char *rcpt)
{
    progress->rcpt = rcpt;
    progress->index++;
    progress->shown_s = -1;
    progress->shown_len = 0;
}

static unsigned progress_columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return PROGRESS_COLUMNS;
}

/* 1234567 -> "1.23M": three digits are what a person can use. */
static void progress_rate(double rate, char text_r[SPAN_MAX])
{
    static const char suffix[] = {' ', 'k', 'M', 'G', 'T'};
    size_t i = 0;

    for (; rate >= 999.5 && i + 1 < sizeof suffix; i++)
        rate /= 1000;
    int decimals = rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0;
    if (i == 0)
        snprintf(text_r, SPAN_MAX, "%.*f/s", decimals, rate);
    else
        snprintf(text_r, SPAN_MAX, "%.*f%c/s", decimals, rate, suffix[i]);
}

/* What stands behind the bar, from "12 s" to "12 s, left 9.0 s (90%: 14 s), 312/s". */
static void progress_times(const struct op_mint_progress *mint, char *text_r, size_t size)
{
    char elapsed[SPAN_MAX], p50[SPAN_MAX], p90[SPAN_MAX], rate[SPAN_MAX];

    span_format(mint->elapsed_s, elapsed);
    span_format(mint->left_p50_s, p50);
    span_format(mint->left_p90_s, p90);
    progress_rate(mint->rate, rate);
    if (mint->done)
        snprintf(text_r, size, "done in %s, %s", elapsed, rate);
    else if (mint->sealing)
        snprintf(text_r, size, "%s, sealing", elapsed);
    else if (mint->rate > 0 && mint->left_p50_s >= 0)
        snprintf(text_r, size, "%s, left %s (90%%: %s), %s", elapsed, p50, p90, rate);
    else
        snprintf(text_r, size, "%s", elapsed);
}

static void progress_bar(const struct op_mint_progress *mint, size_t cells, char *text_r)
{
    size_t full = cells * mint->solved / (mint->puzzles > 0 ? mint->puzzles : 1);

    text_r[0] = '[';
    memset(text_r + 1, '#', full);
    memset(text_r + 1 + full, '-', cells - full);
    memcpy(text_r + 1 + cells, "] ", sizeof "] ");
}

size_t progress_line(const struct progress *progress, const struct op_mint_progress *mint,
                     unsigned columns, char line_r[PROGRESS_LINE_MAX])
{
    char head[128], times[160], bar[PROGRESS_BAR_MAX + sizeof "[] "] = "";
    int head_len = 0;

    if (progress->count > 1)
        head_len = snprintf(head, sizeof head, "(%zu of %zu) ", progress->index, progress->count);
    head_len += snprintf(head + head_len, sizeof head - (size_t)head_len, "%s %u/%u ",
                         mint->suite->name, mint->solved, mint->puzzles);
    progress_times(mint, times, sizeof times);
    size_t used = (size_t)head_len + strlen(times) + strlen("[] ");
    if (columns >= used + PROGRESS_BAR_MIN) {
        size_t cells = columns - used;
        progress_bar(mint, cells < PROGRESS_BAR_MAX ? cells : PROGRESS_BAR_MAX, bar);
    }
    snprintf(line_r, PROGRESS_LINE_MAX, "%s%s%s", head, bar, times);
    if (strlen(line_r) > columns)
        line_r[columns] = '\0';
    return strlen(line_r);
}

/* Writes over the line that is there; blanks cover what was longer. */
static void progress_draw(struct progress *progress, const char *line, bool stays)
{
    size_t len = strlen(line);
    int blanks = progress->shown_len > len ? (int)(progress->shown_len - len) : 0;

    progress_line_open = !stays;
    fprintf(stderr, "\r%s%*s%s", line, blanks, "", stays ? "\n" : "");
    fflush(stderr);
    progress->shown_len = stays ? 0 : len;
}

static void progress_json_time(const char *name, double seconds)
{
    if (seconds >= 0)
        fprintf(stderr, ",\"%s\":%.3f", name, seconds);
    else
        fprintf(stderr, ",\"%s\":null", name);
}

static void progress_json(const struct progress *progress, const struct op_mint_progress *mint)
{
    const char *phase = mint->done ? "done" : mint->sealing ? "seal" : "puzzles";

    fputs("{\"schema\":1,\"progress\":{\"recipient\":", stderr);
    if (progress->rcpt != NULL)
        out_json_string(stderr, progress->rcpt, strlen(progress->rcpt));
    else
        fputs("null", stderr);
    fprintf(stderr,
            ",\"index\":%zu,\"count\":%zu,\"phase\":\"%s\",\"suite\":\"%s\",\"solved\":%u,"
            "\"puzzles\":%u,\"threads\":%u,\"evaluations\":%llu,\"rate\":%.1f",
            progress->index, progress->count, phase, mint->suite->name, mint->solved, mint->puzzles,
            mint->threads, (unsigned long long)mint->evals, mint->rate);
    progress_json_time("elapsed", mint->elapsed_s);
    progress_json_time("left_median", mint->done ? 0 : mint->left_p50_s);
    progress_json_time("left_90", mint->done ? 0 : mint->left_p90_s);
    fputs("}}\n", stderr);
}

void progress_show(struct progress *progress, const struct op_mint_progress *mint)
{
    char line[PROGRESS_LINE_MAX];

    if (progress->mode == OPTIONS_PROGRESS_NEVER)
        return;
    if (!mint->done && progress->shown_s >= 0 &&
        mint->elapsed_s - progress->shown_s < 0.9 * PROGRESS_INTERVAL_S)
        return;
    progress->shown_s = mint->elapsed_s;
    if (progress->mode == OPTIONS_PROGRESS_JSON) {
        progress_json(progress, mint);
        return;
    }
    /* The last column stays free: some terminals wrap when it is written. */
    progress_line(progress, mint, progress_columns() - 1, line);
    progress_draw(progress, line, mint->done);
}

void progress_remark(struct progress *progress, const char *remark)
{
    char line[PROGRESS_LINE_MAX];

    if (progress->mode == OPTIONS_PROGRESS_JSON) {
        fputs("{\"schema\":1,\"progress\":{\"phase\":", stderr);
        out_json_string(stderr, remark, strlen(remark));
        fputs("}}\n", stderr);
    } else if (progress->mode == OPTIONS_PROGRESS_ALWAYS) {
        snprintf(line, sizeof line, "%.*s", (int)progress_columns() - 1, remark);
        progress_draw(progress, line, false);
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->mode != OPTIONS_PROGRESS_ALWAYS || progress->shown_len == 0)
        return;
    progress_draw(progress, "", false);
    fputc('\r', stderr);
    progress_line_open = 0;
}

void progress_abandon(void)
{
    if (progress_line_open) {
        progress_line_open = 0;
        if (write(STDERR_FILENO, "\n", 1) < 0)
            return; /* nobody is left to tell */
    }
}
