/*
 * fail.h - how a run ends badly: one message on stderr, one exit status.
 *
 * Exit statuses are those of <sysexits.h> where one fits; the rest are named here. Messages say
 * what, then why; a hint says what to do. With --json a failure is one JSON object.
 */
#ifndef TOOLS_FAIL_H
#define TOOLS_FAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sysexits.h>

enum {
    FAIL_JUDGED = 1,   /* a judgement was asked for, and it is "no" */
    FAIL_SIGNAL = 128, /* plus the number of the signal */
};

/* Chooses the form of what follows; called once, before the first message. */
void fail_init(bool json, bool quiet);

/* An MTA has started us, and returns the message to its sender on every exit status but 75:
 * whatever is no fault of the message (EX_DATAERR) is "later" from now on, and messages begin with
 * the enhanced status code that Postfix's pipe(8) looks for. Notes are silent. */
void fail_init_agent(void);

/* Prints the message and the hint (NULL: none) and exits with `status`. */
_Noreturn void fail_exit(int status, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Something that the user should know and that changes nothing; silent with --quiet. */
void fail_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory or the end of the run (status EX_TEMPFAIL). */
void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);

#endif
