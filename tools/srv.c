/*
 * srv.c - asks DNS by libunbound, whose home this is. Decides what an answer is worth: without a
 * chain of signatures from the trust anchor it is not used, unless the configuration says so.
 *
 * No name in ".onion" comes here (RFC 7686), and none of our own: see route.c.
 */
#include "tools/srv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unbound.h>
#include <unistd.h>

#include "tools/srv_record.h"

#define SRV_TYPE        33 /* SRV, RFC 2782 */
#define SRV_CLASS_IN    1
#define SRV_NXDOMAIN    3
#define SRV_RECORDS_MAX 32 /* of an answer that are looked at */

struct srv {
    struct ub_ctx *context;
    const struct sender *conf;
    struct srv_waiter *waiters; /* list */
};

struct srv_waiter { /* a question under way */
    struct srv *srv;
    struct srv_waiter *next;
    int number;
    srv_done *done;
    void *arg;
    char domain[ADDRESS_HOST_MAX];
};

/* --- the context -------------------------------------------------------------------------- */

static bool srv_complain(char why_r[ROUTE_WHY_MAX], const char *what, int error)
{
    snprintf(why_r, ROUTE_WHY_MAX, "DNS: %.300s: %s", what, ub_strerror(error));
    return false;
}

static bool srv_set_resolver(struct srv *srv, char why_r[ROUTE_WHY_MAX])
{
    const char *resolver = srv->conf->resolver;
    int error;

    if (strcmp(resolver, "recursive") == 0)
        return true;
    if (strcmp(resolver, "system") == 0)
        error = ub_ctx_resolvconf(srv->context, NULL);
    else
        error = ub_ctx_set_fwd(srv->context, resolver);
    return error == 0 || srv_complain(why_r, resolver, error);
}

/* The file with the key that DNSSEC begins with; NULL if there is none. */
static const char *srv_anchor(const struct sender *conf)
{
    static const char *const places[] = {"/usr/share/dns/root.key", "/var/lib/unbound/root.key"};

    if (conf->trust_anchor[0] != '\0')
        return conf->trust_anchor;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], R_OK) == 0)
            return places[i];
    }
    return NULL;
}

static bool srv_set_anchor(struct srv *srv, char why_r[ROUTE_WHY_MAX])
{
    const char *path = srv_anchor(srv->conf);

    if (srv->conf->srv_insecure) /* or a resolver that hands on no signatures would be no use */
        return true;
    if (path == NULL || access(path, R_OK) != 0) {
        snprintf(why_r, ROUTE_WHY_MAX,
                 "DNS: no key for DNSSEC to begin with: %.300s; install the package dns-root-data, "
                 "or set \"trust-anchor\" in sender.conf",
                 path != NULL ? path : "/usr/share/dns/root.key");
        return false;
    }
    int error = ub_ctx_add_ta_file(srv->context, path);
    return error == 0 || srv_complain(why_r, path, error);
}

static bool srv_set_up(struct srv *srv, char why_r[ROUTE_WHY_MAX])
{
    /* A thread, and not a process, does the asking: it ends with us, whatever happens. A resolver
     * on this machine may be asked, which libunbound forbids unless told. */
    int error = ub_ctx_async(srv->context, 1);

    if (error == 0)
        error = ub_ctx_set_option(srv->context, "do-not-query-localhost:", "no");
    if (error == 0)
        error = ub_ctx_debugout(srv->context, NULL);
    if (error != 0)
        return srv_complain(why_r, "libunbound", error);
    return srv_set_resolver(srv, why_r) && srv_set_anchor(srv, why_r);
}

struct srv *srv_new(const struct sender *conf, char why_r[ROUTE_WHY_MAX])
{
    struct srv *srv = calloc(1, sizeof *srv);

    if (srv != NULL) {
        srv->conf = conf;
        srv->context = ub_ctx_create();
    }
    if (srv == NULL || srv->context == NULL)
        srv_complain(why_r, "libunbound", UB_NOMEM);
    else if (srv_set_up(srv, why_r))
        return srv;
    srv_free(srv);
    return NULL;
}

void srv_free(struct srv *srv)
{
    if (srv == NULL)
        return;
    while (srv->waiters != NULL)
        srv_cancel(srv, srv->waiters->number);
    if (srv->context != NULL)
        ub_ctx_delete(srv->context);
    free(srv);
}

/* --- answers ------------------------------------------------------------------------------ */

/* Which of equal weights comes first need not be unpredictable, only spread. */
static uint32_t srv_random(void *arg, uint32_t most)
{
    uint64_t drawn = 0;

    (void)arg;
    if (getrandom(&drawn, sizeof drawn, GRND_NONBLOCK) != (ssize_t)sizeof drawn)
        return most;
    return (uint32_t)(drawn % ((uint64_t)most + 1));
}

static size_t srv_records(const struct ub_result *result,
                          struct srv_record records_r[SRV_RECORDS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; result->data[i] != NULL && count < SRV_RECORDS_MAX; i++) {
        if (srv_record_parse((const uint8_t *)result->data[i], (size_t)result->len[i],
                             &records_r[count]))
            count++;
    }
    return count;
}

static void srv_take(const struct srv *srv, const char *domain, struct srv_record *records,
                     size_t count, struct route_answer *answer_r)
{
    const char *why = "no record that can be read";

    srv_record_order(records, count, srv_random, NULL);
    for (size_t i = 0; i < count && answer_r->count < ROUTE_MAX; i++) {
        struct address address;
        struct route *route = &answer_r->routes[answer_r->count];
        if (!address_onion_valid(records[i].target, &why) || records[i].port == 0 ||
            !address_parse_host(records[i].target, &address, &why))
            continue;
        *route = (struct route){.port = records[i].port, .tls = srv->conf->tls};
        strcpy(route->host, address.host);
        answer_r->count++;
    }
    answer_r->result = ROUTE_FOUND;
    if (answer_r->count == 0)
        route_refuse(answer_r, ROUTE_REFUSED, "%s: the SRV record in DNS cannot be used: %s",
                     domain, why);
}

static void srv_judge_data(const struct srv *srv, const char *domain,
                           const struct ub_result *result, struct route_answer *answer_r)
{
    struct srv_record records[SRV_RECORDS_MAX];

    if (!result->secure && !srv->conf->srv_insecure) {
        route_refuse(answer_r, ROUTE_REFUSED,
                     "%s: DNS names an onion service, but DNSSEC does not vouch for it", domain);
        return;
    }
    size_t count = srv_records(result, records);
    if (count == 1 && records[0].target[0] == '\0')
        route_refuse(answer_r, ROUTE_NONE, "%s: DNS says that it has no onion service", domain);
    else
        srv_take(srv, domain, records, count, answer_r);
}

/* A failure of signatures may be an attack or an accident; for the mail both mean to wait. */
static void srv_judge(const struct srv *srv, const char *domain, int error,
                      const struct ub_result *result, struct route_answer *answer_r)
{
    *answer_r = (struct route_answer){.result = ROUTE_LATER};
    if (error != 0)
        route_refuse(answer_r, ROUTE_LATER, "%s: DNS: %s", domain, ub_strerror(error));
    else if (result->bogus)
        route_refuse(answer_r, ROUTE_LATER, "%s: DNSSEC fails: %.200s", domain,
                     result->why_bogus != NULL ? result->why_bogus : "no reason given");
    else if (result->havedata)
        srv_judge_data(srv, domain, result, answer_r);
    else if (result->rcode == 0 || result->rcode == SRV_NXDOMAIN)
        route_refuse(answer_r, ROUTE_NONE, "%s: DNS has no " SRV_SERVICE "%s", domain, domain);
    else
        route_refuse(answer_r, ROUTE_LATER, "%s: DNS fails with code %d", domain, result->rcode);
}

/* --- questions ---------------------------------------------------------------------------- */

static void srv_unlink(struct srv_waiter *waiter)
{
    struct srv_waiter **link = &waiter->srv->waiters;

    while (*link != waiter)
        link = &(*link)->next;
    *link = waiter->next;
}

/* Called by libunbound out of ub_process(). */
static void srv_on_answer(void *arg, int error, struct ub_result *result)
{
    struct srv_waiter *waiter = arg;
    struct route_answer answer;

    srv_judge(waiter->srv, waiter->domain, error, result, &answer);
    if (result != NULL)
        ub_resolve_free(result);
    srv_unlink(waiter);
    waiter->done(waiter->arg, &answer);
    free(waiter);
}

bool srv_ask(struct srv *srv, const char *domain, srv_done *done, void *arg, int *number_r,
             char why_r[ROUTE_WHY_MAX])
{
    char name[sizeof SRV_SERVICE + ADDRESS_HOST_MAX];
    struct srv_waiter *waiter = calloc(1, sizeof *waiter);

    if (waiter == NULL)
        return srv_complain(why_r, domain, UB_NOMEM);
    *waiter = (struct srv_waiter){.srv = srv, .done = done, .arg = arg};
    snprintf(waiter->domain, sizeof waiter->domain, "%s", domain);
    snprintf(name, sizeof name, SRV_SERVICE "%s", waiter->domain);
    int error = ub_resolve_async(srv->context, name, SRV_TYPE, SRV_CLASS_IN, waiter, srv_on_answer,
                                 &waiter->number);
    if (error != 0) {
        free(waiter);
        return srv_complain(why_r, domain, error);
    }
    waiter->next = srv->waiters;
    srv->waiters = waiter;
    *number_r = waiter->number;
    return true;
}

void srv_cancel(struct srv *srv, int number)
{
    for (struct srv_waiter *waiter = srv->waiters; waiter != NULL; waiter = waiter->next) {
        if (waiter->number == number) {
            ub_cancel(srv->context, number);
            srv_unlink(waiter);
            free(waiter);
            return;
        }
    }
}

int srv_fd(const struct srv *srv)
{
    return ub_fd(srv->context);
}

void srv_process(struct srv *srv)
{
    ub_process(srv->context);
}

struct srv_wait { /* of srv_find() */
    struct route_answer *answer;
    bool done;
};

static void srv_on_find(void *arg, const struct route_answer *answer)
{
    struct srv_wait *wait = arg;

    *wait->answer = *answer;
    wait->done = true;
}

static int64_t srv_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void srv_find(struct srv *srv, const char *domain, struct route_answer *answer_r)
{
    struct srv_wait wait = {.answer = answer_r};
    int64_t end = srv_now_ms() + (int64_t)srv->conf->srv_wait_s * 1000;
    int number;

    *answer_r = (struct route_answer){.result = ROUTE_LATER};
    if (!srv_ask(srv, domain, srv_on_find, &wait, &number, answer_r->why))
        return;
    while (!wait.done) {
        struct pollfd fd = {.fd = srv_fd(srv), .events = POLLIN};
        int64_t left = end - srv_now_ms();
        if (left <= 0)
            break;
        if (poll(&fd, 1, (int)left) > 0)
            srv_process(srv);
    }
    if (!wait.done) {
        srv_cancel(srv, number);
        route_refuse(answer_r, ROUTE_LATER, "%s: DNS does not answer", domain);
    }
}
