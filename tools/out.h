/*
 * out.h - what goes to stdout: whole, or the run fails; and text made safe for JSON and terminals.
 */
#ifndef TOOLS_OUT_H
#define TOOLS_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A JSON string with its quotes; octets that are not UTF-8 become U+FFFD. */
void out_json_string(FILE *stream, const char *text, size_t len);

/* For people: control octets become '?', so that input cannot drive the terminal. */
void out_text(FILE *stream, const char *text, size_t len);

/* Octets to stdout; the run ends with EX_IOERR if they cannot be written (silently if the reader
 * has gone, as is usual for a pipe). */
void xout_write(const void *data, size_t len);

/* Everything printed to stdout so far is handed to the system, or the run ends as above. */
void xout_flush(void);

/* The same, and closes stdout: some file systems tell of a full disk only then. Last act of a run.
 */
void xout_close(void);

#endif
