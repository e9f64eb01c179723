/*
 * service.c - what sessions borrow: the present configuration and the long-lived parts; a source of
 * tokens; and a count of the messages that a clean stop waits for. Owns only its locks.
 */
#include "milter/service.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

struct service {
    struct service_parts parts;
    atomic_uint_fast64_t token;
    atomic_uint_fast64_t sessions;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t idle;  /* busy has become 0 */
    const struct conf *conf;
    unsigned busy;
};

/* A ledger outlives its process. Starting at random, a token cannot be that of a reservation which
 * a killed predecessor has left behind. */
static uint64_t first_token(void)
{
    uint64_t token;
    if (getrandom(&token, sizeof token, 0) != sizeof token)
        token = (uint64_t)time(NULL) << 32;
    return token;
}

static void init_idle(pthread_cond_t *idle)
{
    pthread_condattr_t attr; /* a deadline must not move with the wall clock */
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(idle, &attr);
    pthread_condattr_destroy(&attr);
}

struct service *service_new(const struct conf *conf, const struct service_parts *parts)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service)
        return NULL;
    service->parts = *parts;
    service->conf = conf;
    atomic_init(&service->token, first_token());
    atomic_init(&service->sessions, 0);
    pthread_mutex_init(&service->lock, NULL);
    init_idle(&service->idle);
    return service;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    conf_unref(service->conf);
    pthread_cond_destroy(&service->idle);
    pthread_mutex_destroy(&service->lock);
    free(service);
}

const struct conf *service_conf(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    const struct conf *conf = conf_ref(service->conf);
    pthread_mutex_unlock(&service->lock);
    return conf;
}

void service_swap_conf(struct service *service, const struct conf *conf)
{
    pthread_mutex_lock(&service->lock);
    const struct conf *old = service->conf;
    service->conf = conf;
    pthread_mutex_unlock(&service->lock);
    conf_unref(old);
}

const struct session_site *service_site(const struct service *service)
{
    return &service->parts.site;
}

struct ledger *service_ledger(const struct service *service)
{
    return service->parts.ledger;
}

struct gate *service_gate(const struct service *service)
{
    return service->parts.gate;
}

uint64_t service_token(struct service *service)
{
    return atomic_fetch_add(&service->token, 1);
}

void service_opened(struct service *service)
{
    atomic_fetch_add_explicit(&service->sessions, 1, memory_order_relaxed);
}

void service_closed(struct service *service)
{
    atomic_fetch_sub_explicit(&service->sessions, 1, memory_order_relaxed);
}

uint64_t service_sessions(struct service *service)
{
    return atomic_load_explicit(&service->sessions, memory_order_relaxed);
}

void service_enter(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    service->busy++;
    pthread_mutex_unlock(&service->lock);
}

void service_leave(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    OP_BUG_IF(service->busy == 0);
    if (--service->busy == 0)
        pthread_cond_broadcast(&service->idle);
    pthread_mutex_unlock(&service->lock);
}

unsigned service_drain(struct service *service, unsigned timeout_s)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)timeout_s;

    pthread_mutex_lock(&service->lock);
    while (service->busy > 0) {
        if (pthread_cond_timedwait(&service->idle, &service->lock, &deadline) != 0)
            break;
    }
    unsigned left = service->busy;
    pthread_mutex_unlock(&service->lock);
    return left;
}
