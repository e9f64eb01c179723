/*
 * conf_check.c - what a configuration as a whole must not be: a gate that can let nobody in, a
 * worker that never fits, a price beyond what a stamp can carry, a listener that is never reached.
 * Pure: looks at nothing but the snapshot.
 */
#include "milter/conf_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "pow/effort.h"
#include "pow/units.h"
#include "pow/worker.h"

static uint64_t work_max(const struct op_suite *suite)
{
    return op_effort_to_work(suite, suite->effort_max);
}

__attribute__((format(printf, 2, 3))) static void got(struct conf_conflict *conflict,
                                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(conflict->got, sizeof conflict->got, format, args);
    va_end(args);
}

__attribute__((format(printf, 2, 3))) static bool allowed(struct conf_conflict *conflict,
                                                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(conflict->allowed, sizeof conflict->allowed, format, args);
    va_end(args);
    return false;
}

static void at(struct conf_conflict *conflict, enum conf_key_block block, const char *title,
               const char *key)
{
    conflict->block = block;
    conflict->title = title;
    conflict->key = key;
}

static bool some_suite_enabled(const struct conf *conf, struct conf_conflict *conflict)
{
    for (size_t i = 0; i < op_suite_count(); i++) {
        if (conf->suite[i].enabled)
            return true;
    }
    at(conflict, CONF_KEY_SUITE, op_suite_default()->name, "enabled");
    got(conflict, "no");
    return allowed(conflict, "at least one suite has to be enabled, else no mail could ever pass");
}

static bool suite_fits(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    const struct op_suite *suite = op_suite_at(i);
    char memory[OP_UNITS_MAX], worker[OP_UNITS_MAX];

    if (conf->suite[i].work > work_max(suite)) {
        at(conflict, CONF_KEY_SUITE, suite->name, "work");
        got(conflict, "%" PRIu64, conf->suite[i].work);
        return allowed(conflict, "1 to %" PRIu64 " for this suite", work_max(suite));
    }
    if (!conf->suite[i].enabled || op_worker_mem(suite) <= conf->verify.max_memory)
        return true;
    op_size_format(conf->verify.max_memory, memory);
    op_size_format(op_worker_mem(suite), worker);
    at(conflict, CONF_KEY_VERIFY, NULL, "max-memory");
    got(conflict, "%s", memory);
    return allowed(conflict, "at least %s, which one evaluation of the enabled suite %s needs",
                   worker, suite->name);
}

static bool price_fits(const struct conf *conf, const struct conf_listener *listener,
                       struct conf_conflict *conflict)
{
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        double price = ceil((double)conf->suite[i].work * listener->price_factor);
        if (!conf->suite[i].enabled || price <= (double)work_max(suite))
            continue;
        at(conflict, CONF_KEY_LISTENER, listener->name, "price-factor");
        got(conflict, "%g", listener->price_factor);
        return allowed(conflict,
                       "a factor that leaves the work of %s, now %" PRIu64 ", at %" PRIu64
                       " at the most",
                       suite->name, conf->suite[i].work, work_max(suite));
    }
    return true;
}

static bool mailers_given(const struct conf_listener *listener, struct conf_conflict *conflict)
{
    if (!listener->relay_guard || listener->local_mailers_count > 0)
        return true;
    at(conflict, CONF_KEY_LISTENER, listener->name, "local-mailers");
    got(conflict, "none");
    return allowed(conflict, "at least one name as long as relay-guard = yes, else every recipient "
                             "would be refused");
}

static bool covers_daemons(const struct conf_listener *outer, const struct conf_listener *inner)
{
    for (size_t i = 0; i < inner->match_daemon_count; i++) {
        size_t j = 0;
        while (j < outer->match_daemon_count &&
               strcmp(outer->match_daemon[j], inner->match_daemon[i]) != 0)
            j++;
        if (j == outer->match_daemon_count)
            return false;
    }
    return inner->match_daemon_count > 0;
}

static bool covers_clients(const struct conf_listener *outer, const struct conf_listener *inner)
{
    for (size_t i = 0; i < inner->match_client_count; i++) {
        size_t j = 0;
        while (j < outer->match_client_count &&
               !conf_net_covers(&outer->match_client[j], &inner->match_client[i]))
            j++;
        if (j == outer->match_client_count)
            return false;
    }
    return inner->match_client_count > 0;
}

/* Does whatever matches `inner` match `outer` as well? An empty list asks for nothing. */
static bool covers(const struct conf_listener *outer, const struct conf_listener *inner)
{
    return (outer->match_daemon_count == 0 || covers_daemons(outer, inner)) &&
           (outer->match_client_count == 0 || covers_clients(outer, inner));
}

static bool reachable(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    const struct conf_listener *inner = &conf->listener[i];
    for (size_t j = 0; j < i; j++) {
        if (!covers(&conf->listener[j], inner))
            continue;
        at(conflict, CONF_KEY_LISTENER, inner->name,
           inner->match_daemon_count || !inner->match_client_count ? "match-daemon"
                                                                   : "match-client");
        got(conflict, "connections that the listener \"%s\" above takes already",
            conf->listener[j].name);
        return allowed(conflict, "a match that is not covered by a listener above; the first match "
                                 "wins");
    }
    return true;
}

bool conf_check(const struct conf *conf, struct conf_conflict *conflict_r)
{
    if (!some_suite_enabled(conf, conflict_r))
        return false;
    for (size_t i = 0; i < op_suite_count(); i++) {
        if (!suite_fits(conf, i, conflict_r))
            return false;
    }
    for (size_t i = 0; i < conf->listener_count; i++) {
        const struct conf_listener *listener = &conf->listener[i];
        if (!price_fits(conf, listener, conflict_r) || !mailers_given(listener, conflict_r) ||
            !reachable(conf, i, conflict_r))
            return false;
    }
    return true;
}
