/*
 * mapfile.h - a map as its file is now, for who is asked again and again: read when the file has
 * changed, and only then, also if it could not be read.
 */
#ifndef TOOLS_MAPFILE_H
#define TOOLS_MAPFILE_H

#include <sys/stat.h>

#include "tools/map.h"

struct mapfile {             /* all zero: not looked at yet */
    struct map *map;         /* NULL: it cannot be read */
    char why[ROUTE_WHY_MAX]; /* why not; "" if it can */
    struct stat seen;        /* the file as it was; all zero: not to be seen */
    bool looked;
};

enum mapfile_news {
    MAPFILE_SAME,   /* nothing has changed, be it good or bad */
    MAPFILE_READ,   /* here is another map */
    MAPFILE_BROKEN, /* what is there now cannot be read; there is no map any more */
};

enum mapfile_news mapfile_look(struct mapfile *file, const char *path);
void mapfile_clear(struct mapfile *file); /* frees the map; all zero again */

#endif
