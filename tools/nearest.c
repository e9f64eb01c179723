/* nearest.c - see nearest.h. */
#include "tools/nearest.h"

#include <string.h>

#define NEAREST_MAX 31 /* octets: longer than any verb or option */

static size_t nearest_min3(size_t a, size_t b, size_t c)
{
    size_t min = a < b ? a : b;

    return min < c ? min : c;
}

size_t nearest_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    size_t cost[NEAREST_MAX + 1][NEAREST_MAX + 1]; /* of the first i octets of a, j of b */

    if (a_len > NEAREST_MAX || b_len > NEAREST_MAX)
        return NEAREST_MAX + 1;
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            cost[i][j] = nearest_min3(cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                                      cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                cost[i - 2][j - 2] + 1 < cost[i][j])
                cost[i][j] = cost[i - 2][j - 2] + 1;
        }
    }
    return cost[a_len][b_len];
}

bool nearest_plausible(const char *word, size_t distance)
{
    size_t limit = strlen(word) / 3;

    return distance <= (limit > 0 ? limit : 1);
}
