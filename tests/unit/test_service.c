/* test_service.c - what sessions borrow: snapshots that stay, tokens that differ, a stop that
 * waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "milter/service.h"

static const struct conf *conf_with(const char *text)
{
    char why[CONF_WHY_MAX];
    const struct conf *conf = conf_load_text("t.conf", text, strlen(text), NULL, 0, why);
    assert_non_null(conf);
    return conf;
}

static struct service *make(void)
{
    struct service *service =
        service_new(conf_with("validity = 1d"), &(struct service_parts){.gate = NULL});
    assert_non_null(service);
    return service;
}

static void test_borrowed(void **state)
{
    int ledger, gate, market; /* the service never looks at them */
    const struct service_parts parts = {.site = {.market = (struct market *)(void *)&market},
                                        .ledger = (struct ledger *)(void *)&ledger,
                                        .gate = (struct gate *)(void *)&gate};
    (void)state;
    struct service *service = service_new(conf_with(""), &parts);
    assert_ptr_equal(service_site(service)->market, &market);
    assert_ptr_equal(service_ledger(service), &ledger);
    assert_ptr_equal(service_gate(service), &gate);
    service_free(service);
    service_free(NULL);
}

static void test_sessions(void **state)
{
    struct service *service = make();
    (void)state;
    assert_int_equal(service_sessions(service), 0);
    service_opened(service);
    service_opened(service);
    service_closed(service);
    assert_int_equal(service_sessions(service), 1);
    service_free(service);
}

static void test_swap(void **state)
{
    struct service *service = make();
    const struct conf *old = service_conf(service), *same = service_conf(service);
    (void)state;
    assert_ptr_equal(old, same);
    service_swap_conf(service, conf_with("validity = 2d"));
    const struct conf *new = service_conf(service);
    assert_int_equal(old->validity_s, 86400); /* a session keeps what it has */
    assert_int_equal(new->validity_s, 2 * 86400);
    conf_unref(same);
    assert_int_equal(old->validity_s, 86400);
    conf_unref(old);
    service_free(service);
    assert_int_equal(new->validity_s, 2 * 86400);
    conf_unref(new);
}

#define THREADS 4
#define TOKENS  2000

struct taker {
    struct service *service;
    uint64_t token[TOKENS];
};

static void *take_tokens(void *arg)
{
    struct taker *taker = arg;
    for (size_t i = 0; i < TOKENS; i++)
        taker->token[i] = service_token(taker->service);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void test_tokens(void **state)
{
    static struct taker taker[THREADS];
    static uint64_t all[THREADS * TOKENS];
    pthread_t thread[THREADS];
    struct service *service = make(), *other = make();
    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        taker[i].service = service;
        pthread_create(&thread[i], NULL, take_tokens, &taker[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        memcpy(all + i * TOKENS, taker[i].token, sizeof taker[i].token);
    }
    qsort(all, THREADS * TOKENS, sizeof *all, compare);
    for (size_t i = 1; i < THREADS * TOKENS; i++)
        assert_true(all[i - 1] != all[i]);
    /* another process does not count from the same start */
    uint64_t apart = service_token(other) - all[0];
    assert_true(apart > 1000000 && apart < UINT64_MAX - 1000000);
    service_free(service);
    service_free(other);
}

static void *swap_often(void *arg)
{
    for (int i = 0; i < 500; i++)
        service_swap_conf(arg, conf_with(i % 2 ? "validity = 1d" : "validity = 2d"));
    return NULL;
}

/* Snapshots taken while another thread swaps them are whole, and are freed once. */
static void test_swap_races(void **state)
{
    struct service *service = make();
    pthread_t thread;
    (void)state;
    pthread_create(&thread, NULL, swap_often, service);
    for (int i = 0; i < 2000; i++) {
        const struct conf *conf = service_conf(service);
        uint32_t validity = conf->validity_s;
        conf_unref(conf);
        assert_true(validity == 86400 || validity == 2 * 86400);
    }
    pthread_join(thread, NULL);
    service_free(service);
}

static void test_drain_at_once(void **state)
{
    struct service *service = make();
    (void)state;
    assert_int_equal(service_drain(service, 60), 0); /* nobody inside: does not wait */
    service_enter(service);
    service_enter(service);
    assert_int_equal(service_drain(service, 0), 2);
    service_leave(service);
    assert_int_equal(service_drain(service, 0), 1);
    service_leave(service);
    assert_int_equal(service_drain(service, 60), 0);
    service_free(service);
}

static void *leave_both(void *arg)
{
    service_leave(arg);
    service_leave(arg);
    return NULL;
}

static void test_drain_waits(void **state)
{
    struct service *service = make();
    pthread_t thread;
    (void)state;
    service_enter(service);
    service_enter(service);
    pthread_create(&thread, NULL, leave_both, service);
    assert_int_equal(service_drain(service, 200), 0); /* woken, not timed out: see the time limit */
    pthread_join(thread, NULL);
    service_free(service);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_borrowed),    cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_swap),        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_swap_races),  cmocka_unit_test(test_drain_at_once),
        cmocka_unit_test(test_drain_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
