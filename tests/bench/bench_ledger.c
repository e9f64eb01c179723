/*
 * bench_ledger.c - what a claim (reserve and spend of a fresh stamp) costs on disk, durability on.
 *
 *     bench_ledger DIRECTORY [ENTRIES]
 *
 * Works in a directory of its own under DIRECTORY, which must be on a real disk, and removes it.
 * Two ledgers, of 10 thousand and of ENTRIES (10 million) entries, are measured by turns with 1 and
 * 8 threads, in many short rounds; the best round of each counts, the one that nothing else on the
 * machine has disturbed. Prints `name value want` and exits with 1 if a ratio falls short.
 *
 * Ids are random, all entries are of one day; they are filled in through ledger_spend like any
 * others, sorted and in several passes, which is quick and leaves the pages as unevenly full as a
 * random order does.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "milter/ledger.h"

#define DAY         20261121u
#define NOW         INT64_C(1795219200)
#define SMALL       5000 /* at the start; about 20 thousand in the end */
#define LARGE       10000000
#define PASSES      4
#define THREADS     8
#define ROUNDS      30
#define CLAIMS_ONE  100 /* by one thread in a round */
#define CLAIMS_MANY 400 /* by all threads in a round */
#define SPEEDUP_MIN 3.0
#define GROWTH_MAX  2.0

static const uint8_t print[LEDGER_FINGERPRINT_LEN] = {1};

static void die(const char *what)
{
    fprintf(stderr, "bench_ledger: %s\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct ledger_key *random_keys(size_t count)
{
    struct ledger_key *keys = malloc(count * sizeof *keys);
    if (!keys)
        die("out of memory");
    for (size_t i = 0; i < count; i++) {
        keys[i].date = DAY;
        if (getrandom(keys[i].id, sizeof keys[i].id, 0) != sizeof keys[i].id)
            die("no random octets");
    }
    return keys;
}

/*
 * Work for threads: each claims a slice of the keys, so many at once
 */

struct slice {
    pthread_t thread;
    struct ledger *ledger;
    const struct ledger_key *keys;
    size_t count, at_once;
    uint64_t token;
};

static void claim(struct slice *slice, const struct ledger_key *keys, size_t count)
{
    enum ledger_state state;
    bool spent;
    size_t culprit;
    for (size_t i = 0; i < count; i++) {
        if (ledger_reserve(slice->ledger, &keys[i], print, slice->token, NOW, &state) !=
                LEDGER_OK ||
            state != LEDGER_RESERVED_NEW)
            die("a fresh stamp could not be reserved");
    }
    if (ledger_spend(slice->ledger, keys, count, print, slice->token, NOW, &spent, &culprit) !=
            LEDGER_OK ||
        !spent)
        die("a reserved stamp could not be spent");
}

static void *claim_slice(void *arg)
{
    struct slice *slice = arg;
    for (size_t i = 0; i < slice->count; i += slice->at_once) {
        size_t left = slice->count - i;
        claim(slice, slice->keys + i, left < slice->at_once ? left : slice->at_once);
    }
    return NULL;
}

static void run_threads(struct ledger *ledger, const struct ledger_key *keys, size_t count,
                        size_t at_once, unsigned threads)
{
    struct slice slices[THREADS];
    size_t part = (count + threads - 1) / threads;
    for (unsigned i = 0; i < threads; i++) {
        size_t from = part * i < count ? part * i : count;
        slices[i] = (struct slice){.ledger = ledger,
                                   .keys = keys + from,
                                   .count = count - from < part ? count - from : part,
                                   .at_once = at_once,
                                   .token = i};
        if (pthread_create(&slices[i].thread, NULL, claim_slice, &slices[i]) != 0)
            die("cannot start a thread");
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(slices[i].thread, NULL);
}

/*
 * Filling
 */

static int compare_keys(const void *a, const void *b)
{
    const struct ledger_key *x = a, *y = b;
    return memcmp(x->id, y->id, sizeof x->id);
}

static void fill(struct ledger *ledger, size_t count)
{
    for (unsigned pass = 0; pass < PASSES; pass++) {
        size_t part = count / PASSES;
        struct ledger_key *keys = random_keys(part);
        qsort(keys, part, sizeof *keys, compare_keys);
        run_threads(ledger, keys, part, LEDGER_SPEND_MAX, THREADS);
        free(keys);
    }
}

/*
 * Measuring
 */

static double measure(struct ledger *ledger, size_t count, unsigned threads)
{
    struct ledger_key *keys = random_keys(count);
    double start = seconds();
    run_threads(ledger, keys, count, 1, threads);
    double rate = (double)count / (seconds() - start);
    free(keys);
    return rate;
}

struct rates { /* claims a second, of all rounds */
    double one[ROUNDS], many[ROUNDS];
};

static void measure_round(struct ledger *ledger, struct rates *rates, unsigned round)
{
    rates->one[round] = measure(ledger, CLAIMS_ONE, 1);
    rates->many[round] = measure(ledger, CLAIMS_MANY, THREADS);
}

static double best(const double rates[ROUNDS])
{
    double most = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        most = rates[i] > most ? rates[i] : most;
    return most;
}

static bool report(const char *name, double value, double limit, bool at_least)
{
    bool met = at_least ? value >= limit : value <= limit;
    printf("%s %.2f %s%.2f%s\n", name, value, at_least ? ">=" : "<=", limit, met ? "" : " MISSED");
    return met;
}

static bool bench(struct ledger *small, struct ledger *large, size_t entries)
{
    struct rates few, lots;
    struct ledger_stats stats;
    double start = seconds();
    fill(small, SMALL);
    fill(large, entries);
    if (ledger_stats_get(large, &stats) != LEDGER_OK)
        die("no statistics");
    fprintf(stderr, "filled %llu entries in %.0f s, %.0f octets each\n",
            (unsigned long long)stats.entries, seconds() - start,
            (double)stats.bytes / (double)stats.entries);
    for (unsigned round = 0; round < ROUNDS; round++) {
        measure_round(small, &few, round);
        measure_round(large, &lots, round);
    }
    double few_one = best(few.one), few_many = best(few.many);
    double lots_one = best(lots.one), lots_many = best(lots.many);
    fprintf(stderr, "claims/s by 1 and %d threads: small %.0f %.0f, large %.0f %.0f\n", THREADS,
            few_one, few_many, lots_one, lots_many);

    bool met = report("ledger_speedup_8_threads", few_many / few_one, SPEEDUP_MIN, true);
    met &= report("ledger_cost_large_to_small", few_one / lots_one, GROWTH_MAX, false);
    return met;
}

static struct ledger *open_in(const char *top, const char *name, char path_r[4096])
{
    char why[8192];
    snprintf(path_r, 4096, "%s/%s", top, name);
    struct ledger_spec spec = {"lmdb", path_r, UINT64_C(8) << 30};
    struct ledger *ledger = ledger_open(&spec, why, sizeof why);
    if (!ledger)
        fprintf(stderr, "bench_ledger: %s\n", why);
    return ledger;
}

static void remove_ledger(const char *path)
{
    static const char *const names[] = {"/data.mdb", "/lock.mdb", "/onionpow.lock", ""};
    char name[5000];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s%s", path, names[i]);
        (void)remove(name);
    }
}

int main(int argc, char **argv)
{
    char top[3000], small_path[4096], large_path[4096];
    if (argc < 2)
        die("usage: bench_ledger DIRECTORY [ENTRIES]");
    size_t entries = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : LARGE;
    snprintf(top, sizeof top, "%s/bench-ledger-XXXXXX", argv[1]);
    if (!mkdtemp(top))
        die("cannot make a directory there");
    struct ledger *small = open_in(top, "small", small_path);
    struct ledger *large = open_in(top, "large", large_path);
    bool met = small && large && bench(small, large, entries);
    ledger_close(small);
    ledger_close(large);
    remove_ledger(small_path);
    remove_ledger(large_path);
    (void)remove(top);
    return met ? 0 : 1;
}
