/* bench_memory.c - see bench_memory.h. */
#include "tools/bench_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/stopwatch.h"

static double bench_memory_copy(uint8_t *to, uint8_t *from, size_t size, double seconds)
{
    double copied = 0, spent, start;

    memset(from, 1, size); /* faulted in, and not one page of zeros */
    memcpy(to, from, size);
    start = stopwatch_read(CLOCK_MONOTONIC);
    do {
        memcpy(to, from, size);
        __asm__ volatile("" : : "r"(to) : "memory"); /* somebody might read it */
        copied += (double)size;
        spent = stopwatch_read(CLOCK_MONOTONIC) - start;
    } while (spent < seconds);
    return copied / spent;
}

double bench_memory_copy_rate(size_t size, double seconds)
{
    uint8_t *both =
        mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (both == MAP_FAILED)
        return 0;
    (void)madvise(both, 2 * size, MADV_HUGEPAGE); /* advice */
    double rate = bench_memory_copy(both, both + size, size, seconds);
    munmap(both, 2 * size);
    return rate;
}

bool bench_memory_reset_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    bool done = write(fd, "5", 1) == 1;
    close(fd);
    return done;
}

uint64_t bench_memory_peak(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *stream = fopen("/proc/self/status", "re");

    if (stream == NULL)
        return 0;
    while (fgets(line, sizeof line, stream) != NULL) {
        if (sscanf(line, "VmHWM: %llu kB", &kib) == 1)
            break;
    }
    fclose(stream);
    return kib * 1024;
}
