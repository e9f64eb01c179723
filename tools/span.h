/*
 * span.h - spans of time for people: "0.3 s", "42 s", "3 min 20 s", "2 h 5 min", "11 d".
 */
#ifndef TOOLS_SPAN_H
#define TOOLS_SPAN_H

#define SPAN_MAX 32 /* octets that span_format writes, NUL included */

/* Two units at most; "?" for a negative number (unknown); never longer than "9999999 d". */
void span_format(double seconds, char text_r[SPAN_MAX]);

#endif
