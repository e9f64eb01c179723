/*
 * asker.c - one connection of a mail server as a state machine: read a request, wait for the reply,
 * write it. What has come beyond a request waits for its turn. Bounded in octets and time.
 */
#include "tools/asker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pow/err.h"

struct asker {
    enum lookup_protocol protocol;
    enum asker_state state;
    int in, out;
    int64_t deadline;
    int64_t since; /* it has last been told something, or has come */
    size_t in_len, out_len, out_done;
    char key[LOOKUP_KEY_MAX];
    char request[LOOKUP_REQUEST_MAX];
    char reply[LOOKUP_REPLY_MAX];
};

struct asker *asker_new(enum lookup_protocol protocol, int in, int out, int64_t now)
{
    struct asker *asker = calloc(1, sizeof *asker);

    if (asker == NULL) {
        close(in);
        if (out != in)
            close(out);
        return NULL;
    }
    asker->protocol = protocol;
    asker->in = in;
    asker->out = out;
    asker->deadline = now + ASKER_IDLE_MS;
    asker->since = now;
    return asker;
}

void asker_free(struct asker *asker)
{
    if (asker == NULL)
        return;
    close(asker->in);
    if (asker->out != asker->in)
        close(asker->out);
    free(asker);
}

enum asker_state asker_state(const struct asker *asker)
{
    return asker->state;
}

const char *asker_key(const struct asker *asker)
{
    return asker->key;
}

int64_t asker_deadline(const struct asker *asker)
{
    return asker->deadline;
}

int64_t asker_silent_since(const struct asker *asker)
{
    return asker->state == ASKER_READING ? asker->since : INT64_MAX;
}

void asker_answer_by(struct asker *asker, int64_t deadline)
{
    asker->deadline = deadline;
}

/* One that waits is polled as well, for nothing: so we learn if it no longer wants the reply. */
int asker_fd(const struct asker *asker)
{
    return asker->state == ASKER_READING ? asker->in : asker->out;
}

short asker_events(const struct asker *asker)
{
    if (asker->state == ASKER_WRITING)
        return POLLOUT;
    return asker->state == ASKER_READING ? POLLIN : 0;
}

void asker_drop(struct asker *asker)
{
    asker->state = ASKER_GONE;
}

/* Takes a request out of what has come. */
static void asker_take(struct asker *asker, int64_t now)
{
    static const struct lookup_reply unknown = {LOOKUP_NEVER, "not a request for a value"};
    size_t used = 0;
    enum lookup_step step =
        lookup_read(asker->protocol, asker->request, asker->in_len, asker->key, &used);

    if (step == LOOKUP_MORE) {
        asker->deadline = now + (asker->in_len > 0 ? ASKER_SHARP_MS : ASKER_IDLE_MS);
    } else if (step == LOOKUP_BROKEN) {
        asker_drop(asker);
    } else {
        memmove(asker->request, asker->request + used, asker->in_len - used);
        asker->in_len -= used;
        asker->state = ASKER_WAITING;
        asker->deadline = INT64_MAX;
        if (step == LOOKUP_UNKNOWN)
            asker_reply(asker, &unknown, now);
    }
}

static void asker_write(struct asker *asker, int64_t now)
{
    ssize_t done =
        write(asker->out, asker->reply + asker->out_done, asker->out_len - asker->out_done);

    if (done < 0) {
        if (errno != EAGAIN && errno != EINTR)
            asker_drop(asker);
        return;
    }
    asker->out_done += (size_t)done;
    if (asker->out_done < asker->out_len)
        return;
    asker->state = ASKER_READING;
    asker->since = now;
    asker_take(asker, now); /* the next one may have come already */
}

void asker_reply(struct asker *asker, const struct lookup_reply *reply, int64_t now)
{
    OP_BUG_IF(asker->state != ASKER_WAITING);
    asker->out_len = lookup_write(asker->protocol, reply, asker->reply);
    asker->out_done = 0;
    asker->state = ASKER_WRITING;
    asker->deadline = now + ASKER_SHARP_MS;
}

static void asker_read(struct asker *asker, int64_t now)
{
    ssize_t got =
        read(asker->in, asker->request + asker->in_len, sizeof asker->request - asker->in_len);

    if (got > 0) {
        bool first = asker->in_len == 0;
        int64_t deadline = asker->deadline;
        asker->in_len += (size_t)got;
        asker_take(asker, now);
        if (asker->state == ASKER_READING && !first)
            asker->deadline = deadline; /* drop by drop does not win time */
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        asker_drop(asker);
    }
}

void asker_go_on(struct asker *asker, int64_t now)
{
    switch (asker->state) {
    case ASKER_READING:
        asker_read(asker, now);
        return;
    case ASKER_WRITING:
        asker_write(asker, now);
        return;
    case ASKER_WAITING: /* nothing is polled for but its end */
        asker_drop(asker);
        return;
    case ASKER_GONE:
        return;
    }
}
