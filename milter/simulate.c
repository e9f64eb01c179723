/*
 * simulate.c - from a scenario's file to the table and the picture. What happens in the scenario is
 * simulate_world.c.
 */
#include "milter/simulate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "milter/log.h"
#include "milter/simulate_plot.h"
#include "milter/simulate_script.h"
#include "milter/simulate_table.h"
#include "milter/simulate_world.h"

static int status_of(enum simulate_script_result result)
{
    switch (result) {
    case SIMULATE_SCRIPT_OK:
        return EX_OK;
    case SIMULATE_SCRIPT_BAD:
        return EX_DATAERR;
    case SIMULATE_SCRIPT_MISSING:
        return EX_NOINPUT;
    case SIMULATE_SCRIPT_BROKEN:
        return EX_IOERR;
    }
    return EX_SOFTWARE;
}

static int read_script(const char *path, struct simulate_script **script_r)
{
    bool piped = strcmp(path, "-") == 0;
    const char *name = piped ? "standard input" : path;
    char why[SIMULATE_WHY_MAX];
    enum simulate_script_result result;
    FILE *stream = piped ? stdin : fopen(path, "re");

    if (stream == NULL) {
        log_line(LOG_LEVEL_ERROR, "%s: %s", path, strerror(errno));
        return EX_NOINPUT;
    }
    result = simulate_script_read(name, stream, script_r, why);
    if (result != SIMULATE_SCRIPT_OK)
        log_line(LOG_LEVEL_ERROR, "%s", why);
    if (!piped)
        fclose(stream);
    return status_of(result);
}

static int draw(const char *path, FILE *plot, const char *name, const struct simulate_row *rows,
                size_t count)
{
    simulate_plot_write(plot, name, rows, count);
    bool failed = ferror(plot) != 0;
    if (fclose(plot) == 0 && !failed)
        return EX_OK;
    log_line(LOG_LEVEL_ERROR, "--plot: %s: cannot be written", path);
    return EX_IOERR;
}

static int end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EX_OK;
    log_line(LOG_LEVEL_ERROR, "standard output: %s", strerror(errno));
    return EX_IOERR;
}

/* Prints as it goes; the rows are for the plot. */
static void run(struct simulate_world *world, const struct simulate_script *script,
                struct simulate_row *rows, size_t count)
{
    struct simulate_row sum = {0};

    for (size_t i = 0; i < count; i++) {
        uint64_t until_s = (uint64_t)(i + 1) * script->row_s;
        simulate_world_run(world, until_s < script->span_s ? (uint32_t)until_s : script->span_s,
                           &rows[i]);
        simulate_table_row(stdout, &rows[i]);
        simulate_world_add(&sum, &rows[i]);
    }
    simulate_table_sum(stdout, &sum);
}

static int simulate(const struct conf *conf, const char *path, const struct simulate_script *script,
                    const char *plot_path, FILE *plot)
{
    size_t count = (script->span_s - 1) / script->row_s + 1;
    struct simulate_row *rows = calloc(count, sizeof *rows);
    struct simulate_world *world = simulate_world_new(conf, script);
    int status = EX_OK;

    if (rows == NULL || world == NULL) {
        log_line(LOG_LEVEL_ERROR, "out of memory");
        status = EX_OSERR;
    } else {
        simulate_table_head(stdout, path, conf, script);
        run(world, script, rows, count);
        status = end_output();
    }
    if (plot != NULL && status == EX_OK)
        status = draw(plot_path, plot, path, rows, count);
    else if (plot != NULL)
        fclose(plot);
    simulate_world_free(world);
    free(rows);
    return status;
}

int simulate_main(const struct conf *conf, const char *path, const char *plot_path)
{
    struct simulate_script *script = NULL;
    FILE *plot = NULL;
    int status = read_script(path, &script);

    if (status == EX_OK && plot_path != NULL) {
        plot = fopen(plot_path, "we");
        if (plot == NULL) {
            log_line(LOG_LEVEL_ERROR, "--plot: %s: %s", plot_path, strerror(errno));
            status = EX_CANTCREAT;
        }
    }
    if (status == EX_OK)
        status = simulate(conf, path, script, plot_path, plot);
    simulate_script_free(script);
    return status;
}
