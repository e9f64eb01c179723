/*
 * exporter.c - the only user of libmicrohttpd. Decides who is answered and how much one client may
 * hold: a connection is for one answer, there are few of them, each has little memory and time, and
 * when they are all taken the oldest goes, so that slow clients keep nobody out. Knows no metric.
 */
#include "milter/exporter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "milter/listen.h"
#include "milter/signals.h"

#define CONNECTIONS_MAX   16
#define REQUEST_MAX       16384 /* octets of memory for one connection, its request included */
#define IDLE_S            10    /* without an octet in either direction */
#define CONTENT_TYPE      "text/plain; version=0.0.4; charset=utf-8"
#define CONTENT_TYPE_TEXT "text/plain; charset=utf-8"

struct exporter {
    void (*write)(void *arg, FILE *out);
    void *arg;
    char *path; /* of the socket; NULL: none */
    struct MHD_Daemon *http;
    int open[CONNECTIONS_MAX]; /* oldest first; the thread's own, as is the count */
    size_t open_count;
};

/* --- connections -------------------------------------------------------------------------- */

static void forget(struct exporter *exporter, int fd)
{
    size_t kept = 0;
    for (size_t i = 0; i < exporter->open_count; i++) {
        if (exporter->open[i] != fd)
            exporter->open[kept++] = exporter->open[i];
    }
    exporter->open_count = kept;
}

/* The last place is never left taken: whoever comes next finds it. */
static void remember(struct exporter *exporter, int fd)
{
    if (exporter->open_count < CONNECTIONS_MAX)
        exporter->open[exporter->open_count++] = fd;
    if (exporter->open_count == CONNECTIONS_MAX)
        shutdown(exporter->open[0], SHUT_RDWR); /* seen, closed and forgotten by the library */
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **unused,
                          enum MHD_ConnectionNotificationCode code)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    (void)unused;
    if (!info)
        return;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        remember(arg, info->connect_fd);
    else
        forget(arg, info->connect_fd);
}

/* --- answers ------------------------------------------------------------------------------ */

static enum MHD_Result send_response(struct MHD_Connection *connection, unsigned status,
                                     struct MHD_Response *response, const char *type)
{
    if (!response)
        return MHD_NO; /* out of memory: the connection is closed */
    enum MHD_Result result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (result == MHD_YES)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (result == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (result == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *text)
{
    char page[64];
    int len = snprintf(page, sizeof page, "%s\n", text);
    return send_response(connection, status,
                         MHD_create_response_from_buffer((size_t)len, page, MHD_RESPMEM_MUST_COPY),
                         CONTENT_TYPE_TEXT);
}

static enum MHD_Result send_metrics(const struct exporter *exporter,
                                    struct MHD_Connection *connection)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool failed = !out;

    if (out) {
        exporter->write(exporter->arg, out);
        failed = ferror(out) != 0;
        failed = fclose(out) != 0 || failed;
    }
    if (failed) {
        free(text);
        return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(text);
    return send_response(connection, MHD_HTTP_OK, response, CONTENT_TYPE);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_len, void **unused)
{
    (void)version;
    (void)body;
    (void)body_len;
    (void)unused;
    if (strcmp(path, "/metrics") != 0)
        return refuse(connection, MHD_HTTP_NOT_FOUND, "there is only /metrics");
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "allowed: GET, HEAD");
    return send_metrics(arg, connection);
}

/* --- start and stop ----------------------------------------------------------------------- */

static void release(struct exporter *exporter)
{
    if (exporter->path)
        unlink(exporter->path);
    free(exporter->path);
    free(exporter);
}

static struct MHD_Daemon *serve(struct exporter *exporter, int fd)
{
    sigset_t old;
    signals_block(&old);
    struct MHD_Daemon *http = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, exporter,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, exporter,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)REQUEST_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    signals_unblock(&old);
    return http;
}

struct exporter *exporter_start(const struct conf *conf, void (*write)(void *arg, FILE *out),
                                void *arg, char *why_r, size_t why_size)
{
    const char *text = conf->metrics.listen;
    struct exporter *exporter = calloc(1, sizeof *exporter);
    char why[CONF_WHY_MAX];

    if (!exporter) {
        snprintf(why_r, why_size, "metrics: out of memory");
        return NULL;
    }
    exporter->write = write;
    exporter->arg = arg;
    int fd = listen_open(text, conf->metrics.public, why, sizeof why);
    if (fd < 0) {
        snprintf(why_r, why_size, "metrics: %s", why);
        release(exporter);
        return NULL;
    }
    if (listen_path(text))
        exporter->path = strdup(listen_path(text));
    if (exporter->path || !listen_path(text))
        exporter->http = serve(exporter, fd);
    if (exporter->http)
        return exporter;
    snprintf(why_r, why_size, "metrics: the HTTP server does not start");
    release(exporter);
    return NULL;
}

void exporter_stop(struct exporter *exporter)
{
    if (!exporter)
        return;
    MHD_stop_daemon(exporter->http); /* closes the listening socket too */
    release(exporter);
}
