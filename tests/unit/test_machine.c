/* test_machine.c - limits of control groups, from trees of files made for the purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/machine.h"

#define GIB (UINT64_C(1) << 30)
#define MEMINFO                                                                                    \
    {                                                                                              \
        "proc/meminfo", "MemTotal:       8388608 kB\nMemFree: 1 kB\nMemAvailable: 2097152 kB\n"    \
    }

struct file {
    const char *path, *text;
};

/* Makes the directories of a path, then the file. */
static void write_file(const char *root, const struct file *file)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", root, file->path);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(file->text, stream);
    assert_int_equal(fclose(stream), 0);
}

static void remove_tree(const char *root)
{
    char command[4096];

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

static void test_limits(void **state)
{
    static const struct {
        const char *label;
        struct file files[6];
        unsigned threads; /* 0: as many as the scheduler allows */
        uint64_t memory, available;
    } rows[] = {
        {"no control group", {MEMINFO}, 0, 8 * GIB, 2 * GIB},
        {"v2",
         {MEMINFO,
          {"proc/self/cgroup", "0::/a/b\n"},
          {"sys/fs/cgroup/a/b/cpu.max", "100000 100000\n"},
          {"sys/fs/cgroup/a/b/memory.max", "1073741824\n"}},
         1,
         GIB,
         GIB},
        {"v2, no limit",
         {MEMINFO,
          {"proc/self/cgroup", "0::/a\n"},
          {"sys/fs/cgroup/a/cpu.max", "max 100000\n"},
          {"sys/fs/cgroup/a/memory.max", "max\n"}},
         0,
         8 * GIB,
         2 * GIB},
        {"v2, the parent limits",
         {MEMINFO,
          {"proc/self/cgroup", "0::/a/b\n"},
          {"sys/fs/cgroup/a/cpu.max", "20000 100000\n"},
          {"sys/fs/cgroup/a/b/cpu.max", "max 100000\n"},
          {"sys/fs/cgroup/a/memory.max", "4294967296\n"}},
         1,
         4 * GIB,
         2 * GIB},
        {"v2 inside a container: only the root is mounted",
         {MEMINFO,
          {"proc/self/cgroup", "0::/docker/0123\n"},
          {"sys/fs/cgroup/cpu.max", "50000 100000\n"}},
         1,
         8 * GIB,
         2 * GIB},
        {"v2 outside of the namespace",
         {MEMINFO, {"proc/self/cgroup", "0::/../x\n"}, {"sys/fs/cgroup/cpu.max", "50000 100000\n"}},
         1,
         8 * GIB,
         2 * GIB},
        {"v1",
         {MEMINFO,
          {"proc/self/cgroup", "4:memory:/m\n2:cpu,cpuacct:/c\n1:name=systemd:/\n"},
          {"sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "100000\n"},
          {"sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n"},
          {"sys/fs/cgroup/memory/m/memory.limit_in_bytes", "2147483648\n"}},
         1,
         2 * GIB,
         2 * GIB},
        {"v1, no limit",
         {MEMINFO,
          {"proc/self/cgroup", "4:memory:/\n2:cpu:/\n"},
          {"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
          {"sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
          {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"}},
         0,
         8 * GIB,
         2 * GIB},
        {"nonsense",
         {MEMINFO,
          {"proc/self/cgroup", "what\n0::/a\n::\n"},
          {"sys/fs/cgroup/a/cpu.max", "0 0\n"},
          {"sys/fs/cgroup/a/memory.max", "\n"}},
         0,
         8 * GIB,
         2 * GIB},
    };
    struct machine allowed;

    (void)state;
    machine_read("/nonexistent", &allowed);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char root[] = "/tmp/onionpow-test-XXXXXX";
        struct machine machine;
        print_message("%s\n", rows[i].label);
        assert_non_null(mkdtemp(root));
        for (size_t j = 0; j < 6 && rows[i].files[j].path != NULL; j++)
            write_file(root, &rows[i].files[j]);
        machine_read(root, &machine);
        remove_tree(root);
        assert_int_equal(machine.threads, rows[i].threads > 0 ? rows[i].threads : allowed.threads);
        assert_true(machine.memory == rows[i].memory);
        assert_true(machine.available == rows[i].available);
    }
}

/* A quota counts up to the next whole thread, and never raises what the scheduler allows. */
static void test_quota(void **state)
{
    struct machine allowed;

    (void)state;
    machine_read("/nonexistent", &allowed);
    for (unsigned percent = 10; percent <= 400; percent += 30) {
        char root[] = "/tmp/onionpow-test-XXXXXX", quota[64];
        struct machine machine;
        unsigned want = (percent + 99) / 100;
        assert_non_null(mkdtemp(root));
        snprintf(quota, sizeof quota, "%u 100000\n", percent * 1000);
        write_file(root, &(struct file){"proc/self/cgroup", "0::/\n"});
        write_file(root, &(struct file){"sys/fs/cgroup/cpu.max", quota});
        machine_read(root, &machine);
        remove_tree(root);
        assert_int_equal(machine.threads, want < allowed.threads ? want : allowed.threads);
    }
}

static void test_this_machine(void **state)
{
    struct machine machine;

    (void)state;
    machine_read("", &machine);
    assert_true(machine.threads >= 1);
    assert_true(machine.memory > 1024 * 1024 && machine.memory < UINT64_MAX);
    assert_true(machine.available <= machine.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
