/*
 * conf_check.c - what a configuration as a whole must not be: a gate that can let nobody in, a
 * worker that never fits, a price beyond what a stamp can carry, a calendar that runs backwards, a
 * listener that is never reached. Pure: looks at nothing but the snapshot.
 */
#include "milter/conf_check.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "milter/conf_build.h"
#include "milter/conf_form.h"
#include "pow/date.h"
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

static bool work_fits(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    const struct op_suite *suite = op_suite_at(i);
    const struct conf_suite *row = &conf->suite[i];

    if (row->seconds > 0 && row->work != conf_build_work(suite, row->seconds)) {
        at(conflict, CONF_KEY_SUITE, suite->name, "work");
        got(conflict, "%" PRIu64 " beside seconds = %g", row->work, row->seconds);
        return allowed(conflict, "one of the two: work, or seconds");
    }
    if (row->work > work_max(suite)) {
        at(conflict, CONF_KEY_SUITE, suite->name, row->seconds > 0 ? "seconds" : "work");
        got(conflict, "%" PRIu64 " evaluations", row->work);
        return allowed(conflict, "1 to %" PRIu64 " evaluations for this suite", work_max(suite));
    }
    return true;
}

static bool memory_fits(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    const struct op_suite *suite = op_suite_at(i);
    char memory[OP_UNITS_MAX], worker[OP_UNITS_MAX];

    if (!conf->suite[i].enabled || op_worker_mem(suite) <= conf->verify.max_memory)
        return true;
    op_size_format(conf->verify.max_memory, memory);
    op_size_format(op_worker_mem(suite), worker);
    at(conflict, CONF_KEY_VERIFY, NULL, "max-memory");
    got(conflict, "%s", memory);
    return allowed(conflict, "at least %s, which one evaluation of the enabled suite %s needs",
                   worker, suite->name);
}

/* As if it had not been set: the table's default. */
static bool is_default_doubling(uint32_t doubling_s)
{
    uint32_t seconds;
    return op_duration_parse(conf_key_find(CONF_KEY_SUITE, "doubling")->fallback, &seconds) &&
           seconds == doubling_s;
}

static bool calendar_runs(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    const struct conf_suite *row = &conf->suite[i];
    const char *name = op_suite_at(i)->name;
    char text[OP_UNITS_MAX], since[OP_DATE_DASHED_MAX];

    if (row->deprecated_since == 0 && !is_default_doubling(row->doubling_s)) {
        op_duration_format(row->doubling_s, text);
        at(conflict, CONF_KEY_SUITE, name, "doubling");
        got(conflict, "%s", text);
        return allowed(conflict, "together with deprecated-since, from which the price doubles");
    }
    if (row->refuse_after == 0 || row->refuse_after >= row->deprecated_since)
        return true;
    op_date_format_dashed(row->refuse_after, text);
    op_date_format_dashed(row->deprecated_since, since);
    at(conflict, CONF_KEY_SUITE, name, "refuse-after");
    got(conflict, "%s", text);
    return allowed(conflict, "a day from deprecated-since on, which is %s", since);
}

static bool is_deprecated(const struct conf *conf, size_t i)
{
    return op_suite_at(i)->status == OP_SUITE_DEPRECATED || conf->suite[i].deprecated_since != 0;
}

/* Whoever is to leave a suite must not find it the cheaper one when load comes. */
static bool load_scales(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    double mine = conf->suite[i].load_exponent;
    if (!conf->suite[i].enabled || !is_deprecated(conf, i))
        return true;
    for (size_t j = 0; j < op_suite_count(); j++) {
        double other = conf->suite[j].load_exponent;
        if (!conf->suite[j].enabled || is_deprecated(conf, j) || mine >= other)
            continue;
        at(conflict, CONF_KEY_SUITE, op_suite_at(i)->name, "load-exponent");
        got(conflict, "%g", mine);
        return allowed(conflict,
                       "at least %g, that of %s: a deprecated suite follows the load no slower "
                       "than one that is not",
                       other, op_suite_at(j)->name);
    }
    return true;
}

static bool suite_fits(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    return work_fits(conf, i, conflict) && memory_fits(conf, i, conflict) &&
           calendar_runs(conf, i, conflict) && load_scales(conf, i, conflict);
}

static bool grace_fits(const struct conf *conf, struct conf_conflict *conflict)
{
    char text[OP_UNITS_MAX], window[OP_UNITS_MAX];
    if (conf->price.grace_s <= conf->price.window_s)
        return true;
    op_duration_format(conf->price.grace_s, text);
    op_duration_format(conf->price.window_s, window);
    at(conflict, CONF_KEY_PRICE, NULL, "grace");
    got(conflict, "%s", text);
    return allowed(conflict, "at most the window, which is %s", window);
}

static bool metrics_private(const struct conf *conf, struct conf_conflict *conflict)
{
    if (conf->metrics.public || conf_form_listen_is_local(conf->metrics.listen))
        return true;
    at(conflict, CONF_KEY_METRICS, NULL, "listen");
    got(conflict, "%.100s", conf->metrics.listen);
    return allowed(conflict, "an address of this host alone, such as inet:9464@127.0.0.1 or "
                             "local:/PATH, unless metrics.public = yes");
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

static bool gateway_guards(const struct conf_listener *listener, struct conf_conflict *conflict)
{
    if (!listener->gateway || (listener->mode == CONF_ENFORCE && listener->relay_guard))
        return true;
    at(conflict, CONF_KEY_LISTENER, listener->name, "gateway");
    got(conflict, "yes with %s",
        listener->mode == CONF_ENFORCE ? "relay-guard = no" : "another mode than enforce");
    return allowed(conflict,
                   "mode = enforce and relay-guard = yes, else it would be an open relay");
}

/* One message's share of the memory has to do for one evaluation of some suite that we ask for. */
static bool minting_fits(const struct conf *conf, const struct conf_listener *listener,
                         struct conf_conflict *conflict)
{
    uint64_t share = conf->mint.max_memory / conf->mint.messages;
    char memory[OP_UNITS_MAX];

    if (listener->mode != CONF_MINT)
        return true;
    for (size_t i = 0; i < op_suite_count(); i++) {
        if (conf->suite[i].enabled && op_worker_mem(op_suite_at(i)) <= share)
            return true;
    }
    op_size_format(conf->mint.max_memory, memory);
    at(conflict, CONF_KEY_MINT, NULL, "max-memory");
    got(conflict, "%s for %u message%s", memory, conf->mint.messages,
        conf->mint.messages == 1 ? "" : "s");
    return allowed(conflict,
                   "for each message as much as one evaluation of an enabled suite needs");
}

static bool domains_given(const struct conf_listener *listener, struct conf_conflict *conflict)
{
    if (listener->mode != CONF_MINT || listener->mint_domains_count > 0)
        return true;
    at(conflict, CONF_KEY_LISTENER, listener->name, "mint-domains");
    got(conflict, "none");
    return allowed(conflict, "at least one domain with mode = mint, else no stamp is ever minted");
}

static bool lists_daemon(const struct conf_listener *listener, const char *daemon)
{
    for (size_t i = 0; i < listener->match_daemon_count; i++) {
        if (strcmp(listener->match_daemon[i], daemon) == 0)
            return true;
    }
    return false;
}

/* The first listener above the i-th that takes all connections of this daemon (NULL: of any) from
 * these clients. An empty list asks for nothing. */
static const struct conf_listener *taker(const struct conf *conf, size_t i, const char *daemon,
                                         const struct conf_net *client)
{
    for (size_t j = 0; j < i; j++) {
        const struct conf_listener *outer = &conf->listener[j];
        if ((outer->match_daemon_count == 0 || (daemon != NULL && lists_daemon(outer, daemon))) &&
            (outer->match_client_count == 0 ||
             (client != NULL &&
              conf_net_lists(outer->match_client, outer->match_client_count, client))))
            return outer;
    }
    return NULL;
}

/* One that takes a part of what the i-th listener matches, with *several_r if it is not all, where
 * together they take all; NULL: something is left. */
static const struct conf_listener *takers(const struct conf *conf, size_t i, bool *several_r)
{
    const struct conf_listener *inner = &conf->listener[i], *first = NULL;
    size_t daemons = inner->match_daemon_count, clients = inner->match_client_count;

    *several_r = false;
    for (size_t d = 0; d == 0 || d < daemons; d++) {
        for (size_t c = 0; c == 0 || c < clients; c++) {
            const struct conf_listener *outer =
                taker(conf, i, daemons > 0 ? inner->match_daemon[d] : NULL,
                      clients > 0 ? &inner->match_client[c] : NULL);
            if (outer == NULL)
                return NULL;
            *several_r = *several_r || (first != NULL && outer != first);
            first = first != NULL ? first : outer;
        }
    }
    return first;
}

static bool reachable(const struct conf *conf, size_t i, struct conf_conflict *conflict)
{
    const struct conf_listener *inner = &conf->listener[i];
    bool several;
    const struct conf_listener *outer = takers(conf, i, &several);

    if (outer == NULL)
        return true;
    at(conflict, CONF_KEY_LISTENER, inner->name,
       inner->match_daemon_count || !inner->match_client_count ? "match-daemon" : "match-client");
    got(conflict, "connections that the listener \"%s\"%s above takes already", outer->name,
        several ? " or another" : "");
    return allowed(conflict, "a match that is not covered by a listener above; the first match "
                             "wins");
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
            !gateway_guards(listener, conflict_r) || !minting_fits(conf, listener, conflict_r) ||
            !domains_given(listener, conflict_r) || !reachable(conf, i, conflict_r))
            return false;
    }
    return grace_fits(conf, conflict_r) && metrics_private(conf, conflict_r);
}
