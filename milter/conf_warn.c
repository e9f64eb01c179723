/*
 * conf_warn.c - the warnings: values that are in order, and probably not what the operator wanted
 * or will remember. A configuration that anybody may want for years without a second thought gets
 * none.
 */
#include "milter/conf_warn.h"

#include <stdarg.h>
#include <stdio.h>

#include "pow/date.h"

#define AHEAD_DAYS 30

struct ear { /* who listens */
    conf_warn_say *say;
    void *arg;
};

__attribute__((format(printf, 2, 3))) static void warn(const struct ear *ear, const char *format,
                                                       ...)
{
    char text[CONF_WARN_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ear->say(ear->arg, text);
}

/* --- the calendar ------------------------------------------------------------------------- */

/* Days until the first on which the suite is refused: 0 or less if it is refused already. */
static int64_t days_left(const struct conf_suite *row, int64_t now)
{
    return op_date_to_time(row->refuse_after) / OP_DAY_S + 1 -
           op_date_to_time(op_date_from_time(now)) / OP_DAY_S;
}

static void warn_suite(const struct op_suite *suite, const struct conf_suite *row, int64_t now,
                       const struct ear *ear)
{
    char day[OP_DATE_DASHED_MAX];
    if (!row->enabled || row->refuse_after == 0)
        return;
    int64_t left = days_left(row, now);
    op_date_format_dashed(row->refuse_after, day);
    if (left <= 0)
        warn(ear, "suite %s: is enabled, but refused: its refuse-after was %s", suite->name, day);
    else if (left <= AHEAD_DAYS)
        warn(ear, "suite %s: will be refused in %d %s: its refuse-after is %s", suite->name,
             (int)left, left == 1 ? "day" : "days", day);
}

void conf_warn_calendar(const struct conf *conf, int64_t now, conf_warn_say *say, void *arg)
{
    const struct ear ear = {say, arg};
    bool some = false;
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct conf_suite *row = &conf->suite[i];
        warn_suite(op_suite_at(i), row, now, &ear);
        some = some || (row->enabled && (row->refuse_after == 0 || days_left(row, now) > 0));
    }
    if (!some)
        warn(&ear, "no suite is accepted any more: no mail can pass until one is");
}

/* --- listeners ---------------------------------------------------------------------------- */

static bool overlaps(const struct conf_net *a, const struct conf_net *b)
{
    return conf_net_covers(a, b) || conf_net_covers(b, a);
}

#define CIRCUITS "fc00:dead:beef:4dad::/64" /* where Tor's circuits seem to come from */

static bool exempts_circuits(const struct conf_exempt *exempt)
{
    struct conf_net circuits;
    return conf_net_parse(CIRCUITS, &circuits) &&
           conf_net_lists(exempt->client, exempt->client_count, &circuits);
}

/* Can mail from an onion service come to it? Tor connects from an address for each circuit, or from
 * this host. */
static bool meets_onion(const struct conf_listener *listener)
{
    static const char *const nets[] = {CIRCUITS, "127.0.0.0/8", "::1"};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        struct conf_net net;
        if (!conf_net_parse(nets[i], &net))
            continue;
        for (size_t j = 0; j < listener->match_client_count; j++) {
            if (overlaps(&listener->match_client[j], &net))
                return true;
        }
    }
    return listener->match_client_count == 0;
}

static bool matches_all(const struct conf_listener *listener)
{
    return listener->match_client_count == 0 && listener->match_daemon_count == 0;
}

static void warn_listener(const struct conf *conf, const struct conf_listener *listener,
                          const struct ear *ear)
{
    const char *name = listener->name;
    if (listener->gateway && matches_all(listener))
        warn(ear,
             "listener %s: gateway = yes without a match: whoever pays may send anywhere through "
             "every listener of the MTA",
             name);
    if (listener->exempt.sender_count > 0)
        warn(ear,
             "listener %s: exempt.sender: anybody can write these addresses into an envelope; it "
             "holds only where others cannot connect",
             name);
    if (exempts_circuits(&listener->exempt))
        warn(ear, "listener %s: exempt.client: all onion circuits are in it, and pay nothing",
             name);
    if (listener->mode == CONF_SIGN && matches_all(listener))
        warn(ear, "listener %s: mode = sign without a match: mail from outside passes unpaid",
             name);
    if (listener->mode == CONF_MINT && matches_all(listener))
        warn(ear,
             "listener %s: mode = mint without a match: mail from outside passes unpaid, and we "
             "mint for it",
             name);
    if (listener->mode == CONF_SIGN && !conf->replies.accept)
        warn(ear,
             "listener %s: mode = sign, but replies.accept = no: its tokens will not be honoured",
             name);
    if (listener->mode == CONF_ENFORCE && !listener->relay_guard &&
        listener->match_client_count > 0 && meets_onion(listener))
        warn(ear,
             "listener %s: relay-guard = no where onion circuits arrive: whether they may relay "
             "is up to the MTA, to which they can look local",
             name);
}

/* Connections that match no listener are let through. */
static void warn_uncovered(const struct conf *conf, const struct ear *ear)
{
    for (size_t i = 0; i < conf->listener_count; i++) {
        enum conf_mode mode = conf->listener[i].mode;
        if ((mode == CONF_ENFORCE || mode == CONF_MONITOR) && meets_onion(&conf->listener[i]))
            return;
    }
    if (conf->listener_count > 0)
        warn(ear, "no listener asks onion circuits for work: connections that match no listener "
                  "are let through");
}

void conf_warn_all(const struct conf *conf, int64_t now, conf_warn_say *say, void *arg)
{
    const struct ear ear = {say, arg};
    conf_warn_calendar(conf, now, say, arg);
    for (size_t i = 0; i < conf->listener_count; i++)
        warn_listener(conf, &conf->listener[i], &ear);
    warn_uncovered(conf, &ear);
}
