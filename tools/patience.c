/* patience.c - see patience.h. */
#include "tools/patience.h"

#include <math.h>

double patience_begin(struct patience *patience, double now, double most_s)
{
    patience->since = now;
    return now + fmin(most_s, patience->left_s);
}

void patience_end(struct patience *patience, double now, double free_s)
{
    double waited = fmax(0, now - patience->since - free_s);

    patience->left_s = fmax(0, patience->left_s - waited);
}

bool patience_is_over(const struct patience *patience)
{
    return patience->left_s <= 0;
}
