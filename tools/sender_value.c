/*
 * sender_value.c - reads and writes a value by the kind of its key. Knows neither files nor what
 * values mean together.
 */
#include "tools/sender_value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/address.h"

static const char *const sender_value_tls[] = {"never", "offered", "required", "implicit"};

const char *sender_tls_str(enum sender_tls tls)
{
    return sender_value_tls[tls];
}

static void *sender_value_at(const struct sender_key *key, struct sender *sender)
{
    return (char *)sender + key->offset;
}

static const void *sender_value_peek(const struct sender_key *key, const struct sender *sender)
{
    return (const char *)sender + key->offset;
}

static bool sender_value_in_range(const struct sender_key *key, uint64_t number)
{
    return key->max == 0 || (number >= key->min && number <= key->max);
}

/* --- reading ------------------------------------------------------------------------------ */

static enum sender_value_set sender_value_set_text(const struct sender_key *key, char **field,
                                                   const char *text)
{
    if (key->valid != NULL && !key->valid(text))
        return SENDER_VALUE_REFUSED;
    char *copy = strdup(text);
    if (copy == NULL)
        return SENDER_VALUE_NOMEM;
    free(*field);
    *field = copy;
    return SENDER_VALUE_DONE;
}

static bool sender_value_set_tls(enum sender_tls *field, const char *text)
{
    for (unsigned i = 0; i < sizeof sender_value_tls / sizeof *sender_value_tls; i++) {
        if (strcmp(sender_value_tls[i], text) == 0) {
            *field = (enum sender_tls)i;
            return true;
        }
    }
    return false;
}

static bool sender_value_set_bool(bool *field, const char *text)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        bool is_yes = strcasecmp(text, yes[i]) == 0;
        if (is_yes || strcasecmp(text, no[i]) == 0) {
            *field = is_yes;
            return true;
        }
    }
    return false;
}

static bool sender_value_set_number(const struct sender_key *key, unsigned *field, const char *text)
{
    uint64_t number;

    if (!op_decimal_parse(text, strlen(text), &number) || !sender_value_in_range(key, number))
        return false;
    *field = (unsigned)number;
    return true;
}

static bool sender_value_set_duration(const struct sender_key *key, uint32_t *field,
                                      const char *text)
{
    uint32_t seconds;

    if (!op_duration_parse(text, &seconds) || !sender_value_in_range(key, seconds))
        return false;
    *field = seconds;
    return true;
}

static bool sender_value_set_size(const struct sender_key *key, uint64_t *field, const char *text)
{
    uint64_t bytes;

    if (!op_size_parse(text, &bytes) || !sender_value_in_range(key, bytes))
        return false;
    *field = bytes;
    return true;
}

static bool sender_value_add_suite(bool *field, const char *text)
{
    const struct op_suite *suite = op_suite_find(text, strlen(text));

    if (suite != NULL)
        field[op_suite_index(suite)] = true;
    return suite != NULL;
}

static enum sender_value_set sender_value_add_domain(struct sender *sender, const char *text)
{
    struct address address;
    const char *why;

    if (!address_parse_host(text, &address, &why) || address.pin.len > 0)
        return SENDER_VALUE_REFUSED;
    char **own = reallocarray(sender->own, sender->own_count + 1, sizeof *own);
    if (own == NULL)
        return SENDER_VALUE_NOMEM;
    sender->own = own;
    own[sender->own_count] = strdup(address.host);
    if (own[sender->own_count] == NULL)
        return SENDER_VALUE_NOMEM;
    sender->own_count++;
    return SENDER_VALUE_DONE;
}

static enum sender_value_set sender_value_done_if(bool ok)
{
    return ok ? SENDER_VALUE_DONE : SENDER_VALUE_REFUSED;
}

enum sender_value_set sender_value_set(const struct sender_key *key, struct sender *sender,
                                       const char *text)
{
    void *field = sender_value_at(key, sender);

    switch (key->kind) {
    case SENDER_KEY_TEXT:
        return sender_value_set_text(key, field, text);
    case SENDER_KEY_TLS:
        return sender_value_done_if(sender_value_set_tls(field, text));
    case SENDER_KEY_BOOL:
        return sender_value_done_if(sender_value_set_bool(field, text));
    case SENDER_KEY_NUMBER:
        return sender_value_done_if(sender_value_set_number(key, field, text));
    case SENDER_KEY_DURATION:
        return sender_value_done_if(sender_value_set_duration(key, field, text));
    case SENDER_KEY_SIZE:
        return sender_value_done_if(sender_value_set_size(key, field, text));
    case SENDER_KEY_SUITES:
        return sender_value_done_if(sender_value_add_suite(field, text));
    case SENDER_KEY_DOMAINS:
        return sender_value_add_domain(sender, text);
    }
    return SENDER_VALUE_REFUSED;
}

void sender_value_clear(const struct sender_key *key, struct sender *sender)
{
    if (key->kind == SENDER_KEY_TEXT) {
        char **text = sender_value_at(key, sender);
        free(*text);
        *text = NULL;
    } else if (key->kind == SENDER_KEY_SUITES) {
        memset(sender->refuse, 0, sizeof sender->refuse);
    } else if (key->kind == SENDER_KEY_DOMAINS) {
        for (size_t i = 0; i < sender->own_count; i++)
            free(sender->own[i]);
        free(sender->own);
        sender->own = NULL;
        sender->own_count = 0;
    }
}

/* --- writing ------------------------------------------------------------------------------ */

size_t sender_value_count(const struct sender_key *key, const struct sender *sender)
{
    size_t count = 0;

    if (key->kind == SENDER_KEY_DOMAINS)
        return sender->own_count;
    if (key->kind != SENDER_KEY_SUITES)
        return 1;
    for (size_t i = 0; i < op_suite_count(); i++)
        count += sender->refuse[i];
    return count;
}

/* The name of the i-th suite that is refused; there is one. */
static const char *sender_value_suite(const struct sender *sender, size_t i)
{
    size_t at = 0;

    while (!sender->refuse[at] || i-- > 0)
        at++;
    return op_suite_at(at)->name;
}

const char *sender_value_text(const struct sender_key *key, const struct sender *sender, size_t i,
                              char scratch[OP_UNITS_MAX])
{
    const void *field = sender_value_peek(key, sender);

    switch (key->kind) {
    case SENDER_KEY_TEXT:
        return *(char *const *)field;
    case SENDER_KEY_TLS:
        return sender_tls_str(*(const enum sender_tls *)field);
    case SENDER_KEY_BOOL:
        return *(const bool *)field ? "yes" : "no";
    case SENDER_KEY_NUMBER:
        snprintf(scratch, OP_UNITS_MAX, "%u", *(const unsigned *)field);
        return scratch;
    case SENDER_KEY_DURATION:
        op_duration_format(*(const uint32_t *)field, scratch);
        return scratch;
    case SENDER_KEY_SIZE:
        op_size_format(*(const uint64_t *)field, scratch);
        return scratch;
    case SENDER_KEY_SUITES:
        return sender_value_suite(sender, i);
    case SENDER_KEY_DOMAINS:
        return sender->own[i];
    }
    return "";
}
