/* span.c - see span.h. Rounds to what a person wants to know; a unit ends where its last value
 * would round up to the next unit. */
#include "tools/span.h"

#include <math.h>
#include <stdio.h>

void span_format(double seconds, char text_r[SPAN_MAX])
{
    if (!(seconds >= 0)) {
        snprintf(text_r, SPAN_MAX, "?");
    } else if (seconds < 9.95) {
        snprintf(text_r, SPAN_MAX, "%.1f s", seconds);
    } else if (seconds < 119.5) {
        snprintf(text_r, SPAN_MAX, "%.0f s", seconds);
    } else if (seconds < 7199.5) {
        long s = lround(seconds);
        snprintf(text_r, SPAN_MAX, "%ld min %ld s", s / 60, s % 60);
    } else if (seconds < 2 * 86400.0 - 30) {
        long min = lround(seconds / 60);
        snprintf(text_r, SPAN_MAX, "%ld h %ld min", min / 60, min % 60);
    } else {
        snprintf(text_r, SPAN_MAX, "%.0f d", fmin(seconds / 86400, 9999999));
    }
}
