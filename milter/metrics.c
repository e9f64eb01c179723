/*
 * metrics.c - what is counted, and under which labels. Counts with relaxed atomics: numbers of
 * different series need not fit each other to the last message. Knows no clock, and nobody whom the
 * text is for.
 *
 * A series is there from the start if it can be expected, so that the first event is a rise: for
 * each listener in its present mode, each suite, each rule. Others appear with their first event.
 */
#include "milter/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "milter/exposition.h"
#include "milter/outcome.h"
#include "milter/reply.h"
#include "pow/verdict.h"

#define NAME_MAX_LEN 64 /* octets of a listener's label: no name is longer */
#define OTHER        0  /* slot of all listeners without one of their own */
#define SLOTS        (1 + CONF_LISTENERS_MAX)
#define REASONS      (OUTCOME_COUNT + OP_VERDICT_COUNT) /* outcomes; then UNPAID by verdict */
#define RULES        (EXEMPT_REPLY + 1)                 /* EXEMPT_NONE is none */

typedef atomic_uint_fast64_t counter;

enum answer { ANSWER_PASS, ANSWER_FAIL, ANSWER_TEMPFAIL, ANSWER_WOULD_FAIL, ANSWER_WOULD_TEMPFAIL };
#define ANSWERS (ANSWER_WOULD_TEMPFAIL + 1)

struct listener {
    char name[NAME_MAX_LEN + 1]; /* does not change once the slot is in use */
    atomic_int mode;             /* enum conf_mode */
    counter answers[2][REASONS]; /* [1]: what would have been, in monitor mode */
};

struct metrics {
    struct listener listener[SLOTS];
    atomic_size_t listener_count; /* slots in use */
    counter exemptions[RULES];
    struct histogram work[OP_SUITES_MAX];         /* by op_suite_index */
    struct histogram verification[OP_SUITES_MAX]; /* likewise */
    struct histogram answer[ANSWERS];
};

/* 256 evaluations to 2^40; 0.1 ms to 52 s; 1 ms to 66 s. */
static const struct histogram_scale work_scale = {256, 33, 1};
static const struct histogram_scale verification_scale = {100000, 20, 1e9};
static const struct histogram_scale answer_scale = {1, 17, 1e3};

static void count(counter *of, uint64_t more)
{
    atomic_fetch_add_explicit(of, more, memory_order_relaxed);
}

static double read_counter(const counter *of)
{
    return (double)atomic_load_explicit(of, memory_order_relaxed);
}

/* --- listeners ---------------------------------------------------------------------------- */

/* A text that is not UTF-8 would make a scraper refuse the whole. */
static void clean_name(const char *name, char clean_r[NAME_MAX_LEN + 1])
{
    size_t len = 0;
    for (; name[len] != '\0' && len < NAME_MAX_LEN; len++)
        clean_r[len] = name[len] >= ' ' && name[len] <= '~' ? name[len] : '_';
    clean_r[len] = '\0';
}

/* The slot of that name; SLOTS if it has none. */
static size_t find_listener(const struct metrics *metrics, const char *name)
{
    char clean[NAME_MAX_LEN + 1];
    size_t in_use = atomic_load_explicit(&metrics->listener_count, memory_order_acquire);

    clean_name(name, clean);
    for (size_t i = 0; i < in_use; i++) {
        if (strcmp(metrics->listener[i].name, clean) == 0)
            return i;
    }
    return SLOTS;
}

static size_t add_listener(struct metrics *metrics, const char *name)
{
    size_t found = find_listener(metrics, name);
    size_t in_use = atomic_load_explicit(&metrics->listener_count, memory_order_relaxed);

    if (found < SLOTS)
        return found;
    if (in_use == SLOTS)
        return OTHER;
    clean_name(name, metrics->listener[in_use].name);
    atomic_store_explicit(&metrics->listener_count, in_use + 1, memory_order_release);
    return in_use;
}

void metrics_listeners(struct metrics *metrics, const struct conf *conf)
{
    enum conf_mode mode[SLOTS];

    for (size_t i = 0; i < SLOTS; i++)
        mode[i] = CONF_OFF;
    for (size_t i = 0; i < conf->listener_count; i++)
        mode[add_listener(metrics, conf->listener[i].name)] = conf->listener[i].mode;
    if (conf->listener_count == 0)
        mode[add_listener(metrics, conf->fallback.name)] = conf->fallback.mode;
    for (size_t i = 0; i < SLOTS; i++)
        atomic_store_explicit(&metrics->listener[i].mode, (int)mode[i], memory_order_relaxed);
}

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return NULL;
    memcpy(metrics->listener[OTHER].name, "other", sizeof "other");
    for (size_t i = 0; i < SLOTS; i++)
        atomic_init(&metrics->listener[i].mode, CONF_OFF);
    atomic_init(&metrics->listener_count, 1);
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

/* --- counting ----------------------------------------------------------------------------- */

/* Monitor mode lets everything but relaying pass. */
static bool is_hypothetical(enum outcome outcome)
{
    return outcome_refuses(outcome) && outcome != OUTCOME_RELAY;
}

static enum answer answer_of(enum outcome outcome, bool would)
{
    if (!outcome_refuses(outcome))
        return ANSWER_PASS;
    if (reply_is_temporary(outcome))
        return would ? ANSWER_WOULD_TEMPFAIL : ANSWER_TEMPFAIL;
    return would ? ANSWER_WOULD_FAIL : ANSWER_FAIL;
}

static void count_work(struct metrics *metrics, const struct report *report)
{
    const struct op_suite *suite = NULL;
    if (report->outcome == OUTCOME_PASS && report->suite)
        suite = op_suite_find(report->suite, strlen(report->suite));
    if (suite)
        histogram_observe(&metrics->work[op_suite_index(suite)], &work_scale, report->work);
}

void metrics_report(struct metrics *metrics, const struct report *report)
{
    size_t slot = report->listener ? find_listener(metrics, report->listener) : SLOTS;
    bool would = report->mode == CONF_MONITOR && is_hypothetical(report->outcome);
    size_t reason = (size_t)report->outcome;

    if (report->outcome == OUTCOME_UNPAID)
        reason = OUTCOME_COUNT + (size_t)report->verdict;
    count(&metrics->listener[slot < SLOTS ? slot : OTHER].answers[would][reason], 1);
    if (!outcome_refuses(report->outcome))
        count(&metrics->exemptions[EXEMPT_REPLY], report->replies);
    count_work(metrics, report);
    if (report->outcome != OUTCOME_RELAY) /* which is answered before the end of the message */
        histogram_observe(&metrics->answer[answer_of(report->outcome, would)], &answer_scale,
                          report->ms);
}

void metrics_exempt(struct metrics *metrics, enum exempt_rule rule)
{
    count(&metrics->exemptions[rule], 1);
}

void metrics_verification(struct metrics *metrics, const struct op_suite *suite, double seconds)
{
    uint64_t ns = seconds > 0 && seconds < 1e6 ? (uint64_t)(seconds * 1e9) : 0;
    histogram_observe(&metrics->verification[op_suite_index(suite)], &verification_scale, ns);
}

/* --- text --------------------------------------------------------------------------------- */

static const char *answer_str(enum answer answer)
{
    switch (answer) {
    case ANSWER_PASS:
        return "pass";
    case ANSWER_FAIL:
        return "fail";
    case ANSWER_TEMPFAIL:
        return "tempfail";
    case ANSWER_WOULD_FAIL:
        return "would-fail";
    case ANSWER_WOULD_TEMPFAIL:
        return "would-tempfail";
    }
    return "invalid";
}

static enum outcome outcome_of(size_t reason)
{
    return reason < OUTCOME_COUNT ? (enum outcome)reason : OUTCOME_UNPAID;
}

static const char *reason_str(size_t reason)
{
    if (reason == OUTCOME_PASS)
        return "-";
    if (reason < OUTCOME_COUNT)
        return outcome_str((enum outcome)reason);
    return op_verdict_str((enum op_verdict)(reason - OUTCOME_COUNT));
}

/* UNPAID is told by its verdict, which then is not PASS. */
static bool is_reason(size_t reason)
{
    return reason != OUTCOME_UNPAID && reason != OUTCOME_COUNT + OP_VERDICT_PASS;
}

/* Does it become of our own mail alone? */
static bool is_outgoing(enum outcome outcome)
{
    return outcome == OUTCOME_SIGNED || outcome == OUTCOME_MINTED || outcome == OUTCOME_STAMPED ||
           outcome == OUTCOME_UNSTAMPED || outcome == OUTCOME_LATE || outcome == OUTCOME_NO_MINTER;
}

/* What can become of a message for which stamps may be minted. */
static bool is_of_minting(enum outcome outcome)
{
    return (is_outgoing(outcome) && outcome != OUTCOME_SIGNED) || outcome == OUTCOME_EXEMPT ||
           outcome == OUTCOME_CROWD || outcome == OUTCOME_INTERNAL;
}

static bool is_expected(const struct listener *listener, enum outcome outcome, bool would)
{
    int mode = atomic_load_explicit(&listener->mode, memory_order_relaxed);
    switch ((enum conf_mode)mode) {
    case CONF_ENFORCE:
        return !would && !is_outgoing(outcome);
    case CONF_MONITOR:
        return would == is_hypothetical(outcome) && !is_outgoing(outcome);
    case CONF_SIGN:
        return !would && outcome == OUTCOME_SIGNED;
    case CONF_MINT:
        return !would && is_of_minting(outcome);
    case CONF_OFF:
        break;
    }
    return false;
}

static void write_listener(const struct listener *listener, bool would, FILE *out)
{
    for (size_t reason = 0; reason < REASONS; reason++) {
        double value = read_counter(&listener->answers[would][reason]);
        enum outcome outcome = outcome_of(reason);
        if (!is_reason(reason) || (value < 1 && !is_expected(listener, outcome, would)))
            continue;
        exposition_sample(out, "onionpow_answers_total",
                          EXPOSITION_LABELS(3, {"listener", listener->name},
                                            {"verdict", answer_str(answer_of(outcome, would))},
                                            {"reason", reason_str(reason)}),
                          value);
    }
}

static void write_answers(const struct metrics *metrics, FILE *out)
{
    size_t in_use = atomic_load_explicit(&metrics->listener_count, memory_order_acquire);

    exposition_family(out, "onionpow_answers_total", EXPOSITION_COUNTER,
                      "Messages answered, and messages with an attempt to relay, by listener, "
                      "verdict and reason as in the log.");
    for (size_t i = 0; i < in_use; i++) {
        write_listener(&metrics->listener[i], false, out);
        write_listener(&metrics->listener[i], true, out);
    }
    exposition_family(out, "onionpow_answer_seconds", EXPOSITION_HISTOGRAM,
                      "From the end of a message to its answer.");
    for (size_t i = 0; i < ANSWERS; i++)
        exposition_histogram(out, "onionpow_answer_seconds",
                             EXPOSITION_LABELS(1, {"verdict", answer_str((enum answer)i)}),
                             &metrics->answer[i], &answer_scale);
}

static void write_exemptions(const struct metrics *metrics, FILE *out)
{
    exposition_family(
        out, "onionpow_exemptions_total", EXPOSITION_COUNTER,
        "Recipients for whom an exemption held, by rule; bounce-cap: one that did not, "
        "after too many bounces.");
    for (size_t i = EXEMPT_NONE + 1; i < RULES; i++)
        exposition_sample(out, "onionpow_exemptions_total",
                          EXPOSITION_LABELS(1, {"rule", exempt_rule_str((enum exempt_rule)i)}),
                          read_counter(&metrics->exemptions[i]));
}

static void write_suites(const char *name, const char *help, const struct histogram *histogram,
                         const struct histogram_scale *scale, FILE *out)
{
    exposition_family(out, name, EXPOSITION_HISTOGRAM, help);
    for (size_t i = 0; i < op_suite_count(); i++)
        exposition_histogram(out, name, EXPOSITION_LABELS(1, {"suite", op_suite_at(i)->name}),
                             &histogram[i], scale);
}

void metrics_format(const struct metrics *metrics, const struct metrics_gauges *gauges, FILE *out)
{
    metrics_gauges_format(gauges, out);
    write_answers(metrics, out);
    write_exemptions(metrics, out);
    write_suites("onionpow_paid_evaluations",
                 "Work that an accepted message has paid for each recipient, by suite.",
                 metrics->work, &work_scale, out);
    write_suites("onionpow_verification_seconds", "Time of one verification of a proof, by suite.",
                 metrics->verification, &verification_scale, out);
}
