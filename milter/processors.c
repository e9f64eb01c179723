/* processors.c - by affinity, as taskset and service managers set it. */
#include "milter/processors.h"

#include <sched.h>

unsigned processors_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 1)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}
