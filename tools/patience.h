/*
 * patience.h - how long the other side may keep one delivery waiting, over all connections, replies
 * and tries of it together: a budget from which each wait is cut.
 *
 * A value. Pure: the clock is the caller's, in seconds of any clock that only goes forward.
 */
#ifndef TOOLS_PATIENCE_H
#define TOOLS_PATIENCE_H

#include <stdbool.h>

struct patience {
    double left_s; /* set at the start, and counted down */
    double since;  /* when the present wait began */
};

/* A wait begins that is to last for most_s at the most. Returns its deadline, which is sooner when
 * there is less left. */
double patience_begin(struct patience *patience, double now, double most_s);

/* It has ended. free_s of it were no waiting: the other side has been taking what we sent. */
void patience_end(struct patience *patience, double now, double free_s);

bool patience_is_over(const struct patience *patience);

#endif
