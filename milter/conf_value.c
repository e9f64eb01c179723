/*
 * conf_value.c - one value of the configuration between text and struct, by the kind of its key.
 * Knows neither files nor what values mean together.
 */
#include "milter/conf_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "milter/addrkey.h"
#include "milter/conf_net.h"
#include "pow/date.h"
#include "pow/units.h"

#define DECIMAL_LEAST 0.0001 /* but 0: what is less cannot be written without an exponent */

/* A list is two members: a pointer to its elements and their count. memcpy, because the pointer's
 * type differs from key to key. */
static void *list_items(const struct conf_key *key, const void *base)
{
    void *items;
    memcpy(&items, (const char *)base + key->offset, sizeof items);
    return items;
}

static size_t *list_count(const struct conf_key *key, void *base)
{
    return (size_t *)((char *)base + key->count_offset);
}

/* Makes room for one more element of `size` octets and returns where it goes; NULL: no memory. */
static void *list_grow(const struct conf_key *key, void *base, size_t size)
{
    size_t count = *list_count(key, base);
    void *items = reallocarray(list_items(key, base), count + 1, size);
    if (items)
        memcpy((char *)base + key->offset, &items, sizeof items);
    return items ? (char *)items + count * size : NULL;
}

static bool in_range(const struct conf_key *key, uint64_t number)
{
    return key->max == 0 || (number >= key->min && number <= key->max);
}

/* --- kinds -------------------------------------------------------------------------------- */

static enum conf_value_set set_text(const struct conf_key *key, void *field, const char *text)
{
    if (key->valid && !key->valid(text))
        return CONF_VALUE_REFUSED;
    char *copy = strdup(text);
    if (!copy)
        return CONF_VALUE_NOMEM;
    free(*(char **)field);
    *(char **)field = copy;
    return CONF_VALUE_DONE;
}

static bool set_word(const struct conf_key *key, void *field, const char *text)
{
    for (unsigned i = 0; key->words[i]; i++) {
        if (strcmp(key->words[i], text) == 0) {
            *(unsigned *)field = i; /* the enums of conf.h have no negative values: unsigned */
            return true;
        }
    }
    return false;
}

static bool set_bool(void *field, const char *text)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        bool is_yes = strcasecmp(text, yes[i]) == 0;
        if (is_yes || strcasecmp(text, no[i]) == 0) {
            *(bool *)field = is_yes;
            return true;
        }
    }
    return false;
}

static bool set_octal(const struct conf_key *key, void *field, const char *text)
{
    size_t len = strspn(text, "01234567");
    if (len == 0 || len > 4 || text[len] != '\0')
        return false;
    unsigned long mode = strtoul(text, NULL, 8);
    if (!in_range(key, mode))
        return false;
    *(mode_t *)field = (mode_t)mode;
    return true;
}

static bool set_duration(const struct conf_key *key, void *field, const char *text)
{
    uint32_t seconds;
    if (!op_duration_parse(text, &seconds) || !in_range(key, seconds))
        return false;
    *(uint32_t *)field = seconds;
    return true;
}

static bool set_date(void *field, const char *text)
{
    uint32_t date = 0;
    if (*text != '\0' && !op_date_parse_dashed(text, &date))
        return false;
    *(uint32_t *)field = date;
    return true;
}

static bool set_u64(const struct conf_key *key, void *field, const char *text,
                    bool (*parse)(const char *text, uint64_t *number_r))
{
    uint64_t number;
    if (!parse(text, &number) || !in_range(key, number))
        return false;
    *(uint64_t *)field = number;
    return true;
}

static bool set_number(const struct conf_key *key, void *field, const char *text)
{
    uint64_t number;
    if (!op_decimal_parse(text, strlen(text), &number) || !in_range(key, number))
        return false;
    *(unsigned *)field = (unsigned)number;
    return true;
}

static bool set_decimal(const struct conf_key *key, void *field, const char *text)
{
    char *end;
    if (text[0] == '\0' || text[strspn(text, "0123456789.")] != '\0') /* no hex, inf, nan, blanks */
        return false;
    double number = strtod(text, &end);
    if (*end != '\0' || !(number >= key->low && number <= key->high) ||
        (number > 0 && number < DECIMAL_LEAST))
        return false;
    *(double *)field = number;
    return true;
}

static enum conf_value_set add_name(const struct conf_key *key, void *base, const char *text)
{
    char *copy = NULL;
    char **room = list_grow(key, base, sizeof *room);
    enum conf_value_set set = room ? set_text(key, &copy, text) : CONF_VALUE_NOMEM;
    if (set != CONF_VALUE_DONE)
        return set;
    *room = copy;
    ++*list_count(key, base);
    return CONF_VALUE_DONE;
}

static enum conf_value_set add_address(const struct conf_key *key, void *base, const char *text)
{
    struct addrkey address;
    if (!addrkey_parse(text, strlen(text), &address, NULL))
        return CONF_VALUE_REFUSED;
    return add_name(key, base, address.text);
}

static enum conf_value_set add_net(const struct conf_key *key, void *base, const char *text)
{
    struct conf_net net, *room;
    if (!conf_net_parse(text, &net))
        return CONF_VALUE_REFUSED;
    room = list_grow(key, base, sizeof *room);
    if (!room)
        return CONF_VALUE_NOMEM;
    *room = net;
    ++*list_count(key, base);
    return CONF_VALUE_DONE;
}

static enum conf_value_set done_if(bool ok)
{
    return ok ? CONF_VALUE_DONE : CONF_VALUE_REFUSED;
}

enum conf_value_set conf_value_set(const struct conf_key *key, void *base, const char *text)
{
    void *field = (char *)base + key->offset;
    switch (key->kind) {
    case CONF_KEY_TEXT:
        return set_text(key, field, text);
    case CONF_KEY_WORD:
        return done_if(set_word(key, field, text));
    case CONF_KEY_BOOL:
        return done_if(set_bool(field, text));
    case CONF_KEY_OCTAL:
        return done_if(set_octal(key, field, text));
    case CONF_KEY_DURATION:
        return done_if(set_duration(key, field, text));
    case CONF_KEY_DATE:
        return done_if(set_date(field, text));
    case CONF_KEY_SIZE:
        return done_if(set_u64(key, field, text, op_size_parse));
    case CONF_KEY_COUNT:
        return done_if(set_u64(key, field, text, op_count_parse));
    case CONF_KEY_NUMBER:
        return done_if(set_number(key, field, text));
    case CONF_KEY_DECIMAL:
        return done_if(set_decimal(key, field, text));
    case CONF_KEY_NAMES:
        return add_name(key, base, text);
    case CONF_KEY_ADDRESSES:
        return add_address(key, base, text);
    case CONF_KEY_NETS:
        return add_net(key, base, text);
    }
    return CONF_VALUE_REFUSED;
}

enum conf_value_set conf_value_replace(const struct conf_key *key, void *base, const char *text)
{
    if (!conf_key_is_list(key))
        return conf_value_set(key, base, text);

    enum conf_value_set set = CONF_VALUE_DONE;
    char *copy = strdup(text), *rest = copy;
    if (!copy)
        return CONF_VALUE_NOMEM;
    conf_value_clear(key, base);
    while (set == CONF_VALUE_DONE && *text != '\0' && rest)
        set = conf_value_set(key, base, strsep(&rest, ","));
    free(copy);
    return set;
}

void conf_value_clear(const struct conf_key *key, void *base)
{
    if (key->kind == CONF_KEY_TEXT) {
        char **text = (char **)((char *)base + key->offset);
        free(*text);
        *text = NULL;
    }
    if (!conf_key_is_list(key))
        return;
    void *items = list_items(key, base);
    for (size_t i = 0; key->kind != CONF_KEY_NETS && i < *list_count(key, base); i++)
        free(((char **)items)[i]);
    free(items);
    memset((char *)base + key->offset, 0, sizeof items);
    *list_count(key, base) = 0;
}

/* --- writing ------------------------------------------------------------------------------ */

void conf_value_print_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\' || *text == '$') /* ${NAME} is the environment's */
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_list(const struct conf_key *key, const void *base, FILE *out)
{
    const void *items = list_items(key, base);
    size_t count = *(const size_t *)((const char *)base + key->count_offset);
    fputs(count ? "{ " : "{", out);
    for (size_t i = 0; i < count; i++) {
        char net[CONF_NET_TEXT_MAX];
        if (key->kind == CONF_KEY_NETS)
            conf_net_format(&((const struct conf_net *)items)[i], net);
        fputs(i ? ", " : "", out);
        conf_value_print_text(key->kind == CONF_KEY_NETS ? net : ((char *const *)items)[i], out);
    }
    fputs(count ? " }" : "}", out);
}

static void print_date(uint32_t date, FILE *out)
{
    char text[OP_DATE_DASHED_MAX] = "";
    if (date != 0)
        op_date_format_dashed(date, text);
    conf_value_print_text(text, out);
}

static void print_decimal(double number, FILE *out)
{
    char text[32]; /* the shortest decimal that is read back as the same number */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number && !strchr(text, 'e'))
            break;
    }
    fprintf(out, strchr(text, '.') ? "%s" : "%s.0", text);
}

void conf_value_print(const struct conf_key *key, const void *base, FILE *out)
{
    const void *field = (const char *)base + key->offset;
    char text[OP_UNITS_MAX];
    switch (key->kind) {
    case CONF_KEY_TEXT:
        conf_value_print_text(*(char *const *)field, out);
        return;
    case CONF_KEY_WORD:
        fputs(key->words[*(const unsigned *)field], out);
        return;
    case CONF_KEY_BOOL:
        fputs(*(const bool *)field ? "yes" : "no", out);
        return;
    case CONF_KEY_OCTAL:
        fprintf(out, "0%o", (unsigned)*(const mode_t *)field);
        return;
    case CONF_KEY_DURATION:
        op_duration_format(*(const uint32_t *)field, text);
        fputs(text, out);
        return;
    case CONF_KEY_DATE:
        print_date(*(const uint32_t *)field, out);
        return;
    case CONF_KEY_SIZE:
        op_size_format(*(const uint64_t *)field, text);
        fputs(text, out);
        return;
    case CONF_KEY_COUNT:
        fprintf(out, "%llu", (unsigned long long)*(const uint64_t *)field);
        return;
    case CONF_KEY_NUMBER:
        fprintf(out, "%u", *(const unsigned *)field);
        return;
    case CONF_KEY_DECIMAL:
        print_decimal(*(const double *)field, out);
        return;
    case CONF_KEY_NAMES:
    case CONF_KEY_ADDRESSES:
    case CONF_KEY_NETS:
        print_list(key, base, out);
        return;
    }
}
