/*
 * bench_pricemap.c - how long a price map of a million lines takes to load, what it occupies, and
 * what a look-up costs.
 *
 *     bench_pricemap DIRECTORY
 *
 * Writes the map under DIRECTORY and removes it.
 */
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "milter/pricemap.h"
#include "tests/bench/row.h"

#define LINES      1000000
#define LOOK_UPS   1000000
#define LOAD_MAX_S 2.0

static void die(const char *what)
{
    fprintf(stderr, "bench_pricemap: %s\n", what);
    exit(1);
}

static void address_of(unsigned number, char *text_r, size_t size)
{
    snprintf(text_r, size, "user.%u@host%u.example.org", number * 2654435761u, number % 5000);
}

static void write_map(const char *path)
{
    char address[64];
    FILE *file = fopen(path, "w");
    if (!file)
        die("cannot write the map");
    for (unsigned i = 0; i < LINES; i++) {
        address_of(i, address, sizeof address);
        fprintf(file, "%s %u.%u\n", address, i % 100, i % 10);
    }
    if (fclose(file) != 0)
        die("cannot write the map");
}

static struct pricemap *load(const char *path)
{
    char why[512];
    struct pricemap *map = pricemap_load(path, why, sizeof why);
    if (!map)
        die(why);
    return map;
}

static double heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

/* Half of them are there. */
static double look_up(const struct pricemap *map)
{
    char address[64];
    struct op_recipient recipient;
    double factor, spent = 0;
    size_t found = 0;
    for (unsigned i = 0; i < LOOK_UPS; i++) {
        address_of(i * 2, address, sizeof address);
        if (!op_recipient_parse(address, strlen(address), &recipient, NULL))
            die("an address is none");
        double start = row_now(CLOCK_MONOTONIC);
        found += pricemap_find(map, &recipient, &factor);
        spent += row_now(CLOCK_MONOTONIC) - start;
    }
    if (found != LOOK_UPS / 2)
        die("entries are missing");
    return spent / LOOK_UPS;
}

int main(int argc, char **argv)
{
    char path[4096];
    double load_s[ROW_ROUNDS];
    if (argc != 2 || snprintf(path, sizeof path, "%s/map.XXXXXX", argv[1]) >= (int)sizeof path)
        die("usage: bench_pricemap DIRECTORY");
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0)
        die("cannot write to the directory");
    write_map(path);
    for (int i = 0; i < ROW_ROUNDS; i++) {
        double start = row_now(CLOCK_MONOTONIC);
        struct pricemap *map = load(path);
        load_s[i] = row_now(CLOCK_MONOTONIC) - start;
        pricemap_free(map);
    }
    bool low = row_median_most("price map, 1 million lines, load s", load_s, LOAD_MAX_S);
    double before = heap();
    struct pricemap *map = load(path);
    row_tell("price map, octets an entry", (heap() - before) / LINES);
    row_tell("price map, look-up ns", look_up(map) * 1e9);
    pricemap_free(map);
    unlink(path);
    return low;
}
