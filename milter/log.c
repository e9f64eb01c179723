/*
 * log.c - one line, one write. Decides where lines go and makes sure that nothing in them can be
 * taken for another line; what is said, and what privacy allows to say, is for the callers.
 */
#include "milter/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_NAME "onionpow-milter"
#define TEXT_MAX 2048                /* octets of a line before escaping; the rest is cut off */
#define ROOM_MAX (TEXT_MAX * 4 + 64) /* every octet as \xHH, the prefix, the line break */

enum sink { SINK_STDERR, SINK_JOURNAL, SINK_SYSLOG };

static atomic_int log_sink = SINK_STDERR;
static atomic_int log_most = LOG_LEVEL_INFO;

/* systemd names the device and inode of the stream that it has connected; standard error may have
 * been redirected since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long dev, inode;
    struct stat st;
    return stream && sscanf(stream, "%llu:%llu", &dev, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == inode;
}

static enum sink choose(enum conf_log target)
{
    bool journal = stderr_is_journal();
    switch (target) {
    case CONF_LOG_AUTO:
        return journal ? SINK_JOURNAL : isatty(STDERR_FILENO) ? SINK_STDERR : SINK_SYSLOG;
    case CONF_LOG_STDERR:
        return journal ? SINK_JOURNAL : SINK_STDERR;
    case CONF_LOG_SYSLOG:
        break;
    }
    return SINK_SYSLOG;
}

void log_open(enum conf_log target, enum log_level most)
{
    enum sink sink = choose(target);
    openlog(LOG_NAME, LOG_PID, LOG_MAIL); /* for libmilter's own lines in any case */
    atomic_store(&log_sink, (int)sink);
    atomic_store(&log_most, (int)most);
}

static int priority(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return LOG_ERR;
    case LOG_LEVEL_WARNING:
        return LOG_WARNING;
    case LOG_LEVEL_INFO:
        return LOG_INFO;
    case LOG_LEVEL_DEBUG:
        return LOG_DEBUG;
    }
    return LOG_ERR;
}

static size_t escape(const char *text, char *line)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)*text;
        if (octet >= ' ' && octet <= '~') {
            line[used++] = *text;
            continue;
        }
        line[used++] = '\\';
        line[used++] = 'x';
        line[used++] = digits[octet >> 4];
        line[used++] = digits[octet & 15];
    }
    return used;
}

/* Other threads may be writing: one write(2), and no lock that a slow terminal could hold. */
static void write_stderr(const char *line, size_t len)
{
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        continue;
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[TEXT_MAX], line[ROOM_MAX];
    enum sink sink = (enum sink)atomic_load(&log_sink);
    size_t used = 0;
    int saved_errno = errno;
    va_list args;

    if ((int)level > atomic_load(&log_most))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    if (sink == SINK_JOURNAL)
        used = (size_t)snprintf(line, sizeof line, "<%d>", priority(level));
    else if (sink == SINK_STDERR)
        used = (size_t)snprintf(line, sizeof line, "%s: ", LOG_NAME);
    used += escape(text, line + used);
    line[used] = '\0';
    if (sink == SINK_SYSLOG) {
        syslog(priority(level), "%s", line);
    } else {
        line[used++] = '\n';
        write_stderr(line, used);
    }
    errno = saved_errno;
}
