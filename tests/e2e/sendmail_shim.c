/*
 * sendmail_shim.c - for a private Sendmail: its log goes to a file, and its host has a full name.
 *
 * Preloaded. Sendmail logs by syslog alone, and waits a minute at its start where the name of the
 * host has no dot.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

/* An open file would not do: Sendmail closes all that it did not open. */
static char log_path[4096];

/* At once: it empties its environment too. */
__attribute__((constructor)) static void keep_path(void)
{
    const char *path = getenv("SENDMAIL_SHIM_LOG");

    if (path != NULL)
        snprintf(log_path, sizeof log_path, "%s", path);
}

int gethostname(char *name, size_t len)
{
    snprintf(name, len, "mx.test");
    return 0;
}

void vsyslog(int priority, const char *format, va_list args)
{
    char line[4096];
    int len = vsnprintf(line, sizeof line - 1, format, args);
    int log = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);

    (void)priority;
    if (log < 0 || len < 0)
        return;
    if ((size_t)len > sizeof line - 2)
        len = sizeof line - 2;
    line[len] = '\n';
    (void)!write(log, line, (size_t)len + 1); /* there is nobody to tell */
    close(log);
}

void syslog(int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsyslog(priority, format, args);
    va_end(args);
}

/* What _FORTIFY_SOURCE makes of the two. */
void __vsyslog_chk(int priority, int flag, const char *format, va_list args);
void __syslog_chk(int priority, int flag, const char *format, ...);

void __vsyslog_chk(int priority, int flag, const char *format, va_list args)
{
    (void)flag;
    vsyslog(priority, format, args);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;

    (void)flag;
    va_start(args, format);
    vsyslog(priority, format, args);
    va_end(args);
}
