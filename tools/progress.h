/*
 * progress.h - tells a waiting person, or a program, how far a mint has come. On stderr.
 *
 * The bar moves as puzzles are solved and never otherwise; times are those that half of all mints,
 * and nine of ten, still need.
 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "pow/mint.h"
#include "tools/options.h"

#define PROGRESS_LINE_MAX   512 /* octets of a line, NUL included */
#define PROGRESS_INTERVAL_S 0.1 /* at most 10 times a second */

struct progress {
    enum options_progress mode; /* never AUTO: see progress_init */
    const char *rcpt;           /* whom the stamp is for; NULL: nobody */
    size_t index, count;        /* which stamp of how many, from 1 */
    double shown_s;             /* elapsed time when a line was last written */
    size_t shown_len;           /* columns of it */
};

/* `mode` as asked for; AUTO is decided here: a terminal that can move its cursor. quiet: never. */
void progress_init(struct progress *progress, enum options_progress mode, bool quiet);

/* The next mint starts. */
void progress_next(struct progress *progress, const char *rcpt);

/* Shows the state if it is time to; the line of a finished mint stays. */
void progress_show(struct progress *progress, const struct op_mint_progress *mint);

/* A remark in place of the bar, such as "measuring argon2id-16m"; progress_clear takes it away. */
void progress_remark(struct progress *progress, const char *remark);
void progress_clear(struct progress *progress);

/* Ends a line that is half written, if there is one. May be called from a signal handler. */
void progress_abandon(void);

/* The line, ASCII, at most `columns` columns wide; returns its length. */
size_t progress_line(const struct progress *progress, const struct op_mint_progress *mint,
                     unsigned columns, char line_r[PROGRESS_LINE_MAX]);

#endif
