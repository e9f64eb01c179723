/* machine.c - see machine.h. Knows the files of /proc and /sys/fs/cgroup, and no policy. */
#include "tools/machine.h"

#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MACHINE_PATH_MAX   4096
#define MACHINE_CPUS_MAX   65536
#define MACHINE_GROUP_ROOT "/sys/fs/cgroup"

/* The first line of a file of the control group or one of its parents. */
static bool machine_read_line(const char *directory, const char *file, char *line, int size)
{
    char path[MACHINE_PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", directory, file) >= (int)sizeof path)
        return false;
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return false;
    bool read = fgets(line, size, stream) != NULL;
    fclose(stream);
    return read;
}

static uint64_t machine_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A quota of 1.5 processors is worth two threads: rounded up. */
static void machine_limit_threads(struct machine *machine, int64_t quota, int64_t period)
{
    if (quota > 0 && period > 0)
        machine->threads =
            (unsigned)machine_min(machine->threads, (uint64_t)((quota + period - 1) / period));
}

static void machine_limit_memory(struct machine *machine, const char *directory, const char *file)
{
    char line[64];
    uint64_t limit;

    if (machine_read_line(directory, file, line, sizeof line) &&
        sscanf(line, "%" SCNu64, &limit) == 1)
        machine->memory = machine_min(machine->memory, limit);
}

static void machine_read_v2(struct machine *machine, const char *directory)
{
    char line[64];
    int64_t quota, period;

    if (machine_read_line(directory, "cpu.max", line, sizeof line) &&
        sscanf(line, "%" SCNd64 " %" SCNd64, &quota, &period) == 2)
        machine_limit_threads(machine, quota, period);
    machine_limit_memory(machine, directory, "memory.max");
}

static void machine_read_v1(struct machine *machine, const char *directory)
{
    char quota[64], period[64];

    if (machine_read_line(directory, "cpu.cfs_quota_us", quota, sizeof quota) &&
        machine_read_line(directory, "cpu.cfs_period_us", period, sizeof period))
        machine_limit_threads(machine, strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
    machine_limit_memory(machine, directory, "memory.limit_in_bytes");
}

/* From the group's own directory up to the mount point: each level may limit. Inside a container
 * the path may name directories that are not mounted; its root then counts. */
static void machine_walk(struct machine *machine, const char *mount, const char *group,
                         void (*read)(struct machine *, const char *))
{
    char directory[MACHINE_PATH_MAX];
    size_t base = strlen(mount);
    int len = snprintf(directory, sizeof directory, "%s%s", mount, group);

    if (len >= (int)sizeof directory || strstr(group, "..") != NULL)
        directory[base] = '\0';
    for (;;) {
        char *slash;
        read(machine, directory);
        if (strlen(directory) <= base || (slash = strrchr(directory, '/')) == NULL)
            return;
        *slash = '\0';
    }
}

/* One line of /proc/self/cgroup: "0::/path" (v2) or "4:cpu,cpuacct:/path" (v1). */
static void machine_read_group(struct machine *machine, const char *root, char *line)
{
    static const char *const mounts_v2[] = {"", "/unified"};
    char mount[MACHINE_PATH_MAX];
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;

    if (path == NULL)
        return;
    controllers++;
    *path++ = '\0';
    path[strcspn(path, "\n")] = '\0';
    for (size_t i = 0; *controllers == '\0' && i < 2; i++) {
        snprintf(mount, sizeof mount, "%s" MACHINE_GROUP_ROOT "%s", root, mounts_v2[i]);
        machine_walk(machine, mount, path, machine_read_v2);
    }
    if (*controllers == '\0')
        return;
    snprintf(mount, sizeof mount, "%s" MACHINE_GROUP_ROOT "/%s", root, controllers);
    machine_walk(machine, mount, path, machine_read_v1);
}

static void machine_read_groups(struct machine *machine, const char *root)
{
    char path[MACHINE_PATH_MAX], *line = NULL;
    size_t size = 0;

    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return;
    while (getline(&line, &size, stream) > 0)
        machine_read_group(machine, root, line);
    free(line);
    fclose(stream);
}

static void machine_read_memory(struct machine *machine, const char *root)
{
    char path[MACHINE_PATH_MAX], line[128];
    uint64_t kib;

    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return;
    while (fgets(line, sizeof line, stream) != NULL) {
        if (sscanf(line, "MemTotal: %" SCNu64, &kib) == 1)
            machine->memory = kib * 1024;
        else if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
            machine->available = kib * 1024;
    }
    fclose(stream);
}

/* The affinity mask, as large as the kernel needs it. */
static unsigned machine_affinity(void)
{
    for (int cpus = 1024; cpus <= MACHINE_CPUS_MAX; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)cpus);
        size_t size = CPU_ALLOC_SIZE((size_t)cpus);
        int allowed = 0;
        if (set == NULL)
            break;
        CPU_ZERO_S(size, set);
        if (sched_getaffinity(0, size, set) == 0)
            allowed = CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (allowed > 0)
            return (unsigned)allowed;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

void machine_read(const char *root, struct machine *machine_r)
{
    *machine_r = (struct machine){
        .threads = machine_affinity(), .memory = UINT64_MAX, .available = UINT64_MAX};
    machine_read_memory(machine_r, root);
    machine_read_groups(machine_r, root);
    machine_r->available = machine_min(machine_r->available, machine_r->memory);
}
