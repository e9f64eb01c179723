/*
 * conf_key.c - the table of keys, and the forms that a text can have. A new key is a row here, a
 * member of struct conf, an entry in onionpow.conf and one in onionpow.conf(5); a test holds them
 * together. Knows neither files nor libconfuse.
 */
#include "milter/conf_key.h"

#include <string.h>
#include <sys/types.h>
#include <sys/un.h>

#include "milter/conf.h"
#include "pow/units.h"

#define HELP_URL_MAX 200 /* octets: it has to fit into one line of an SMTP reply */
#define KIB          (UINT64_C(1) << 10)
#define MIB          (UINT64_C(1) << 20)

#define DAY_S 86400u

/* --- forms of texts ----------------------------------------------------------------------- */

static bool is_graphic(const char *text) /* visible ASCII, no blanks */
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~')
            return false;
    }
    return true;
}

static bool is_path(const char *text)
{
    if (text[0] != '/')
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static bool is_inet(const char *text) /* PORT@HOST; without a host libmilter would listen to all */
{
    const char *at = strchr(text, '@');
    uint64_t port;
    return at && op_decimal_parse(text, (size_t)(at - text), &port) && port >= 1 && port <= 65535 &&
           at[1] != '\0' && is_graphic(at + 1);
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static const char *unix_path(const char *text)
{
    const char *path = after(text, "local:");
    return path ? path : after(text, "unix:");
}

static bool is_socket(const char *text)
{
    const char *path = unix_path(text);
    if (path)
        return is_path(path) && strlen(path) < sizeof((struct sockaddr_un *)0)->sun_path;
    const char *inet = after(text, "inet:");
    if (!inet)
        inet = after(text, "inet6:");
    return inet && is_inet(inet);
}

bool conf_key_name_valid(const char *text)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t len = strspn(text, set);
    return len > 0 && len <= CONF_KEY_NAME_MAX && text[len] == '\0';
}

static bool is_name_or_empty(const char *text)
{
    return *text == '\0' || conf_key_name_valid(text);
}

static bool is_authserv_id(const char *text) /* a value of RFC 8601 that needs no quotes */
{
    return strlen(text) <= 255 && is_graphic(text) && strpbrk(text, "()<>@,;:\\\"/[]?=") == NULL;
}

static bool is_help_url(const char *text)
{
    if (*text == '\0')
        return true;
    return (after(text, "https://") || after(text, "http://")) && strlen(text) <= HELP_URL_MAX &&
           is_graphic(text);
}

static bool is_backend(const char *text)
{
    return strcmp(text, "lmdb") == 0 || strcmp(text, "memory") == 0;
}

static bool is_macro(const char *text)
{
    return *text != '\0' && strlen(text) <= 255 && is_graphic(text);
}

const char *conf_socket_path(const struct conf *conf)
{
    return unix_path(conf->socket);
}

/* --- the table ---------------------------------------------------------------------------- */

static const char *const log_words[] = {"auto", "syslog", "stderr", NULL};
static const char *const privacy_words[] = {"strict", "normal", "debug", NULL};
static const char *const price_words[] = {"fixed", NULL};
static const char *const mode_words[] = {"enforce", "monitor", "off", NULL};

const char *conf_mode_str(enum conf_mode mode)
{
    return mode_words[mode];
}

#define IN_CONF(member)     .offset = offsetof(struct conf, member)
#define IN_SUITE(member)    .offset = offsetof(struct conf_suite, member)
#define IN_LISTENER(member) .offset = offsetof(struct conf_listener, member)
#define LIST(member)                                                                               \
    .offset = offsetof(struct conf_listener, member),                                              \
    .count_offset = offsetof(struct conf_listener, member##_count)

static const struct conf_key keys[] = {
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "socket", IN_CONF(socket), .fixed = true,
     .fallback = "local:/run/onionpow/milter.sock", .valid = is_socket,
     .allowed = "local:/PATH of at most 107 octets, inet:PORT@HOST or inet6:PORT@HOST"},
    {CONF_KEY_ROOT, CONF_KEY_OCTAL, "socket-mode", IN_CONF(socket_mode), .fixed = true,
     .fallback = "0660", .max = 0777, .allowed = "an octal mode from 0 to 0777, such as 0660"},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "user", IN_CONF(user), .fixed = true, .fallback = "onionpow",
     .valid = is_name_or_empty, .allowed = "the name of a user, or \"\""},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "authserv-id", IN_CONF(authserv_id), .fallback = "",
     .valid = is_authserv_id, .allowed = "a host name, or \"\" for the MTA's own"},
    {CONF_KEY_ROOT, CONF_KEY_DURATION, "validity", IN_CONF(validity_s), .fallback = "7d",
     .min = 3600, .max = 365 * DAY_S,
     .allowed = "a duration such as 90m, 36h or 7d, from 1h to 365d"},
    {CONF_KEY_ROOT, CONF_KEY_DURATION, "clock-skew", IN_CONF(clock_skew_s), .fallback = "12h",
     .max = 7 * DAY_S, .allowed = "a duration such as 90m or 12h, from 0 to 7d"},
    {CONF_KEY_ROOT, CONF_KEY_WORD, "log-privacy", IN_CONF(log_privacy), .fallback = "strict",
     .words = privacy_words, .allowed = "strict, normal or debug"},
    {CONF_KEY_ROOT, CONF_KEY_WORD, "log", IN_CONF(log), .fallback = "auto", .words = log_words,
     .allowed = "auto, syslog or stderr"},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "help-url", IN_CONF(help_url), .fallback = "",
     .valid = is_help_url,
     .allowed =
         "an http:// or https:// address of at most 200 ASCII octets without blanks, or \"\""},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "key-file", IN_CONF(key_file), .fixed = true,
     .fallback = "/var/lib/onionpow/site.key", .valid = is_path, .allowed = "an absolute path"},

    {CONF_KEY_SUITE, CONF_KEY_BOOL, "enabled", IN_SUITE(enabled), .allowed = "yes or no"},
    {CONF_KEY_SUITE, CONF_KEY_COUNT, "work", IN_SUITE(work),
     .allowed = "a number of evaluations such as 16384, 16k or 2G, at least 1"},

    {CONF_KEY_LEDGER, CONF_KEY_TEXT, "backend", IN_CONF(ledger.backend), .fixed = true,
     .fallback = "lmdb", .valid = is_backend, .allowed = "lmdb or memory"},
    {CONF_KEY_LEDGER, CONF_KEY_TEXT, "path", IN_CONF(ledger.path), .fixed = true,
     .fallback = "/var/lib/onionpow/ledger", .valid = is_path, .allowed = "an absolute path"},
    {CONF_KEY_LEDGER, CONF_KEY_SIZE, "max-size", IN_CONF(ledger.max_size), .fixed = true,
     .fallback = "1GiB", .min = MIB, .max = UINT64_C(1) << 44,
     .allowed = "a size such as 64MiB or 1GiB, from 1MiB to 16TiB"},

    {CONF_KEY_VERIFY, CONF_KEY_NUMBER, "max-cpu-threads", IN_CONF(verify.max_cpu_threads),
     .fallback = "0", .max = 1024, .allowed = "a number from 0 (all processors) to 1024"},
    {CONF_KEY_VERIFY, CONF_KEY_SIZE, "max-memory", IN_CONF(verify.max_memory), .fallback = "512MiB",
     .min = 64 * KIB, .max = UINT64_C(1) << 44,
     .allowed = "a size such as 64MiB or 1GiB, from 64KiB to 16TiB"},
    {CONF_KEY_VERIFY, CONF_KEY_NUMBER, "queue", IN_CONF(verify.queue), .fallback = "64",
     .max = 65536, .allowed = "a number from 0 to 65536"},
    {CONF_KEY_VERIFY, CONF_KEY_DURATION, "wait", IN_CONF(verify.wait_s), .fallback = "20s",
     .max = 240,
     .allowed = "a duration from 0 to 240s: MTAs give up on a filter after five minutes"},

    {CONF_KEY_PRICE, CONF_KEY_WORD, "mode", IN_CONF(price_mode), .fallback = "fixed",
     .words = price_words, .allowed = "fixed, which is the only mode there is"},

    {CONF_KEY_LISTENER, CONF_KEY_NAMES, "match-daemon", LIST(match_daemon), .fallback = "",
     .valid = is_macro, .allowed = "names of MTA listeners, without blanks"},
    {CONF_KEY_LISTENER, CONF_KEY_NETS, "match-client", LIST(match_client), .fallback = "",
     .allowed = "addresses or networks without host bits, such as 192.0.2.0/24 or "
                "fc00:dead:beef:4dad::/64"},
    {CONF_KEY_LISTENER, CONF_KEY_WORD, "mode", IN_LISTENER(mode), .fallback = "enforce",
     .words = mode_words, .allowed = "enforce, monitor or off"},
    {CONF_KEY_LISTENER, CONF_KEY_BOOL, "relay-guard", IN_LISTENER(relay_guard), .fallback = "yes",
     .allowed = "yes or no"},
    {CONF_KEY_LISTENER, CONF_KEY_NAMES, "local-mailers", LIST(local_mailers),
     .fallback = "local,virtual,lmtp,dovecot,cyrus,error", .valid = is_macro,
     .allowed = "names of MTA delivery agents, without blanks"},
    {CONF_KEY_LISTENER, CONF_KEY_FACTOR, "price-factor", IN_LISTENER(price_factor),
     .fallback = "1.0", .allowed = "a number from 0.01 to 1000, such as 1.5"},
};

size_t conf_key_count(void)
{
    return sizeof keys / sizeof *keys;
}

const struct conf_key *conf_key_at(size_t index)
{
    return &keys[index];
}

const struct conf_key *conf_key_find(enum conf_key_block block, const char *name)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        if (keys[i].block == block && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

const char *conf_key_block_str(enum conf_key_block block)
{
    switch (block) {
    case CONF_KEY_ROOT:
        return "";
    case CONF_KEY_SUITE:
        return "suite";
    case CONF_KEY_LEDGER:
        return "ledger";
    case CONF_KEY_VERIFY:
        return "verify";
    case CONF_KEY_PRICE:
        return "price";
    case CONF_KEY_LISTENER:
        return "listener";
    }
    return "";
}

bool conf_key_titled(enum conf_key_block block)
{
    return block == CONF_KEY_SUITE || block == CONF_KEY_LISTENER;
}

bool conf_key_is_list(const struct conf_key *key)
{
    return key->kind == CONF_KEY_NAMES || key->kind == CONF_KEY_NETS;
}
