/*
 * courier.c - the way of one message:
 *
 *     connect -> present the message's kept stamp, or one for a remembered offer, or none
 *         taken                  the stamp is spent
 *         a demand               mint what it asks, present that; a changed demand once more
 *         451 with a stamp       once more, after a moment
 *         refused                given up: the stamp may serve another message
 *         anything else          later: the stamp waits for this message
 *
 * The connection stays open while a short stamp is minted, which saves its round trips through Tor.
 */
#include "tools/courier.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "pow/effort.h"
#include "tools/courier_trip.h"
#include "tools/fail.h"
#include "tools/machine.h"
#include "tools/minting.h"

#define COURIER_MINTS    2 /* for one message in one call */
#define COURIER_TRIES    6 /* transactions for one message in one call */
#define COURIER_PAUSE_S  2 /* before a stamp is presented again */
#define COURIER_FROM_MAX 512

/* Octets of the quoted string that an address starts with, up to its last quote. */
static size_t courier_quoted_len(const char *from)
{
    size_t len = 0;

    if (*from != '"')
        return 0;
    for (len = 1; from[len] != '"' && from[len] != '\0'; len++) {
        if (from[len] == '\\' && from[len + 1] != '\0')
            len++;
    }
    return len;
}

/* What a quoted string may hold is known to op_recipient_parse: no control characters. */
bool courier_sender_valid(const char *from, const char **why_r)
{
    struct op_recipient parsed;

    if (*from == '\0')
        return true;
    if (strlen(from) > COURIER_FROM_MAX) {
        *why_r = "it is too long";
        return false;
    }
    for (const char *at = from + courier_quoted_len(from); *at != '\0'; at++) {
        if ((unsigned char)*at <= ' ' || *at == 0x7f || *at == '<' || *at == '>') {
            *why_r = "it has a blank, a bracket or a control character";
            return false;
        }
    }
    if (!op_recipient_parse(from, strlen(from), &parsed, why_r))
        return false;
    if (parsed.domain < parsed.len)
        return true;
    *why_r = "the domain is missing"; /* RCPT may name a bare postmaster, MAIL may not */
    return false;
}

/* Half of the machine's memory if nothing is configured, and each minter's share of it. */
static uint64_t courier_memory(const struct sender *conf)
{
    uint64_t memory = conf->max_mem;

    if (memory == 0) {
        struct machine machine;
        machine_read("", &machine);
        memory = machine.memory / 2;
    }
    return memory / conf->minters;
}

struct courier *courier_new(const struct sender *conf, const struct options *options,
                            const char *state, char why_r[SENDER_WHY_MAX])
{
    struct courier *courier = xmalloc(sizeof *courier);
    char why[PURSE_WHY_MAX];

    *courier = (struct courier){.conf = conf, .options = options, .state = state};
    courier->limits = (struct plan_limits){.refuse = conf->refuse,
                                           .threads = conf->threads,
                                           .max_mem = courier_memory(conf),
                                           .max_time_s = conf->max_time_s};
    courier->purse = purse_open(state, conf->offer_s, conf->stamp_s, why);
    if (courier->purse != NULL)
        return courier;
    snprintf(why_r, SENDER_WHY_MAX, "%s", why);
    free(courier);
    return NULL;
}

void courier_free(struct courier *courier)
{
    if (courier == NULL)
        return;
    purse_free(courier->purse);
    sender_free(courier->own_conf);
    free(courier->own_state);
    free(courier);
}

const struct sender *courier_conf(const struct courier *courier)
{
    return courier->conf;
}

/* What the command line says goes before the configuration. */
static void courier_override(struct sender *conf, const struct options *options)
{
    if (options->socks != NULL) {
        free(conf->socks);
        conf->socks = xmalloc(strlen(options->socks) + 1);
        strcpy(conf->socks, options->socks);
    }
    if (options->max_time_given)
        conf->max_time_s = (uint32_t)fmin(ceil(options->max_time_s), UINT32_MAX);
    if (options->max_mem > 0 && options->max_mem <= UINT64_MAX / conf->minters)
        conf->max_mem = options->max_mem * conf->minters; /* for this one; the key is for all */
    if (options->threads > 0)
        conf->threads = options->threads;
    if (options->nice_given)
        conf->nice = options->nice;
}

struct courier *xcourier_open(const struct options *options)
{
    char why[SENDER_WHY_MAX];
    struct sender *conf = sender_load(options->config, why);

    if (conf == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    courier_override(conf, options);
    char *state = sender_state(conf, why);
    if (state == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    struct courier *courier = courier_new(conf, options, state, why);
    if (courier == NULL)
        fail_exit(EX_CONFIG, NULL, "%s", why);
    courier->own_conf = conf;
    courier->own_state = state;
    minting_lower_priority(conf->nice);
    return courier;
}

bool courier_end(struct courier_trip *trip, int status, const char *enhanced, const char *format,
                 ...)
{
    struct courier_report *report = trip->report;
    va_list args;

    report->status = status;
    snprintf(report->enhanced, sizeof report->enhanced, "%s", enhanced);
    va_start(args, format);
    vsnprintf(report->text, sizeof report->text, format, args);
    va_end(args);
    return false;
}

static int courier_status(enum smtp_result result)
{
    switch (result) {
    case SMTP_SENT:
        return EX_OK;
    case SMTP_REFUSED:
    case SMTP_UNFIT:
        return EX_UNAVAILABLE;
    case SMTP_LATER:
    case SMTP_LOST:
    case SMTP_UNKNOWN:
    case SMTP_BABBLE:
    case SMTP_INSECURE:
        return EX_TEMPFAIL;
    }
    return EX_SOFTWARE;
}

bool courier_end_outcome(struct courier_trip *trip)
{
    const struct smtp_outcome *outcome = &trip->outcome;
    int status = courier_status(outcome->result);

    trip->report->maybe_delivered = outcome->result == SMTP_UNKNOWN;
    if (outcome->code == 0)
        return courier_end(trip, status, outcome->enhanced, "%s: %s", trip->destination,
                           outcome->text);
    return courier_end(trip, status, outcome->enhanced, "%s said: %s (%s)", trip->destination,
                       outcome->text, smtp_stage_str(outcome->stage));
}

/* Long work is not done for what was asked some time ago: the price may have changed. */
static bool courier_is_long(const struct op_offers *offers)
{
    for (size_t i = 0; i < offers->count; i++) {
        if (op_effort_to_seconds(offers->offer[i].suite, offers->offer[i].effort) > COURIER_SHORT_S)
            return true;
    }
    return false;
}

/* What is presented first. A remembered offer that cannot be met is no reason not to ask. */
static bool courier_prepare(struct courier_trip *trip)
{
    const struct courier_job *job = trip->job;
    const struct purse *purse = trip->courier->purse;
    const struct op_offers *offers = job->demand;
    struct op_offers remembered;

    if (job->probe != NULL)
        return true;
    if (offers == NULL && purse_offers(purse, trip->destination, time(NULL), &remembered))
        offers = &remembered;
    trip->held =
        purse_claim(purse, &job->address->recipient, job->letter->identity, offers, time(NULL));
    if (trip->held != NULL || offers == NULL)
        return true;
    trip->unasked = job->demand == NULL;
    if (trip->unasked && (courier_is_long(offers) || courier_doubts(trip)))
        return true;
    return courier_mint(trip, offers) ||
           (trip->report->status == EX_UNAVAILABLE && job->demand == NULL);
}

/* A demand for what was presented: of a stamp that should have done nothing more is to be hoped. */
static bool courier_meet(struct courier_trip *trip, const struct op_offers *offers)
{
    const struct courier_job *job = trip->job;
    const struct purse *purse = trip->courier->purse;
    bool met = trip->held != NULL && purse_meets(purse_stamp_value(trip->held), offers, time(NULL));

    trip->report->asked = true;
    trip->report->offers = *offers;
    if (job->probe != NULL)
        return courier_end_outcome(trip);
    if (trip->held != NULL && !met && trip->unasked && !purse_doubt(purse, trip->destination))
        fail_note("a price that moves cannot be noted: %s", strerror(errno));
    if (met)
        purse_spend(trip->held);
    else
        purse_release(trip->held);
    trip->held = NULL;
    trip->unasked = false;
    if (offers->count > 0 && !purse_remember(purse, trip->destination, time(NULL), offers))
        fail_note("the offer cannot be remembered: %s", strerror(errno));
    trip->held =
        purse_claim(purse, &job->address->recipient, job->letter->identity, offers, time(NULL));
    if (trip->held != NULL)
        return true;
    if (trip->report->minted == COURIER_MINTS)
        return courier_end(trip, EX_UNAVAILABLE, "5.7.1",
                           "%u stamps were minted, and the server asks for another. %s said: %s",
                           trip->report->minted, trip->destination, trip->outcome.text);
    return courier_mint(trip, offers);
}

static bool courier_judge(struct courier_trip *trip, bool idle)
{
    const struct smtp_outcome *outcome = &trip->outcome;
    struct op_offers offers;

    /* The server has hung up while we were minting. */
    if (idle && outcome->stage == SMTP_STAGE_MAIL && !patience_is_over(&trip->patience) &&
        (outcome->result == SMTP_LOST || outcome->code == 421))
        return true;
    if ((outcome->result == SMTP_REFUSED || outcome->result == SMTP_LATER) &&
        op_offers_find(outcome->text, strlen(outcome->text), &offers))
        return courier_meet(trip, &offers);
    if (outcome->code == 451 && outcome->stage == SMTP_STAGE_END && trip->held != NULL &&
        !trip->paused) {
        trip->paused = true;
        nanosleep(&(struct timespec){.tv_sec = COURIER_PAUSE_S}, NULL);
        return true;
    }
    return courier_end_outcome(trip);
}

static bool courier_try(struct courier_trip *trip)
{
    const struct courier_job *job = trip->job;
    char first[LETTER_STAMP_MAX];
    size_t len = 0;

    if (!courier_connect(trip))
        return false;
    if (trip->held != NULL)
        len = letter_stamp(job->letter, purse_stamp_value(trip->held), first);
    else if (job->probe != NULL)
        len = (size_t)snprintf(first, sizeof first, "%.*s\r\n", (int)strcspn(job->probe, "\n"),
                               job->probe);
    bool idle = trip->idle;
    trip->idle = false;
    smtp_send(trip->smtp, job->from, job->address->mailbox, first, len, job->letter,
              &trip->outcome);
    return courier_judge(trip, idle);
}

/* What it will cost to try again belongs to why it has to. */
static void courier_tell_loss(const struct courier_trip *trip)
{
    struct courier_report *report = trip->report;
    size_t len = strlen(report->text);

    if (trip->held != NULL && trip->unkept != 0)
        snprintf(report->text + len, sizeof report->text - len,
                 "; the stamp for it is lost, it cannot be kept: %s", strerror(trip->unkept));
}

static void courier_settle(struct courier_trip *trip)
{
    switch (trip->report->status) {
    case EX_OK:
        if (trip->held != NULL)
            courier_credit(trip);
        purse_spend(trip->held);
        break;
    case EX_TEMPFAIL:
        courier_tell_loss(trip);
        purse_return(trip->held);
        break;
    default:
        if (trip->outcome.stage < SMTP_STAGE_MESSAGE)
            courier_forgive(trip);
        purse_release(trip->held);
    }
}

void courier_deliver(struct courier *courier, const struct courier_job *job,
                     struct courier_report *report_r)
{
    struct courier_trip trip = {.courier = courier,
                                .job = job,
                                .report = report_r,
                                .patience = {.left_s = courier->conf->trip_s}};

    *report_r = (struct courier_report){.status = EX_SOFTWARE};
    bool on = courier_route(&trip) && courier_connect(&trip) && courier_prepare(&trip);
    for (int tries = 0; on; tries++)
        on = tries < COURIER_TRIES ? courier_try(&trip) : courier_end_outcome(&trip);
    courier_settle(&trip);
    smtp_close(trip.smtp);
}
