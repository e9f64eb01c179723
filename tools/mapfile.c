/*
 * mapfile.c - tells by stat() whether a map's file has changed. A broken map can be as long as a
 * good one, and to read it anew for every question would be to answer nobody.
 */
#include "tools/mapfile.h"

#include <string.h>

static bool mapfile_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The time of the last change of any kind counts too: chmod() can mend a file. */
static bool mapfile_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           mapfile_same_time(&a->st_mtim, &b->st_mtim) &&
           mapfile_same_time(&a->st_ctim, &b->st_ctim);
}

enum mapfile_news mapfile_look(struct mapfile *file, const char *path)
{
    struct stat now; /* before it is read: one that changes meanwhile is read again next time */

    if (stat(path, &now) != 0)
        now = (struct stat){0};
    if (file->looked && mapfile_same(&now, &file->seen))
        return MAPFILE_SAME;
    mapfile_clear(file);
    file->seen = now;
    file->looked = true;
    file->map = map_load(path, file->why, sizeof file->why);
    return file->map != NULL ? MAPFILE_READ : MAPFILE_BROKEN;
}

void mapfile_clear(struct mapfile *file)
{
    map_free(file->map);
    *file = (struct mapfile){0};
}
