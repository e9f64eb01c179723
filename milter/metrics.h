/*
 * metrics.h - counters of the daemon, and their Prometheus text form (exposition format 0.0.4).
 *
 * Label sets are closed: listeners of the configuration, verdicts and reasons of the enums, suites
 * of the registry. Counting takes no lock and never fails.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdio.h>

#include "milter/conf.h"
#include "milter/exempt.h"
#include "milter/metrics_gauges.h"
#include "milter/report.h"
#include "pow/suite.h"

struct metrics;

struct metrics *metrics_new(void);          /* NULL: out of memory */
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* The listeners there are now: at the start and after a reload, always by the same thread. Their
 * series then begin at zero, as rates want it. A listener that is gone keeps its series; from the
 * CONF_LISTENERS_MAX-th name on, and for one that was never named here, the label is "other". */
void metrics_listeners(struct metrics *metrics, const struct conf *conf);

/* Any thread: a message (or a relay attempt) was answered: by listener, verdict, reason; work paid,
 * time taken, replies that a token has paid for. */
void metrics_report(struct metrics *metrics, const struct report *report);
/* Any thread: this rule held for a recipient; EXEMPT_NONE counts nothing, EXEMPT_REPLY comes with
 * the report. */
void metrics_exempt(struct metrics *metrics, enum exempt_rule rule);
/* Any thread: one evaluation-run of the dear test took this long. */
void metrics_verification(struct metrics *metrics, const struct op_suite *suite, double seconds);

/* Everything, gauges included, with HELP and TYPE. Any thread. */
void metrics_format(const struct metrics *metrics, const struct metrics_gauges *gauges, FILE *out);

#endif
