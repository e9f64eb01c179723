/*
 * bench_plot.c - see bench_plot.h. The file: composed in memory, written in one piece.
 *
 * Colours are classes, so that one style sheet serves light and dark.
 */
#include "tools/bench_plot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench_draw.h"
#include "tools/fail.h"

static const char bench_plot_style[] =
    "<style>\n"
    "text { font: 13px system-ui, 'DejaVu Sans', sans-serif; fill: #1c2127; }\n"
    ".title { font-size: 16px; font-weight: 600; }\n"
    ".small { font-size: 12px; fill: #5a636e; }\n"
    ".end { text-anchor: end; }\n"
    ".middle { text-anchor: middle; }\n"
    ".back { fill: #ffffff; }\n"
    ".grid { stroke: #e1e5ea; }\n"
    ".axis { stroke: #8b95a1; }\n"
    ".trial { fill: #a9c8ea; }\n"
    ".theory { fill: none; stroke: #12508f; stroke-width: 2; }\n"
    ".mark { stroke: #1c2127; stroke-dasharray: 4 3; }\n"
    ".laptop { fill: #2f78c4; }\n"
    ".server { fill: #8a6fc0; }\n"
    ".gpu { fill: #d2601a; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text { fill: #e4e7eb; }\n"
    ".small { fill: #a2abb6; }\n"
    ".back { fill: #15181d; }\n"
    ".grid { stroke: #2d333b; }\n"
    ".axis { stroke: #6e7884; }\n"
    ".trial { fill: #2c4f78; }\n"
    ".theory { stroke: #8ec5ff; }\n"
    ".mark { stroke: #e4e7eb; }\n"
    ".laptop { fill: #5aa2ec; }\n"
    ".server { fill: #ad94e0; }\n"
    ".gpu { fill: #f08a45; }\n"
    "}\n"
    "</style>\n";

int xbench_plot_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd < 0)
        fail_exit(EX_CANTCREAT, NULL, "--plot: %s: %s", path, strerror(errno));
    return fd;
}

static void bench_plot_compose(FILE *stream, const struct bench *benches, size_t count,
                               const double *trials)
{
    double height = BENCH_DRAW_COSTS_Y + bench_draw_costs_height(count);

    fprintf(stream,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
            "viewBox=\"0 0 %d %.0f\" role=\"img\">\n"
            "<title>onionpow bench</title>\n",
            BENCH_DRAW_WIDTH, height, BENCH_DRAW_WIDTH, height);
    fputs(bench_plot_style, stream);
    fputs("<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n", stream);
    bench_draw_mints(stream, &benches[0], trials);
    bench_draw_costs(stream, benches, count);
    fputs("</svg>\n", stream);
}

static void xbench_plot_save(int fd, const char *path, const char *text, size_t len)
{
    /* What is no regular file (a pipe, a terminal) has no length to be cut. */
    bool cut = ftruncate(fd, 0) == 0 || errno == EINVAL;

    while (cut && len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        text += n;
        len -= (size_t)n;
    }
    if (!cut || len > 0 || close(fd) != 0)
        fail_exit(EX_IOERR, NULL, "--plot: %s: %s", path, strerror(errno));
}

void xbench_plot_write(int fd, const char *path, const struct bench *benches, size_t count)
{
    double *trials = xmalloc(BENCH_DRAW_TRIALS * sizeof *trials);
    char *text = NULL;
    size_t len = 0;

    enum op_err err =
        bench_mints_try(benches[0].suite, benches[0].effort, BENCH_DRAW_TRIALS, trials);
    if (err != OP_OK)
        fail_exit(EX_SOFTWARE, NULL, "--plot: %s", op_err_str(err));
    FILE *stream = open_memstream(&text, &len);
    if (stream == NULL)
        fail_exit(EX_TEMPFAIL, NULL, "--plot: %s", strerror(errno));
    bench_plot_compose(stream, benches, count, trials);
    if (fclose(stream) != 0)
        fail_exit(EX_TEMPFAIL, NULL, "--plot: %s", strerror(errno));
    xbench_plot_save(fd, path, text, len);
    free(text);
    free(trials);
}
