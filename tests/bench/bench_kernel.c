/*
 * bench_kernel.c - our kernels on one core against what others use: libargon2, memcpy, hashcash(1).
 *
 * Every ratio is taken five times, in rounds in which reference and candidate are measured by turns
 * on the same core; the median counts. Times are the thread's processor time: what else runs on the
 * machine then costs only what it takes of caches and memory. A kernel that this processor cannot
 * run has no row, and a line on stderr says so.
 */
#include <argon2.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pow/bytes.h"
#include "pow/kernel.h"
#include "pow/worker.h"
#include "tests/bench/row.h"

#define REFERENCE_S 0.25 /* of each measurement */
#define CANDIDATE_S 0.25
#define HARD        (UINT64_C(1) << 56) /* effort that nothing meets */

static bool missed;
static const uint8_t puzzle[OP_PUZZLE_LEN] = {1, 2, 3};

static double cpu(void)
{
    return row_now(CLOCK_THREAD_CPUTIME_ID);
}

static const struct op_suite *suite_of(const char *name)
{
    return op_suite_find(name, strlen(name));
}

static void pin_to_one_core(void)
{
    cpu_set_t set;
    int core = sched_getcpu();
    CPU_ZERO(&set);
    CPU_SET(core < 0 ? 0 : (size_t)core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        fputs("bench_kernel: cannot stay on one core\n", stderr);
}

/*
 * libargon2: evaluations a second
 */

static double libargon2_shipped(const struct op_suite *suite)
{
    uint8_t tag[32];
    uint32_t n = 0;
    double start = cpu(), spent;
    do {
        OP_BUG_IF(argon2id_hash_raw(1, suite->mem_kib, 1, &n, sizeof n, puzzle, sizeof puzzle, tag,
                                    sizeof tag) != ARGON2_OK);
        n++;
        spent = cpu() - start;
    } while (spent < REFERENCE_S);
    return n / spent;
}

static uint8_t *lent;

static int lend(uint8_t **memory, size_t size)
{
    (void)size;
    *memory = lent;
    return ARGON2_OK;
}

static void take_back(uint8_t *memory, size_t size)
{
    (void)memory;
    (void)size;
}

static double libargon2_reused(const struct op_suite *suite)
{
    uint8_t tag[32], password[4] = {0}, salt[OP_PUZZLE_LEN] = {0};
    argon2_context context = {.out = tag,
                              .outlen = sizeof tag,
                              .pwd = password,
                              .pwdlen = sizeof password,
                              .salt = salt,
                              .saltlen = sizeof salt,
                              .t_cost = 1,
                              .m_cost = suite->mem_kib,
                              .lanes = 1,
                              .threads = 1,
                              .version = ARGON2_VERSION_13,
                              .allocate_cbk = lend,
                              .free_cbk = take_back,
                              .flags = ARGON2_DEFAULT_FLAGS};
    size_t size = (size_t)suite->mem_kib * 1024;
    lent = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    OP_BUG_IF(lent == MAP_FAILED);
    OP_BUG_IF(argon2id_ctx(&context) != ARGON2_OK); /* faults the memory in */
    double start = cpu(), spent;
    unsigned n = 0;
    do {
        OP_BUG_IF(argon2id_ctx(&context) != ARGON2_OK);
        n++;
        spent = cpu() - start;
    } while (spent < REFERENCE_S);
    munmap(lent, size);
    return n / spent;
}

/*
 * Ours, as the minter uses them
 */

/* Evaluations a second with the kernel of this name. The worker is as wide as a minter's. */
static double searched(const struct op_suite *suite, const char *kernel, uint64_t chunk)
{
    struct op_worker *worker;
    atomic_bool stop = false;
    bool found;
    uint64_t nonce, evals, first = 0, all = 0;
    unsigned width = op_worker_width(suite);
    OP_BUG_IF(!op_kernel_force(kernel));
    OP_BUG_IF(op_worker_new_wide(suite, width, &worker) != OP_OK);
    OP_BUG_IF(op_worker_search(worker, puzzle, 0, width, HARD, &stop, &found, &nonce, &evals) !=
              OP_OK); /* faults the memory in */
    double start = cpu(), spent;
    do {
        OP_BUG_IF(op_worker_search(worker, puzzle, first, chunk, HARD, &stop, &found, &nonce,
                                   &evals) != OP_OK);
        first += chunk;
        all += evals;
        spent = cpu() - start;
    } while (spent < CANDIDATE_S);
    op_worker_free(worker);
    return (double)all / spent;
}

static bool usable(const char *task, const char *name)
{
    struct op_kernel kernels[OP_KERNELS_MAX];
    size_t count = op_kernel_list(kernels);
    for (size_t i = 0; i < count; i++)
        if (strcmp(kernels[i].task, task) == 0 && strcmp(kernels[i].name, name) == 0)
            return kernels[i].usable;
    return false;
}

struct target {
    const char *suite, *kernel;
    bool reused; /* libargon2 with a buffer that is kept; else as shipped */
    double least;
};

static void over_libargon2(const struct target *target)
{
    const struct op_suite *suite = suite_of(target->suite);
    double ratio[ROW_ROUNDS];
    char name[64];
    if (!usable("argon2id", target->kernel)) {
        fprintf(stderr, "bench_kernel: no %s on this processor\n", target->kernel);
        return;
    }
    for (int i = 0; i < ROW_ROUNDS; i++) {
        double reference = target->reused ? libargon2_reused(suite) : libargon2_shipped(suite);
        ratio[i] = searched(suite, target->kernel, 2) / reference;
    }
    snprintf(name, sizeof name, "%s-%s-over-%s", target->suite, target->kernel,
             target->reused ? "libargon2-reused" : "libargon2");
    missed |= row_median_least(name, ratio, target->least);
}

/*
 * Memory: octets written, by the best kernel and by memcpy
 */

static double copied(uint8_t *to, const uint8_t *from, size_t size)
{
    double start = cpu(), spent, octets = 0;
    do {
        memcpy(to, from, size);
        __asm__ volatile("" : : "r"(to) : "memory");
        octets += (double)size;
        spent = cpu() - start;
    } while (spent < REFERENCE_S);
    return octets / spent;
}

/* On huge pages, as our kernels have it, or on the small ones of a plain program. */
static double copied_on(size_t size, int advice)
{
    uint8_t *both =
        mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    OP_BUG_IF(both == MAP_FAILED);
    (void)madvise(both, 2 * size, advice);
    memset(both, 1, 2 * size);
    double rate = copied(both, both + size, size);
    munmap(both, 2 * size);
    return rate;
}

static void of_memcpy(void)
{
    const struct op_suite *suite = suite_of("argon2id-64m");
    size_t size = (size_t)suite->mem_kib * 1024;
    double huge[ROW_ROUNDS], small[ROW_ROUNDS], gigabytes[ROW_ROUNDS];
    for (int i = 0; i < ROW_ROUNDS; i++) {
        double reference = copied_on(size, MADV_HUGEPAGE);
        double written = searched(suite, NULL, 2) * (double)size;
        huge[i] = written / reference;
        small[i] = written / copied_on(size, MADV_NOHUGEPAGE);
        gigabytes[i] = reference / 1e9;
    }
    row_median_tell("memcpy-64m-GB/s", gigabytes);
    row_median_tell("argon2id-64m-written-over-memcpy-small-pages", small);
    missed |= row_median_least("argon2id-64m-written-over-memcpy", huge, 0.75);
}

/*
 * SHA-256
 */

/* One stamp of hashcash(1): tests made, and the processor seconds of the program. */
static double hashcash_once(unsigned number, double *tests_r)
{
    char command[128], line[512];
    struct rusage before, after;
    double tests = 0;
    getrusage(RUSAGE_CHILDREN, &before);
    snprintf(command, sizeof command, "exec hashcash -mvb 22 bench%u 2>&1 </dev/null", number);
    FILE *stream = popen(command, "r");
    OP_BUG_IF(!stream);
    while (fgets(line, sizeof line, stream))
        (void)sscanf(line, "tries: %lf", &tests);
    int status = pclose(stream);
    getrusage(RUSAGE_CHILDREN, &after);
    *tests_r = status == 0 ? tests : 0;
    return (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
           (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6;
}

/* SHA-1 tests a second; 0 if the program is not there. */
static double hashcash(void)
{
    static unsigned number;
    double all = 0, spent = 0, tests;
    while (spent < REFERENCE_S) {
        spent += hashcash_once(++number, &tests);
        if (!(tests > 0))
            return 0;
        all += tests;
    }
    return all / spent;
}

static void over_hashcash(void)
{
    double ratio[ROW_ROUNDS], rate[ROW_ROUNDS];
    for (int i = 0; i < ROW_ROUNDS; i++) {
        double reference = hashcash();
        if (!(reference > 0)) {
            fputs("bench_kernel: no hashcash(1) to compare with\n", stderr);
            return;
        }
        rate[i] = searched(suite_of("sha256"), NULL, 65536) / 1e6;
        ratio[i] = rate[i] * 1e6 / reference;
    }
    row_median_tell("sha256-million-tests/s", rate);
    missed |= row_median_least("sha256-over-hashcash", ratio, 2.5);
}

#define SEALS 101

/* Milliseconds that half of all seals of 20 bits take, one core. */
static double seal_median(uint8_t round)
{
    double ms[SEALS];
    struct op_worker *worker;
    atomic_bool stop = false;
    OP_BUG_IF(op_worker_new(suite_of("sha256"), &worker) != OP_OK);
    for (unsigned n = 0; n < SEALS; n++) {
        uint8_t input[OP_PUZZLE_LEN] = {round, (uint8_t)n};
        uint64_t nonce, evals;
        bool found;
        double start = cpu();
        OP_BUG_IF(op_worker_search(worker, input, 0, UINT64_MAX, 1 << 20, &stop, &found, &nonce,
                                   &evals) != OP_OK ||
                  !found);
        ms[n] = 1000 * (cpu() - start);
    }
    op_worker_free(worker);
    qsort(ms, SEALS, sizeof *ms, row_compare);
    return ms[SEALS / 2];
}

static void seals(void)
{
    double ms[ROW_ROUNDS];
    for (uint8_t i = 0; i < ROW_ROUNDS; i++)
        ms[i] = seal_median(i);
    missed |= row_median_most("seal-20-bits-median-ms", ms, 40);
}

int main(void)
{
    static const struct target targets[] = {
        {"argon2id-64m", "avx512", false, 6.5},  {"argon2id-64m", "avx2", false, 4.5},
        {"argon2id-16m", "avx512", true, 3.5},   {"argon2id-16m", "avx2", true, 2.6},
        {"argon2id-256m", "avx512", false, 5.0},
    };
    pin_to_one_core();
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        over_libargon2(&targets[i]);
    OP_BUG_IF(!op_kernel_force(NULL));
    of_memcpy();
    over_hashcash();
    seals();
    return missed;
}
