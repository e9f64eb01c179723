/*
 * bench_memory.h - the machine's memory: how fast it can be copied, how much of it was resident.
 */
#ifndef TOOLS_BENCH_MEMORY_H
#define TOOLS_BENCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets a second that one thread copies from one block of `size` to another, on huge pages where
 * the system gives them, as the kernels have it. 0 without the memory. */
double bench_memory_copy_rate(size_t size, double seconds);

/* The system's high-water mark of this process starts anew (proc(5)); false if it cannot. */
bool bench_memory_reset_peak(void);
uint64_t bench_memory_peak(void); /* octets; 0: the system does not tell */

#endif
