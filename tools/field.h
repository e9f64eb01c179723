/*
 * field.h - writes a stamp as a header field of a message.
 */
#ifndef TOOLS_FIELD_H
#define TOOLS_FIELD_H

#include <stdbool.h>

/* To stdout, checked. The value is as op_stamp_format gives it: its folds are LF and tab, but the
 * message may want CRLF. */
void xfield_write_stamp(const char *value, bool crlf);

#endif
