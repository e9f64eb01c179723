/*
 * input.h - opens what a verb reads: a file by name, "-" or nothing for stdin.
 */
#ifndef TOOLS_INPUT_H
#define TOOLS_INPUT_H

#include <stddef.h>
#include <stdio.h>

/* For reading; ends the run with EX_NOINPUT if it cannot be opened. stdin is never closed. */
FILE *xinput_open(const char *name);
void input_close(FILE *stream);

/* The whole text, NUL-terminated, to be freed; ends the run with EX_DATAERR if it is above `max`
 * octets and with EX_IOERR if it cannot be read. */
char *xinput_text(const char *name, size_t max, size_t *len_r);

#endif
