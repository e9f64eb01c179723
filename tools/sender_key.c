/*
 * sender_key.c - the table of keys. A new key is a row here, a member of struct sender, an entry in
 * sender.conf and one in sender.conf(5); a test holds them together. Checks forms only: whether a
 * file or a host is there shows itself when it is used.
 */
#include "tools/sender_key.h"

#include <arpa/inet.h>
#include <string.h>

#include "pow/units.h"
#include "tools/sender.h"

#define DAY_S       86400u
#define HOST_MAX    253 /* octets of a name */
#define ADDRESS_LEN INET6_ADDRSTRLEN

static bool sender_key_graphic(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return len > 0;
}

static bool sender_key_path(const char *text)
{
    if (text[0] != '/')
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

static bool sender_key_path_or_empty(const char *text)
{
    return *text == '\0' || sender_key_path(text);
}

static bool sender_key_port(const char *text)
{
    uint64_t port;

    return op_decimal_parse(text, strlen(text), &port) && port >= 1 && port <= UINT16_MAX;
}

bool sender_key_socks(const char *text)
{
    const char *colon = strrchr(text, ':');

    if (sender_key_path(text))
        return true;
    if (colon == NULL || !sender_key_port(colon + 1) ||
        !sender_key_graphic(text, (size_t)(colon - text)))
        return false;
    size_t len = (size_t)(colon - text);
    return (text[0] == '[' && text[len - 1] == ']') || /* IPv6 */
           (memchr(text, ':', len) == NULL && memchr(text, '/', len) == NULL &&
            memchr(text, '@', len) == NULL);
}

static bool sender_key_host(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

    return len > 0 && len <= HOST_MAX && text[len] == '\0' && text[0] != '.' && text[0] != '-';
}

static bool sender_key_resolver(const char *text)
{
    char address[ADDRESS_LEN];
    uint8_t octets[sizeof(struct in6_addr)];
    size_t len = strcspn(text, "@");

    if (strcmp(text, "system") == 0 || strcmp(text, "recursive") == 0)
        return true;
    if (len >= sizeof address || (text[len] == '@' && !sender_key_port(text + len + 1)))
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    return inet_pton(AF_INET, address, octets) == 1 || inet_pton(AF_INET6, address, octets) == 1;
}

#define IN(member) .offset = offsetof(struct sender, member)

static const struct sender_key sender_keys[] = {
    {"socks", SENDER_KEY_TEXT, IN(socks), .fallback = "127.0.0.1:9050", .valid = sender_key_socks,
     .allowed = "HOST:PORT or the absolute path of a socket"},
    {"helo", SENDER_KEY_TEXT, IN(helo), .fallback = "localhost", .valid = sender_key_host,
     .allowed = "a host name"},
    {"tls", SENDER_KEY_TLS, IN(tls), .fallback = "offered",
     .allowed = "never, offered, required or implicit"},
    {"connect-wait", SENDER_KEY_DURATION, IN(connect_s), .fallback = "2m", .min = 1, .max = 3600,
     .allowed = "a duration such as 90s or 2m, from 1s to 1h"},
    {"reply-wait", SENDER_KEY_DURATION, IN(reply_s), .fallback = "5m", .min = 1, .max = 3600,
     .allowed = "a duration such as 90s or 5m, from 1s to 1h"},
    {"trip-wait", SENDER_KEY_DURATION, IN(trip_s), .fallback = "15m", .min = 1, .max = DAY_S,
     .allowed = "a duration such as 90s or 15m, from 1s to 1d"},

    {"state", SENDER_KEY_TEXT, IN(state), .fallback = "", .valid = sender_key_path_or_empty,
     .allowed = "an absolute path, or \"\" for the user's own"},
    {"offer-age", SENDER_KEY_DURATION, IN(offer_s), .fallback = "1h", .max = 30 * DAY_S,
     .allowed = "a duration such as 12h or 1d, from 0 to 30d"},
    {"stamp-age", SENDER_KEY_DURATION, IN(stamp_s), .fallback = "5d", .max = 30 * DAY_S,
     .allowed = "a duration such as 12h or 5d, from 0 to 30d"},

    {"minters", SENDER_KEY_NUMBER, IN(minters), .fallback = "2", .min = 1, .max = 64,
     .allowed = "a number from 1 to 64"},
    {"threads", SENDER_KEY_NUMBER, IN(threads), .fallback = "0", .max = 1024,
     .allowed = "a number from 0 (all processors) to 1024"},
    {"max-mem", SENDER_KEY_SIZE, IN(max_mem), .fallback = "0", .max = UINT64_C(1) << 44,
     .allowed = "a size such as 512MiB or 2GiB, up to 16TiB; 0 for half of the machine's"},
    {"max-time", SENDER_KEY_DURATION, IN(max_time_s), .fallback = "10m", .min = 1, .max = DAY_S,
     .allowed = "a duration such as 90s or 10m, from 1s to 1d"},
    {"bounce-max-time", SENDER_KEY_DURATION, IN(bounce_time_s), .fallback = "1m", .max = DAY_S,
     .allowed = "a duration such as 30s or 1m, from 0 (never) to 1d"},
    {"nice", SENDER_KEY_NUMBER, IN(nice), .fallback = "10", .max = 19,
     .allowed = "a number from 0 to 19"},
    {"refuse", SENDER_KEY_SUITES, IN(refuse), .fallback = "",
     .allowed = "names of suites; \"onionpow suites\" lists them"},

    {"map", SENDER_KEY_TEXT, IN(map), .fallback = "", .valid = sender_key_path_or_empty,
     .allowed = "an absolute path, or \"\" for none"},
    {"own", SENDER_KEY_DOMAINS, .fallback = "",
     .allowed = "domains such as example.org, or onion addresses with a right checksum"},
    {"srv", SENDER_KEY_BOOL, IN(srv), .fallback = "yes", .allowed = "yes or no"},
    {"srv-insecure", SENDER_KEY_BOOL, IN(srv_insecure), .fallback = "no", .allowed = "yes or no"},
    {"srv-wait", SENDER_KEY_DURATION, IN(srv_wait_s), .fallback = "20s", .min = 1, .max = 300,
     .allowed = "a duration such as 20s, from 1s to 5m"},
    {"resolver", SENDER_KEY_TEXT, IN(resolver), .fallback = "system", .valid = sender_key_resolver,
     .allowed = "system, recursive, or a numeric ADDRESS or ADDRESS@PORT"},
    {"trust-anchor", SENDER_KEY_TEXT, IN(trust_anchor), .fallback = "",
     .valid = sender_key_path_or_empty, .allowed = "an absolute path, or \"\" for the system's"},
};

size_t sender_key_count(void)
{
    return sizeof sender_keys / sizeof *sender_keys;
}

const struct sender_key *sender_key_at(size_t index)
{
    return &sender_keys[index];
}

bool sender_key_is_list(const struct sender_key *key)
{
    return key->kind == SENDER_KEY_SUITES || key->kind == SENDER_KEY_DOMAINS;
}
