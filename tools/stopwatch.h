/*
 * stopwatch.h - seconds on one of the system's clocks; differences are what counts.
 */
#ifndef TOOLS_STOPWATCH_H
#define TOOLS_STOPWATCH_H

#include <time.h>

static inline double stopwatch_read(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

#endif
