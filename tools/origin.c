/* origin.c - see origin.h. */
#include "tools/origin.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tools/fail.h"
#include "tools/rcptlist.h"

static bool origin_find(const struct message *message, const char *name,
                        struct message_field *field_r)
{
    for (size_t at = 0; message_next(message, &at, field_r);) {
        if (message_field_is(field_r, name))
            return true;
    }
    return false;
}

static bool origin_of_field(const struct message *message, const char *name,
                            char address_r[ORIGIN_ADDR_MAX])
{
    struct rcptlist list = {0};
    struct rcptlist_error error;
    struct message_field field;

    if (!origin_find(message, name, &field))
        return false;
    bool found = rcptlist_add_value(&list, field.value, field.value_len, &error) && list.count > 0;
    if (found)
        snprintf(address_r, ORIGIN_ADDR_MAX, "%s", list.rcpts[0].spelled);
    rcptlist_clear(&list);
    return found;
}

void origin_address(const struct message *message, const char *domain,
                    char address_r[ORIGIN_ADDR_MAX])
{
    static const char *const fields[] = {"Resent-Sender", "Resent-From", "Sender", "From"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (origin_of_field(message, fields[i], address_r))
            return;
    }
    const struct passwd *user = getpwuid(getuid());
    snprintf(address_r, ORIGIN_ADDR_MAX, "%.200s@%.255s", user != NULL ? user->pw_name : "nobody",
             domain);
}

/* A display name as a quoted string; what cannot stand in one is left out. */
static void origin_quote(const char *name, char quoted_r[ORIGIN_ADDR_MAX])
{
    size_t len = 0;

    for (; *name != '\0' && len < ORIGIN_ADDR_MAX - 3; name++) {
        if ((unsigned char)*name < ' ' || *name == 0x7f)
            continue;
        if (*name == '"' || *name == '\\')
            quoted_r[len++] = '\\';
        quoted_r[len++] = *name;
    }
    quoted_r[len] = '\0';
}

/* The one clock, without a locale: RFC 5322 section 3.3 in UTC. */
static void origin_date(int64_t now, char date_r[64])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = now;
    struct tm utc;

    gmtime_r(&seconds, &utc);
    snprintf(date_r, 64, "%s, %d %s %d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday,
             months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void origin_message_id(const char *address, char id_r[ORIGIN_ADDR_MAX])
{
    const char *at = strrchr(address, '@');
    uint64_t random[2];

    if (getrandom(random, sizeof random, 0) != sizeof random)
        fail_exit(EX_OSERR, NULL, "there are no random numbers");
    snprintf(id_r, ORIGIN_ADDR_MAX, "%016llx%016llx@%.255s", (unsigned long long)random[0],
             (unsigned long long)random[1], at != NULL ? at + 1 : "localhost");
}

bool origin_fields(const struct message *message, const char *address, const char *name,
                   int64_t now, char fields_r[ORIGIN_FIELDS_MAX])
{
    char quoted[ORIGIN_ADDR_MAX], text[ORIGIN_ADDR_MAX];
    struct message_field field;
    size_t len = 0;

    if (!origin_find(message, "From", &field)) {
        origin_quote(name != NULL ? name : "", quoted);
        len += (size_t)snprintf(fields_r + len, ORIGIN_FIELDS_MAX - len,
                                quoted[0] != '\0' ? "From: \"%s\" <%s>\n" : "From: %s<%s>\n",
                                quoted, address);
    }
    if (!origin_find(message, "Date", &field)) {
        origin_date(now, text);
        len += (size_t)snprintf(fields_r + len, ORIGIN_FIELDS_MAX - len, "Date: %s\n", text);
    }
    if (!origin_find(message, "Message-ID", &field)) {
        origin_message_id(address, text);
        len +=
            (size_t)snprintf(fields_r + len, ORIGIN_FIELDS_MAX - len, "Message-ID: <%s>\n", text);
    }
    return len > 0;
}
