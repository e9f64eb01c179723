/*
 * sender.c - the sender's configuration as a whole: defaults, then the machine's file, then the
 * user's, or the one that was named. Decides which files count and whose are believed, not what
 * their keys may be.
 */
#include "tools/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/sender_home.h"
#include "tools/sender_key.h"
#include "tools/sender_parse.h"
#include "tools/sender_value.h"

#define SENDER_FILE_MAX (1 << 20) /* octets of a configuration: far beyond any honest one */

__attribute__((format(printf, 2, 3))) static bool sender_complain(char *why_r, const char *format,
                                                                  ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why_r, SENDER_WHY_MAX, format, args);
    va_end(args);
    return false;
}

/* --- files -------------------------------------------------------------------------------- */

static bool sender_read_stream(struct sender *sender, const char *path, FILE *file, char *why_r)
{
    char *text = malloc(SENDER_FILE_MAX + 1);

    if (text == NULL)
        return sender_complain(why_r, "%.400s: out of memory", path);
    size_t len = fread(text, 1, SENDER_FILE_MAX + 1, file);
    bool ok = false;
    if (ferror(file))
        sender_complain(why_r, "%.400s: cannot be read: %s", path, strerror(errno));
    else if (len > SENDER_FILE_MAX)
        sender_complain(why_r, "%.400s: got more than 1 MiB, allowed: a configuration", path);
    else
        ok = sender_parse(sender, path, text, len, why_r);
    free(text);
    return ok;
}

/* Only what may be missing is passed over when it is. */
static bool sender_read_file(struct sender *sender, const char *path, bool may_miss, char *why_r)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return (may_miss && (errno == ENOENT || errno == ENOTDIR)) ||
               sender_complain(why_r, "%.400s: cannot be read: %s", path, strerror(errno));
    bool ok = sender_read_stream(sender, path, file, why_r);
    fclose(file);
    return ok;
}

/* Whose words are obeyed: they say by what proxy we go. The environment may be another user's. */
static bool sender_believed(const char *path, const struct stat *status, char *why_r)
{
    if (!S_ISREG(status->st_mode))
        return sender_complain(why_r, "%.400s: not a regular file", path);
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return sender_complain(why_r,
                               "%.400s: belongs to user %u, and this is user %u: with --config it "
                               "is read all the same",
                               path, (unsigned)status->st_uid, (unsigned)geteuid());
    if ((status->st_mode & S_IWOTH) != 0)
        return sender_complain(why_r, "%.400s: others may write to it: chmod o-w it", path);
    return true;
}

/* Opened without waiting: a FIFO would hang it. */
static bool sender_read_own(struct sender *sender, const char *path, char *why_r)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    FILE *file = fd >= 0 && fstat(fd, &status) == 0 ? fdopen(fd, "r") : NULL;
    if (file == NULL) {
        sender_complain(why_r, "%.400s: cannot be read: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool ok =
        sender_believed(path, &status, why_r) && sender_read_stream(sender, path, file, why_r);
    fclose(file);
    return ok;
}

static bool sender_read_user(struct sender *sender, char *why_r)
{
    char *directory, *path;

    if (!sender_home("XDG_CONFIG_HOME", ".config", &directory))
        return sender_complain(why_r, "out of memory");
    if (directory == NULL)
        return true;
    int len = asprintf(&path, "%s/sender.conf", directory);
    free(directory);
    if (len < 0)
        return sender_complain(why_r, "out of memory");
    bool ok = sender_read_own(sender, path, why_r);
    free(path);
    return ok;
}

/* --- the whole ---------------------------------------------------------------------------- */

/* NULL: out of memory. */
static struct sender *sender_new(void)
{
    struct sender *sender = calloc(1, sizeof *sender);

    for (size_t i = 0; sender != NULL && i < sender_key_count(); i++) {
        const struct sender_key *key = sender_key_at(i);
        if (sender_key_is_list(key))
            continue;
        enum sender_value_set set = sender_value_set(key, sender, key->fallback);
        OP_BUG_IF(set == SENDER_VALUE_REFUSED);
        if (set == SENDER_VALUE_NOMEM) {
            sender_free(sender);
            return NULL;
        }
    }
    return sender;
}

void sender_free(struct sender *sender)
{
    if (sender == NULL)
        return;
    for (size_t i = 0; i < sender_key_count(); i++)
        sender_value_clear(sender_key_at(i), sender);
    free(sender);
}

struct sender *sender_load(const char *path, char why_r[SENDER_WHY_MAX])
{
    struct sender *sender = sender_new();
    bool ok = false;

    if (sender == NULL)
        sender_complain(why_r, "out of memory");
    else if (path != NULL)
        ok = sender_read_file(sender, path, false, why_r);
    else
        ok = sender_read_file(sender, SENDER_PATH, true, why_r) && sender_read_user(sender, why_r);
    if (ok)
        return sender;
    sender_free(sender);
    return NULL;
}

struct sender *sender_load_text(const char *name, const char *text, size_t len,
                                char why_r[SENDER_WHY_MAX])
{
    struct sender *sender = sender_new();

    if (sender == NULL)
        sender_complain(why_r, "%.400s: out of memory", name);
    else if (sender_parse(sender, name, text, len, why_r))
        return sender;
    sender_free(sender);
    return NULL;
}

/* --- writing ------------------------------------------------------------------------------ */

static void sender_dump_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\' || *text == '$') /* ${NAME} is the environment's */
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void sender_dump_list(const struct sender_key *key, const struct sender *sender, FILE *out)
{
    char scratch[OP_UNITS_MAX];
    size_t count = sender_value_count(key, sender);

    fputs(count > 0 ? "{ " : "{", out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", out);
        sender_dump_text(sender_value_text(key, sender, i, scratch), out);
    }
    fputs(count > 0 ? " }" : "}", out);
}

void sender_dump(const struct sender *sender, FILE *out)
{
    char scratch[OP_UNITS_MAX];

    for (size_t i = 0; i < sender_key_count(); i++) {
        const struct sender_key *key = sender_key_at(i);
        fprintf(out, "%s = ", key->name);
        if (sender_key_is_list(key))
            sender_dump_list(key, sender, out);
        else if (key->kind == SENDER_KEY_TEXT)
            sender_dump_text(sender_value_text(key, sender, 0, scratch), out);
        else
            fputs(sender_value_text(key, sender, 0, scratch), out);
        fputc('\n', out);
    }
}
