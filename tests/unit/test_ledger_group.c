/*
 * test_ledger_group.c - jobs are run once each, in order, together where allowed, one run at a
 * time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdatomic.h>

#include "milter/ledger_group.h"
#include "pow/err.h"

#define JOBS_MAX 64

struct job {
    struct ledger_group_job group; /* first */
    struct ledger_group *to;
    unsigned number, runs;
    pthread_t thread;
};

struct record { /* what run has seen */
    atomic_bool inside, overlap, hold;
    unsigned order[JOBS_MAX], jobs;
    unsigned batches[JOBS_MAX], runs;
};

static void run(void *arg, struct ledger_group_job *batch)
{
    struct record *record = arg;
    unsigned count = 0;
    if (atomic_exchange(&record->inside, true))
        record->overlap = true;
    while (record->hold)
        sched_yield();
    for (; batch; batch = batch->next) {
        struct job *job = (struct job *)batch;
        job->runs++;
        record->order[record->jobs++] = job->number;
        count++;
    }
    record->batches[record->runs++] = count;
    record->inside = false;
}

static void *submit(void *arg)
{
    struct job *job = arg;
    ledger_group_submit(job->to, &job->group);
    return NULL;
}

static void start(struct ledger_group *group, struct job *job, unsigned number, size_t weight,
                  bool alone)
{
    *job = (struct job){.group = {.weight = weight, .alone = alone}, .to = group, .number = number};
    assert_int_equal(pthread_create(&job->thread, NULL, submit, job), 0);
}

static void wait_queued(struct ledger_group *group, size_t count)
{
    size_t queued;
    do {
        sched_yield();
        pthread_mutex_lock(&group->lock);
        queued = group->queued;
        pthread_mutex_unlock(&group->lock);
    } while (queued != count);
}

/* Holds the first job inside run until the others of the row are queued, one after the other. */
static void test_batches(void **state)
{
    enum { ALONE = 1000000 }; /* added to a weight */
    static const struct {
        const char *label;
        size_t weights[8];   /* of the jobs behind the first, up to 0 */
        unsigned batches[8]; /* wanted behind the first, up to 0 */
    } rows[] = {
        {"a lone one", {0}, {0}},
        {"one more", {1}, {1}},
        {"many together", {1, 1, 200, 200, 1, 1}, {6}},
        {"as heavy as allowed", {4000, 96}, {2}},
        {"too heavy together", {4000, 97, 1}, {1, 2}},
        {"too heavy by itself", {5000, 1}, {1, 1}},
        {"alone in front", {ALONE, 1, 1}, {1, 2}},
        {"alone in the middle", {1, 1, ALONE, 1}, {2, 1, 1}},
        {"alone at the end", {1, ALONE}, {1, 1}},
        {"only alone", {ALONE, ALONE}, {1, 1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record record = {.hold = true};
        struct ledger_group group;
        struct job jobs[9];
        unsigned n = 1;
        ledger_group_init(&group, run, &record);
        start(&group, &jobs[0], 0, 1, false);
        while (!record.inside)
            sched_yield();
        for (; rows[i].weights[n - 1]; n++) {
            size_t weight = rows[i].weights[n - 1];
            start(&group, &jobs[n], n, weight % ALONE, weight >= ALONE);
            wait_queued(&group, n);
        }
        record.hold = false;
        for (unsigned j = 0; j < n; j++) {
            assert_int_equal(pthread_join(jobs[j].thread, NULL), 0);
            assert_int_equal(jobs[j].runs, 1);
            assert_int_equal(record.order[j], j);
        }
        assert_int_equal(record.batches[0], 1);
        for (unsigned j = 0; j < 8; j++) {
            if (record.batches[j + 1] != rows[i].batches[j])
                fail_msg("%s: batch %u has %u", rows[i].label, j, record.batches[j + 1]);
        }
        assert_false(record.overlap);
        ledger_group_clear(&group);
    }
}

#define HURRY_THREADS 6
#define HURRY_JOBS    300

static atomic_uint hurry_runs;
static atomic_int hurry_inside;

static void hurry_run(void *arg, struct ledger_group_job *batch)
{
    (void)arg;
    OP_BUG_IF(hurry_inside++ != 0);
    for (; batch; batch = batch->next) {
        ((struct job *)batch)->runs++;
        hurry_runs++;
    }
    hurry_inside--;
}

static void *hurry(void *arg)
{
    struct ledger_group *group = arg;
    for (unsigned i = 0; i < HURRY_JOBS; i++) {
        struct job job = {.group = {.weight = 1 + i % 3 * 2000, .alone = i % 7 == 0}};
        ledger_group_submit(group, &job.group);
        OP_BUG_IF(job.runs != 1);
    }
    return NULL;
}

static void test_hurry(void **state)
{
    (void)state;
    struct ledger_group group;
    pthread_t threads[HURRY_THREADS];
    ledger_group_init(&group, hurry_run, NULL);
    for (unsigned i = 0; i < HURRY_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hurry, &group), 0);
    for (unsigned i = 0; i < HURRY_THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(hurry_runs, HURRY_THREADS * HURRY_JOBS);
    assert_int_equal(group.queued, 0);
    ledger_group_clear(&group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_hurry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
