/*
 * mapserver.c - one thread, one poll(): the listener, the clients, and DNS. A question that only
 * DNS can answer waits beside the others.
 */
#include "tools/mapserver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tools/asker.h"
#include "tools/fail.h"
#include "tools/listener.h"
#include "tools/mapfile.h"
#include "tools/sender.h"
#include "tools/srv.h"
#include "tools/transport.h"

struct mapserver_client {
    struct asker *asker;
    struct mapserver *server;
    struct route_question question; /* as long as DNS is asked */
    bool asked;
    int number; /* of srv_ask() */
};

struct mapserver {
    const struct mapserver_plan *plan;
    struct sender *conf;
    struct mapfile map;
    struct srv *srv; /* NULL: not begun yet */
    int listener;    /* -1: none */
    struct mapserver_client *client[MAPSERVER_CLIENTS_MAX];
    size_t count;
};

static volatile sig_atomic_t mapserver_stop, mapserver_reload;

static void mapserver_on_signal(int number)
{
    if (number == SIGHUP)
        mapserver_reload = 1;
    else
        mapserver_stop = 1;
}

/* Signals come in ppoll() only, and so never between a look at the flags and the waiting. */
static void mapserver_catch(sigset_t *outside_r)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = mapserver_on_signal};
    sigset_t set;

    sigemptyset(&set);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(SIG_BLOCK, &set, outside_r);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigaction(numbers[i], &action, NULL);
        sigdelset(outside_r, numbers[i]);
    }
}

static int64_t mapserver_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Beside a single client, which the standard streams belong to, there is nobody to tell. */
__attribute__((format(printf, 2, 3))) static void mapserver_note(const struct mapserver *server,
                                                                 const char *format, ...)
{
    char text[SENDER_WHY_MAX];
    va_list args;

    if (server->listener < 0)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fail_note("%s", text);
}

/* --- answers ------------------------------------------------------------------------------ */

/* The map as its file is now. False: it cannot be read, and then nobody is told anything. */
static bool mapserver_refresh(struct mapserver *server)
{
    const char *path = server->conf->map;

    if (path[0] == '\0')
        return true;
    switch (mapfile_look(&server->map, path)) {
    case MAPFILE_SAME:
        break;
    case MAPFILE_READ:
        mapserver_note(server, "the map is read again");
        break;
    case MAPFILE_BROKEN:
        mapserver_note(server, "%s", server->map.why);
        break;
    }
    return server->map.map != NULL;
}

static void mapserver_later(struct mapserver_client *client, const char *why)
{
    struct lookup_reply reply = {.result = LOOKUP_LATER};

    snprintf(reply.value, sizeof reply.value, "%s", why);
    asker_reply(client->asker, &reply, mapserver_now());
}

/* Called out of srv_process(). */
static void mapserver_on_dns(void *arg, const struct route_answer *answer)
{
    struct mapserver_client *client = arg;
    struct route_answer settled = *answer;
    struct lookup_reply reply;

    client->asked = false;
    route_accept(client->server->conf, &client->question, &settled);
    transport_reply(client->server->plan->transport, &settled, &reply);
    asker_reply(client->asker, &reply, mapserver_now());
}

static void mapserver_ask_dns(struct mapserver *server, struct mapserver_client *client)
{
    char why[ROUTE_WHY_MAX] = "";

    if (server->srv == NULL)
        server->srv = srv_new(server->conf, why);
    client->asked = server->srv != NULL && srv_ask(server->srv, client->question.domain,
                                                   mapserver_on_dns, client, &client->number, why);
    if (client->asked)
        asker_answer_by(client->asker, mapserver_now() + (int64_t)server->conf->srv_wait_s * 1000);
    else
        mapserver_later(client, why);
}

static void mapserver_answer(struct mapserver *server, struct mapserver_client *client)
{
    struct lookup_reply reply;

    if (!mapserver_refresh(server))
        mapserver_later(client, "the map cannot be read");
    else if (transport_known(server->conf, server->map.map, server->plan->transport,
                             asker_key(client->asker), &client->question, &reply))
        asker_reply(client->asker, &reply, mapserver_now());
    else
        mapserver_ask_dns(server, client);
}

/* --- configuration ------------------------------------------------------------------------ */

/* False, with a sentence, and all as it was. */
static bool mapserver_configure(struct mapserver *server, char why_r[SENDER_WHY_MAX])
{
    struct sender *conf = sender_load(server->plan->config, why_r);

    if (conf == NULL)
        return false;
    srv_free(server->srv);
    mapfile_clear(&server->map);
    sender_free(server->conf);
    server->srv = NULL;
    server->conf = conf;
    return true;
}

/* Who waits for DNS is answered by the new configuration. */
static void mapserver_reconfigure(struct mapserver *server)
{
    char why[SENDER_WHY_MAX];

    mapserver_reload = 0;
    if (!mapserver_configure(server, why)) {
        mapserver_note(server, "the old configuration stays: %s", why);
        return;
    }
    mapserver_note(server, "the configuration is read again");
    for (size_t i = 0; i < server->count; i++) {
        if (server->client[i]->asked) {
            server->client[i]->asked = false;
            mapserver_answer(server, server->client[i]);
        }
    }
}

/* --- clients ------------------------------------------------------------------------------ */

static void mapserver_add(struct mapserver *server, int in, int out)
{
    struct mapserver_client *client = calloc(1, sizeof *client);

    if (client == NULL) {
        close(in);
        if (out != in)
            close(out);
        return;
    }
    client->server = server;
    client->asker = asker_new(server->plan->protocol, in, out, mapserver_now());
    if (client->asker != NULL)
        server->client[server->count++] = client;
    else
        free(client);
}

static void mapserver_forget(struct mapserver *server, struct mapserver_client *client)
{
    srv_cancel(server->srv, client->number);
    client->asked = false;
}

static void mapserver_remove(struct mapserver *server, size_t i)
{
    struct mapserver_client *client = server->client[i];

    if (client->asked)
        mapserver_forget(server, client);
    asker_free(client->asker);
    free(client);
    server->client[i] = server->client[--server->count];
}

/* The client that has been silent longest; server->count if all of them are being served. */
static size_t mapserver_most_silent(const struct mapserver *server)
{
    size_t found = server->count;
    int64_t since = INT64_MAX;

    for (size_t i = 0; i < server->count; i++) {
        if (asker_silent_since(server->client[i]->asker) < since) {
            since = asker_silent_since(server->client[i]->asker);
            found = i;
        }
    }
    return found;
}

static bool mapserver_has_room(const struct mapserver *server)
{
    return server->count < MAPSERVER_CLIENTS_MAX || mapserver_most_silent(server) < server->count;
}

/* Mail servers keep connections that they may not need again, and open new ones when these go. */
static void mapserver_accept(struct mapserver *server)
{
    if (!mapserver_has_room(server))
        return;
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (server->count == MAPSERVER_CLIENTS_MAX)
        mapserver_remove(server, mapserver_most_silent(server));
    mapserver_add(server, fd, fd);
}

/* One whose time is over: DNS has not answered, or the client is too slow. */
static void mapserver_expire(struct mapserver *server, struct mapserver_client *client)
{
    if (client->asked) {
        mapserver_forget(server, client);
        mapserver_later(client, "DNS does not answer");
    } else {
        asker_drop(client->asker);
    }
}

static void mapserver_serve(struct mapserver *server, struct mapserver_client *client)
{
    asker_go_on(client->asker, mapserver_now());
    if (asker_state(client->asker) == ASKER_WAITING)
        mapserver_answer(server, client);
    else if (client->asked) /* and did not wait for the answer */
        mapserver_forget(server, client);
}

/* Those that are gone, from the last one on: the last takes the place of one that is removed. */
static void mapserver_sweep(struct mapserver *server)
{
    int64_t now = mapserver_now();

    for (size_t i = server->count; i-- > 0;) {
        if (asker_deadline(server->client[i]->asker) <= now)
            mapserver_expire(server, server->client[i]);
        if (asker_state(server->client[i]->asker) == ASKER_GONE)
            mapserver_remove(server, i);
    }
}

/* --- the loop ----------------------------------------------------------------------------- */

static struct timespec mapserver_patience(const struct mapserver *server)
{
    int64_t next = INT64_MAX, now = mapserver_now();

    for (size_t i = 0; i < server->count; i++) {
        if (asker_deadline(server->client[i]->asker) < next)
            next = asker_deadline(server->client[i]->asker);
    }
    int64_t left = next == INT64_MAX ? ASKER_IDLE_MS : next > now ? next - now : 0;
    return (struct timespec){.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
}

/* A descriptor below 0 is passed over by poll(). */
static void mapserver_turn(struct mapserver *server, const sigset_t *outside)
{
    struct pollfd fds[2 + MAPSERVER_CLIENTS_MAX];
    size_t count = server->count;
    struct timespec patience = mapserver_patience(server);

    fds[0] =
        (struct pollfd){.fd = mapserver_has_room(server) ? server->listener : -1, .events = POLLIN};
    fds[1] =
        (struct pollfd){.fd = server->srv != NULL ? srv_fd(server->srv) : -1, .events = POLLIN};
    for (size_t i = 0; i < count; i++)
        fds[2 + i] = (struct pollfd){.fd = asker_fd(server->client[i]->asker),
                                     .events = asker_events(server->client[i]->asker)};
    if (ppoll(fds, 2 + count, &patience, outside) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (fds[2 + i].revents != 0)
                mapserver_serve(server, server->client[i]);
        }
        if (fds[1].revents != 0)
            srv_process(server->srv);
        if (fds[0].revents != 0)
            mapserver_accept(server);
    }
    mapserver_sweep(server);
}

static void xmapserver_begin(struct mapserver *server)
{
    char why[SENDER_WHY_MAX];

    if (!mapserver_configure(server, why))
        fail_exit(EX_CONFIG, NULL, "%s", why);
    if (!mapserver_refresh(server))
        fail_exit(EX_CONFIG, "\"onionpow map --import\" writes one", "%s", server->map.why);
    if (strcmp(server->plan->listen, "-") == 0) {
        mapserver_add(server, fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0),
                      fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        return;
    }
    server->listener = listener_open(server->plan->listen, why);
    if (server->listener < 0)
        fail_exit(EX_UNAVAILABLE, NULL, "%s", why);
}

void xmapserver_run(const struct mapserver_plan *plan)
{
    struct mapserver server = {.plan = plan, .listener = -1};
    sigset_t outside;

    mapserver_catch(&outside); /* first of all: threads inherit what is blocked */
    xmapserver_begin(&server);
    while (!mapserver_stop && (server.listener >= 0 || server.count > 0)) {
        mapserver_turn(&server, &outside);
        if (mapserver_reload)
            mapserver_reconfigure(&server);
    }
    while (server.count > 0)
        mapserver_remove(&server, server.count - 1);
    if (server.listener >= 0)
        listener_close(plan->listen, server.listener);
    srv_free(server.srv);
    mapfile_clear(&server.map);
    sender_free(server.conf);
}
