/*
 * fail.c - messages on stderr, as text or JSON.
 *
 * Knows nothing of verbs: the caller chooses the status. The flags below are the program's only
 * mutable state that outlives a call, set once from the command line.
 */
#include "tools/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/out.h"
#include "tools/progress.h"

#define FAIL_MESSAGE_MAX 2048 /* octets; longer messages are cut */

static bool fail_as_json;
static bool fail_quiet;
static bool fail_agent;

void fail_init(bool json, bool quiet)
{
    fail_as_json = json;
    fail_quiet = quiet;
}

void fail_init_agent(void)
{
    fail_agent = true;
}

static void fail_print_json(int status, const char *message, const char *hint)
{
    fprintf(stderr, "{\"schema\":1,\"error\":{\"code\":%d,\"message\":", status);
    out_json_string(stderr, message, strlen(message));
    fputs(",\"hint\":", stderr);
    if (hint != NULL)
        out_json_string(stderr, hint, strlen(hint));
    else
        fputs("null", stderr);
    fputs("}}\n", stderr);
}

static void fail_print_text(const char *message, const char *hint)
{
    fputs("onionpow: ", stderr);
    out_text(stderr, message, strlen(message));
    fputc('\n', stderr);
    if (hint != NULL) {
        fputs("hint: ", stderr);
        out_text(stderr, hint, strlen(hint));
        fputc('\n', stderr);
    }
}

static _Noreturn void fail_exit_agent(int status, const char *message)
{
    bool lasting = status == EX_DATAERR;

    fputs(lasting ? "5.6.0 " : "4.3.0 ", stderr);
    out_text(stderr, message, strlen(message));
    fputc('\n', stderr);
    exit(lasting ? EX_DATAERR : EX_TEMPFAIL);
}

void fail_exit(int status, const char *hint, const char *format, ...)
{
    char message[FAIL_MESSAGE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    progress_abandon();
    if (fail_agent)
        fail_exit_agent(status, message);
    if (fail_as_json)
        fail_print_json(status, message, hint);
    else
        fail_print_text(message, hint);
    exit(status);
}

void fail_note(const char *format, ...)
{
    char message[FAIL_MESSAGE_MAX];
    va_list args;

    if (fail_quiet || fail_agent)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (fail_as_json) {
        fputs("{\"schema\":1,\"note\":", stderr);
        out_json_string(stderr, message, strlen(message));
        fputs("}\n", stderr);
    } else {
        fputs("onionpow: note: ", stderr);
        out_text(stderr, message, strlen(message));
        fputc('\n', stderr);
    }
}

void *xmalloc(size_t size)
{
    return xrealloc(NULL, size);
}

void *xrealloc(void *old, size_t size)
{
    void *memory = realloc(old, size > 0 ? size : 1);

    if (memory == NULL)
        fail_exit(EX_TEMPFAIL, NULL, "out of memory: %zu octets could not be had", size);
    return memory;
}
