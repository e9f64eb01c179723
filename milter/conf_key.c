/*
 * conf_key.c - the table of keys. A new key is a row here, a member of struct conf, an entry in
 * onionpow.conf and one in onionpow.conf(5); a test holds them together. Knows neither files nor
 * libconfuse.
 */
#include "milter/conf_key.h"

#include <string.h>

#include "milter/conf.h"
#include "milter/conf_form.h"
#include "pow/stamp.h"

#define KIB   (UINT64_C(1) << 10)
#define MIB   (UINT64_C(1) << 20)
#define DAY_S 86400u

static const char *const log_words[] = {"auto", "syslog", "stderr", NULL};
static const char *const privacy_words[] = {"strict", "normal", "debug", NULL};
static const char *const price_words[] = {"fixed", "adaptive", NULL};
static const char *const mode_words[] = {"enforce", "monitor", "off", "sign", "mint", NULL};
static const char *const late_words[] = {"send", "tempfail", NULL};

const char *conf_mode_str(enum conf_mode mode)
{
    return mode_words[mode];
}

const char *conf_socket_path(const struct conf *conf)
{
    return conf_form_unix_path(conf->socket);
}

#define IN_CONF(member)     .offset = offsetof(struct conf, member)
#define IN_SUITE(member)    .offset = offsetof(struct conf_suite, member)
#define IN_LISTENER(member) .offset = offsetof(struct conf_listener, member)
#define LIST(member)                                                                               \
    .offset = offsetof(struct conf_listener, member),                                              \
    .count_offset = offsetof(struct conf_listener, member##_count)

static const struct conf_key keys[] = {
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "socket", IN_CONF(socket), .fixed = true,
     .fallback = "local:/run/onionpow/milter.sock", .valid = conf_form_socket,
     .allowed = "local:/PATH of at most 107 octets, inet:PORT@HOST or inet6:PORT@HOST"},
    {CONF_KEY_ROOT, CONF_KEY_OCTAL, "socket-mode", IN_CONF(socket_mode), .fixed = true,
     .fallback = "0660", .max = 0777, .allowed = "an octal mode from 0 to 0777, such as 0660"},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "user", IN_CONF(user), .fixed = true, .fallback = "onionpow",
     .valid = conf_form_name_or_empty, .allowed = "the name of a user, or \"\""},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "authserv-id", IN_CONF(authserv_id), .fallback = "",
     .valid = conf_form_authserv_id, .allowed = "a host name, or \"\" for the MTA's own"},
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
     .valid = conf_form_help_url,
     .allowed =
         "an http:// or https:// address of at most 200 ASCII octets without blanks, or \"\""},
    {CONF_KEY_ROOT, CONF_KEY_TEXT, "key-file", IN_CONF(key_file), .fixed = true,
     .fallback = "/var/lib/onionpow/site.key", .valid = conf_form_path,
     .allowed = "an absolute path"},

    {CONF_KEY_SUITE, CONF_KEY_BOOL, "enabled", IN_SUITE(enabled), .allowed = "yes or no"},
    {CONF_KEY_SUITE, CONF_KEY_COUNT, "work", IN_SUITE(work),
     .allowed = "a number of evaluations such as 16384, 16k or 2G, at least 1"},
    {CONF_KEY_SUITE, CONF_KEY_DECIMAL, "seconds", IN_SUITE(seconds), .fallback = "0", .high = 1e6,
     .allowed = "seconds of the reference laptop such as 20 or 0.5, up to 1000000; "
                "0: as work says"},
    {CONF_KEY_SUITE, CONF_KEY_DATE, "deprecated-since", IN_SUITE(deprecated_since),
     .allowed = "a day such as \"2026-01-01\", or \"\" for not deprecated"},
    {CONF_KEY_SUITE, CONF_KEY_DURATION, "doubling", IN_SUITE(doubling_s), .fallback = "90d",
     .min = DAY_S, .max = 3650 * DAY_S, .allowed = "a duration such as 90d, from 1d to 3650d"},
    {CONF_KEY_SUITE, CONF_KEY_DATE, "refuse-after", IN_SUITE(refuse_after), .fallback = "",
     .allowed = "a day such as \"2027-01-01\", or \"\" for never"},
    {CONF_KEY_SUITE, CONF_KEY_DECIMAL, "load-exponent", IN_SUITE(load_exponent), .high = 8,
     .allowed = "a number from 0 to 8, such as 1.0"},

    {CONF_KEY_LEDGER, CONF_KEY_TEXT, "backend", IN_CONF(ledger.backend), .fixed = true,
     .fallback = "lmdb", .valid = conf_form_backend, .allowed = "lmdb or memory"},
    {CONF_KEY_LEDGER, CONF_KEY_TEXT, "path", IN_CONF(ledger.path), .fixed = true,
     .fallback = "/var/lib/onionpow/ledger", .valid = conf_form_path,
     .allowed = "an absolute path"},
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

    {CONF_KEY_PRICE, CONF_KEY_WORD, "mode", IN_CONF(price.mode), .fallback = "fixed",
     .words = price_words, .allowed = "fixed or adaptive"},
    {CONF_KEY_PRICE, CONF_KEY_DECIMAL, "target", IN_CONF(price.target), .fallback = "60",
     .low = 0.01, .high = 1e6, .allowed = "messages an hour, from 0.01 to 1000000"},
    {CONF_KEY_PRICE, CONF_KEY_DECIMAL, "ceiling", IN_CONF(price.ceiling), .fallback = "16",
     .low = 1, .high = 1e6, .allowed = "a factor from 1 to 1000000"},
    {CONF_KEY_PRICE, CONF_KEY_DURATION, "window", IN_CONF(price.window_s), .fallback = "6h",
     .min = 600, .max = DAY_S, .allowed = "a duration such as 90m or 6h, from 10m to 24h"},
    {CONF_KEY_PRICE, CONF_KEY_DURATION, "grace", IN_CONF(price.grace_s), .fallback = "6h",
     .max = DAY_S, .allowed = "a duration such as 90m or 6h, from 0 to 24h"},
    {CONF_KEY_PRICE, CONF_KEY_DURATION, "quote", IN_CONF(price.quote_s), .fallback = "24h",
     .min = 600, .max = 7 * DAY_S, .allowed = "a duration such as 36h or 2d, from 10m to 7d"},

    {CONF_KEY_CIRCUIT, CONF_KEY_NUMBER, "free", IN_CONF(circuit.free), .fallback = "20",
     .max = 1000000, .allowed = "a number of messages from 0 to 1000000"},
    {CONF_KEY_CIRCUIT, CONF_KEY_DECIMAL, "growth", IN_CONF(circuit.growth), .fallback = "1.1",
     .low = 1, .high = 10, .allowed = "a factor from 1 to 10, such as 1.1"},
    {CONF_KEY_CIRCUIT, CONF_KEY_DECIMAL, "surcharge", IN_CONF(circuit.surcharge), .fallback = "2.0",
     .low = 1, .high = 100, .allowed = "a factor from 1 to 100, such as 2.0"},
    {CONF_KEY_CIRCUIT, CONF_KEY_DURATION, "forget", IN_CONF(circuit.forget_s), .fallback = "10m",
     .min = 1, .max = DAY_S, .allowed = "a duration such as 90s or 10m, from 1s to 24h"},
    {CONF_KEY_CIRCUIT, CONF_KEY_NUMBER, "clients", IN_CONF(circuit.clients), .fixed = true,
     .fallback = "65536", .min = 16, .max = UINT64_C(1) << 24,
     .allowed = "a number from 16 to 16777216"},

    {CONF_KEY_REPLIES, CONF_KEY_BOOL, "accept", IN_CONF(replies.accept), .fallback = "yes",
     .allowed = "yes or no"},
    {CONF_KEY_REPLIES, CONF_KEY_DURATION, "validity", IN_CONF(replies.validity_s),
     .fallback = "30d", .min = DAY_S, .max = 365 * DAY_S,
     .allowed = "a duration such as 30d, from 1d to 365d"},
    {CONF_KEY_REPLIES, CONF_KEY_NUMBER, "uses", IN_CONF(replies.uses), .fallback = "5", .min = 1,
     .max = 100, .allowed = "a number from 1 to 100"},

    {CONF_KEY_MINT, CONF_KEY_NUMBER, "messages", IN_CONF(mint.messages), .fallback = "1", .min = 1,
     .max = 64, .allowed = "a number from 1 to 64"},
    {CONF_KEY_MINT, CONF_KEY_NUMBER, "max-cpu-threads", IN_CONF(mint.max_cpu_threads),
     .fallback = "0", .max = 1024, .allowed = "a number from 0 (all processors) to 1024"},
    {CONF_KEY_MINT, CONF_KEY_SIZE, "max-memory", IN_CONF(mint.max_memory), .fallback = "512MiB",
     .min = 64 * KIB, .max = UINT64_C(1) << 44,
     .allowed = "a size such as 64MiB or 1GiB, from 64KiB to 16TiB"},
    {CONF_KEY_MINT, CONF_KEY_NUMBER, "queue", IN_CONF(mint.queue), .fallback = "16", .max = 65536,
     .allowed = "a number from 0 to 65536"},
    {CONF_KEY_MINT, CONF_KEY_DURATION, "time", IN_CONF(mint.time_s), .fallback = "90s", .min = 1,
     .max = 240,
     .allowed = "a duration from 1s to 240s: MTAs give up on a filter after five minutes"},
    {CONF_KEY_MINT, CONF_KEY_NUMBER, "recipients", IN_CONF(mint.recipients), .fallback = "20",
     .min = 1, .max = OP_STAMPS_MAX, .allowed = "a number from 1 to 200"},
    {CONF_KEY_MINT, CONF_KEY_WORD, "late", IN_CONF(mint.late), .fallback = "send",
     .words = late_words, .allowed = "send or tempfail"},
    {CONF_KEY_MINT, CONF_KEY_TEXT, "offers", IN_CONF(mint.offers), .fallback = "",
     .valid = conf_form_path_or_empty, .allowed = "an absolute path, or \"\" for none"},

    {CONF_KEY_METRICS, CONF_KEY_TEXT, "listen", IN_CONF(metrics.listen), .fixed = true,
     .fallback = "", .valid = conf_form_listen,
     .allowed = "inet:PORT@ADDRESS with a number or localhost, local:/PATH, or \"\" for none"},
    {CONF_KEY_METRICS, CONF_KEY_BOOL, "public", IN_CONF(metrics.public), .fallback = "no",
     .allowed = "yes or no"},
    {CONF_KEY_METRICS, CONF_KEY_TEXT, "textfile", IN_CONF(metrics.textfile), .fallback = "",
     .valid = conf_form_path_or_empty, .allowed = "an absolute path, or \"\" for none"},

    {CONF_KEY_LISTENER, CONF_KEY_NAMES, "match-daemon", LIST(match_daemon), .fallback = "",
     .valid = conf_form_macro, .allowed = "names of MTA listeners, without blanks"},
    {CONF_KEY_LISTENER, CONF_KEY_NETS, "match-client", LIST(match_client), .fallback = "",
     .allowed = "addresses or networks without host bits, such as 192.0.2.0/24 or "
                "fc00:dead:beef:4dad::/64"},
    {CONF_KEY_LISTENER, CONF_KEY_WORD, "mode", IN_LISTENER(mode), .fallback = "enforce",
     .words = mode_words, .allowed = "enforce, monitor, off, sign or mint"},
    {CONF_KEY_LISTENER, CONF_KEY_BOOL, "relay-guard", IN_LISTENER(relay_guard), .fallback = "yes",
     .allowed = "yes or no"},
    {CONF_KEY_LISTENER, CONF_KEY_NAMES, "local-mailers", LIST(local_mailers),
     .fallback = "local,virtual,lmtp,dovecot,cyrus,error", .valid = conf_form_macro,
     .allowed = "names of MTA delivery agents, without blanks"},
    {CONF_KEY_LISTENER, CONF_KEY_DECIMAL, "price-factor", IN_LISTENER(price_factor),
     .fallback = "1.0", .low = 0.01, .high = 1000,
     .allowed = "a number from 0.01 to 1000, such as 1.5"},
    {CONF_KEY_LISTENER, CONF_KEY_BOOL, "gateway", IN_LISTENER(gateway), .fallback = "no",
     .allowed = "yes or no"},
    {CONF_KEY_LISTENER, CONF_KEY_NAMES, "mint-domains", LIST(mint_domains), .fallback = ".onion",
     .valid = conf_form_domain,
     .allowed = "domains in their ASCII form such as example.org, or .example.org for all below"},

    {CONF_KEY_EXEMPT, CONF_KEY_BOOL, "authenticated", IN_LISTENER(exempt.authenticated),
     .fallback = "yes", .allowed = "yes or no"},
    {CONF_KEY_EXEMPT, CONF_KEY_NETS, "client", LIST(exempt.client), .fallback = "",
     .allowed = "addresses or networks without host bits, such as 192.0.2.0/24"},
    {CONF_KEY_EXEMPT, CONF_KEY_ADDRESSES, "sender", LIST(exempt.sender), .fallback = "",
     .allowed = "addresses such as bob@example.org, or @example.org for all of a domain"},
    {CONF_KEY_EXEMPT, CONF_KEY_TEXT, "recipient-map", IN_LISTENER(exempt.recipient_map),
     .fallback = "", .valid = conf_form_path_or_empty,
     .allowed = "an absolute path, or \"\" for none"},
    {CONF_KEY_EXEMPT, CONF_KEY_DECIMAL, "role-factor", IN_LISTENER(exempt.role_factor),
     .fallback = "0.25", .high = 1, .allowed = "a number from 0 to 1, such as 0.25"},
    {CONF_KEY_EXEMPT, CONF_KEY_DECIMAL, "null-sender-factor",
     IN_LISTENER(exempt.null_sender_factor), .fallback = "0.25", .high = 1,
     .allowed = "a number from 0 to 1, such as 0.25"},
    {CONF_KEY_EXEMPT, CONF_KEY_NUMBER, "null-sender-cap", IN_LISTENER(exempt.null_sender_cap),
     .fallback = "5", .max = 1000000, .allowed = "a number of messages from 0 to 1000000"},
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
    case CONF_KEY_CIRCUIT:
        return "circuit";
    case CONF_KEY_REPLIES:
        return "replies";
    case CONF_KEY_MINT:
        return "mint";
    case CONF_KEY_METRICS:
        return "metrics";
    case CONF_KEY_LISTENER:
        return "listener";
    case CONF_KEY_EXEMPT:
        return "exempt";
    }
    return "";
}

bool conf_key_titled(enum conf_key_block block)
{
    return block == CONF_KEY_SUITE || block == CONF_KEY_LISTENER;
}

enum conf_key_block conf_key_block_in(enum conf_key_block block)
{
    return block == CONF_KEY_EXEMPT ? CONF_KEY_LISTENER : CONF_KEY_ROOT;
}

bool conf_key_is_list(const struct conf_key *key)
{
    return key->kind == CONF_KEY_NAMES || key->kind == CONF_KEY_ADDRESSES ||
           key->kind == CONF_KEY_NETS;
}
