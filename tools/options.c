/*
 * options.c - the table of options and its three readers: the parser, --help, and (in complete.c)
 * the shells. Decides what each word means, not what it is for: that is the verbs' business.
 */
#include "tools/options.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "pow/date.h"
#include "pow/mint.h"
#include "pow/units.h"
#include "tools/fail.h"
#include "tools/nearest.h"
#include "tools/sender_key.h"
#include "tools/transport.h"

#define OPTIONS_SECONDS_MAX (3650.0 * OP_DAY_S)

/* "90", "2.5" or a duration such as "15m". */
static bool options_read_seconds(const char *text, double *seconds_r)
{
    uint32_t whole;
    char *end;

    if (op_duration_parse(text, &whole) && whole > 0) {
        *seconds_r = whole;
        return true;
    }
    if (strspn(text, "0123456789.") != strlen(text) || *text == '\0')
        return false;
    double seconds = strtod(text, &end);
    if (*end != '\0' || !(seconds > 0) || seconds > OPTIONS_SECONDS_MAX)
        return false;
    *seconds_r = seconds;
    return true;
}

static const char *options_read_suite(struct options *options, const char *text)
{
    const struct op_suite *suite = op_suite_find(text, strlen(text));

    if (suite == NULL)
        return "a suite's name; \"onionpow suites\" lists them";
    options->suite = suite;
    return NULL;
}

static const char *options_read_work(struct options *options, const char *text)
{
    return op_count_parse(text, &options->work) ? NULL : "a number such as 16384, 16k, 2M or 1G";
}

static const char *options_read_calibrated(struct options *options, const char *text)
{
    return options_read_seconds(text, &options->seconds) ? NULL : "seconds such as 20, 2.5 or 5m";
}

static const char *options_read_offer(struct options *options, const char *text)
{
    options->offer = text;
    return NULL;
}

static const char *options_read_rcpt(struct options *options, const char *text)
{
    options->rcpts[options->rcpt_count++] = text;
    return NULL;
}

static const char *options_read_from_headers(struct options *options, const char *text)
{
    (void)text;
    options->from_headers = true;
    return NULL;
}

static const char *options_read_threads(struct options *options, const char *text)
{
    uint64_t number;

    if (!op_decimal_parse(text, strlen(text), &number) || number < 1 ||
        number > OP_MINT_THREADS_MAX)
        return "a number from 1 to 1024";
    options->threads = (unsigned)number;
    return NULL;
}

static const char *options_read_max_time(struct options *options, const char *text)
{
    options->max_time_given = true;
    return options_read_seconds(text, &options->max_time_s) ? NULL : "seconds such as 600, or 10m";
}

static const char *options_read_max_mem(struct options *options, const char *text)
{
    uint64_t bytes;

    if (!op_size_parse(text, &bytes) || bytes == 0)
        return "a size such as 512MiB or 2GiB";
    options->max_mem = bytes;
    return NULL;
}

static const char *options_read_date(struct options *options, const char *text)
{
    return op_date_parse(text, strlen(text), &options->date) ? NULL : "a day as YYYYMMDD";
}

static const char *options_read_validity(struct options *options, const char *text)
{
    return op_duration_parse(text, &options->validity_s) ? NULL : "a duration such as 36h or 7d";
}

static const char *options_read_nice(struct options *options, const char *text)
{
    uint64_t number;

    if (!op_decimal_parse(text, strlen(text), &number) || number > 19)
        return "a number from 0 to 19";
    options->nice = (int)number;
    options->nice_given = true;
    return NULL;
}

static const char *options_read_json(struct options *options, const char *text)
{
    (void)text;
    options->json = true;
    return NULL;
}

static const char *options_read_quiet(struct options *options, const char *text)
{
    (void)text;
    options->quiet = true;
    return NULL;
}

static const char *options_read_progress(struct options *options, const char *text)
{
    static const struct {
        const char *name;
        enum options_progress mode;
    } modes[] = {
        {"auto", OPTIONS_PROGRESS_AUTO},
        {"always", OPTIONS_PROGRESS_ALWAYS},
        {"never", OPTIONS_PROGRESS_NEVER},
        {"json", OPTIONS_PROGRESS_JSON},
    };

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(text, modes[i].name) == 0) {
            options->progress = modes[i].mode;
            return NULL;
        }
    }
    return "auto, always, never or json";
}

static const char *options_read_plot(struct options *options, const char *text)
{
    options->plot = text;
    return NULL;
}

static const char *options_read_config(struct options *options, const char *text)
{
    options->config = text;
    return NULL;
}

static const char *options_read_check(struct options *options, const char *text)
{
    (void)text;
    options->check = true;
    return NULL;
}

static const char *options_read_import(struct options *options, const char *text)
{
    options->import = text;
    return NULL;
}

static const char *options_read_lookup(struct options *options, const char *text)
{
    options->lookup = text;
    return NULL;
}

static const char *options_read_listen(struct options *options, const char *text)
{
    options->listen = text;
    return NULL;
}

static const char *options_read_protocol(struct options *options, const char *text)
{
    return lookup_protocol_parse(text, &options->protocol) ? NULL : "socketmap or tcp_table";
}

static const char *options_read_transport(struct options *options, const char *text)
{
    options->transport = text;
    return transport_name_valid(text) ? NULL : "a name such as onionpow, or onionpow:";
}

static const char *options_read_sender(struct options *options, const char *text)
{
    options->sender = strcmp(text, "<>") == 0 ? "" : text;
    return NULL;
}

static const char *options_read_nexthop(struct options *options, const char *text)
{
    options->nexthop = text;
    return NULL;
}

static const char *options_read_socks(struct options *options, const char *text)
{
    if (!sender_key_socks(text))
        return "HOST:PORT, or the path of a socket";
    options->socks = text;
    return NULL;
}

static const char *options_read_yes(struct options *options, const char *text)
{
    (void)text;
    options->yes = true;
    return NULL;
}

static const char *options_read_help(struct options *options, const char *text)
{
    (void)text;
    options->help = true;
    return NULL;
}

static const char *options_read_version(struct options *options, const char *text)
{
    (void)text;
    options->version = true;
    return NULL;
}

static const char *options_read_message(struct options *options, const char *text)
{
    options->message = text;
    return NULL;
}

static const char *options_read_output(struct options *options, const char *text)
{
    (void)text;
    options->output = true;
    return NULL;
}

static const char *options_read_again(struct options *options, const char *text)
{
    (void)text;
    options->again = true;
    return NULL;
}

#define MINTERS  (OPTIONS_MINT | OPTIONS_STAMP)
#define CARRIERS (OPTIONS_DELIVER | OPTIONS_SEND | OPTIONS_PROBE | OPTIONS_RETRY)
#define JUDGES   (OPTIONS_VERIFY | OPTIONS_EXPLAIN)
#define SENDERS  (OPTIONS_CONFIG | OPTIONS_MAP)

/* clang-format off */
static const struct options_row options_rows[] = {
    {"rcpt", 0, "ADDR", MINTERS | JUDGES | OPTIONS_RETRY, NULL,
     "a recipient; may be repeated", options_read_rcpt},
    {"from-headers", 't', NULL, MINTERS | OPTIONS_SEND, NULL,
     "recipients from To, Cc and Bcc of the message", options_read_from_headers},
    {"suite", 0, "NAME", MINTERS | OPTIONS_VERIFY | OPTIONS_BENCH, "@suites",
     "this suite and no other", options_read_suite},
    {"work", 0, "N", MINTERS | OPTIONS_VERIFY | OPTIONS_BENCH, NULL,
     "expected evaluations (k, M, G); default: the suite's", options_read_work},
    {"seconds", 0, "S", MINTERS | OPTIONS_BENCH, NULL,
     "work that takes S here; bench: time for a measurement", options_read_calibrated},
    {"offer", 0, "TEXT|@FILE", MINTERS, "@files",
     "the server's reply, or the onionpow: token in it", options_read_offer},
    {"threads", 0, "N", MINTERS | OPTIONS_BENCH | OPTIONS_DEMAND | OPTIONS_RETRY, NULL,
     "default: as many as affinity and cgroup allow", options_read_threads},
    {"max-time", 0, "S", MINTERS | OPTIONS_RETRY, NULL,
     "refuse a stamp that takes longer; default 10m", options_read_max_time},
    {"max-mem", 0, "SIZE", MINTERS | OPTIONS_BENCH | OPTIONS_DEMAND | OPTIONS_RETRY, NULL,
     "refuse to use more memory; default half of all", options_read_max_mem},
    {"nice", 0, "N", MINTERS | OPTIONS_RETRY, NULL,
     "lower the priority by 0 to 19; default 10", options_read_nice},
    {"date", 0, "YYYYMMDD", MINTERS | JUDGES, NULL,
     "mint for, or judge as of, this UTC day; default today", options_read_date},
    {"validity", 0, "DURATION", JUDGES, NULL,
     "how old a stamp may be; default 7d", options_read_validity},
    {"plot", 0, "FILE", OPTIONS_BENCH, "@path",
     "draw mint times and costs into this file, as SVG", options_read_plot},
    {"sender", 0, "ADDR", CARRIERS, NULL,
     "envelope sender; empty for the null sender", options_read_sender},
    {"nexthop", 0, "HOST[:PORT]", CARRIERS, NULL,
     "deliver there, whatever the recipient's domain is", options_read_nexthop},
    {"socks", 0, "HOST:PORT|PATH", CARRIERS, NULL,
     "Tor's SOCKS port or socket; default: configured", options_read_socks},
    {"yes", 0, NULL, OPTIONS_PROBE | OPTIONS_RETRY, NULL,
     "probe: it may arrive; retry: the message is mine", options_read_yes},
    {"message", 0, "FILE", OPTIONS_RETRY, "@path",
     "the message, where the bounce does not return it", options_read_message},
    {"output", 0, NULL, OPTIONS_RETRY, NULL,
     "do not send it: write it to stdout, stamped", options_read_output},
    {"again", 0, NULL, OPTIONS_RETRY, NULL,
     "even if this bounce was acted upon before", options_read_again},
    {"progress", 0, "WHEN", MINTERS | OPTIONS_BENCH | OPTIONS_SEND | OPTIONS_RETRY,
     "auto always never json",
     "show progress on stderr: auto, always, never or json", options_read_progress},
    {"config", 0, "FILE", SENDERS | CARRIERS, "@path",
     "this file in place of sender.conf", options_read_config},
    {"check", 'n', NULL, OPTIONS_CONFIG, NULL,
     "only check", options_read_check},
    {"import", 0, "FILE", OPTIONS_MAP, "@path",
     "turn a list of onionmx into a map", options_read_import},
    {"lookup", 0, "DOMAIN", OPTIONS_MAP, NULL,
     "tell the ways to a domain, or to an address", options_read_lookup},
    {"listen", 0, "SOCKET", OPTIONS_MAP, NULL,
     "answer mail servers: local:/PATH, inet:PORT@ADDRESS, -", options_read_listen},
    {"protocol", 0, "NAME", OPTIONS_MAP, "socketmap tcp_table",
     "they speak socketmap (the default) or tcp_table", options_read_protocol},
    {"transport", 0, "NAME", OPTIONS_MAP, NULL,
     "what they are told to use; default onionpow", options_read_transport},
    {"json", 0, NULL, OPTIONS_ALL, NULL,
     "one JSON object a line, errors too", options_read_json},
    {"quiet", 0, NULL, OPTIONS_ALL, NULL,
     "no progress and no notes", options_read_quiet},
    {"help", 0, NULL, OPTIONS_ALL | OPTIONS_SENDMAIL, NULL,
     "print this and exit", options_read_help},
    {"version", 0, NULL, OPTIONS_ALL | OPTIONS_SENDMAIL, NULL,
     "print the version and exit", options_read_version},
};
/* clang-format on */

size_t options_count(void)
{
    return sizeof options_rows / sizeof options_rows[0];
}

const struct options_row *options_at(size_t i)
{
    return &options_rows[i];
}

__attribute__((format(printf, 3, 4))) static bool
options_refuse(struct options_error *error_r, const char *hint, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error_r->message, sizeof error_r->message, format, args);
    va_end(args);
    snprintf(error_r->hint, sizeof error_r->hint, "%s", hint);
    return false;
}

static const struct options_row *options_find(enum options_verb verb, const char *name, size_t len,
                                              char letter)
{
    for (size_t i = 0; i < options_count(); i++) {
        const struct options_row *row = &options_rows[i];
        if ((row->verbs & verb) == 0)
            continue;
        if (letter != 0 ? row->letter == letter
                        : strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    }
    return NULL;
}

static bool options_unknown(enum options_verb verb, const char *word, struct options_error *error_r)
{
    char name[OPTIONS_MESSAGE_MAX], hint[OPTIONS_MESSAGE_MAX] = "--help lists the options";
    size_t best = SIZE_MAX;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    for (size_t i = 0; i < options_count(); i++) {
        char candidate[64];
        snprintf(candidate, sizeof candidate, "--%s", options_rows[i].name);
        size_t distance = nearest_distance(name, candidate);
        if ((options_rows[i].verbs & verb) != 0 && distance < best &&
            nearest_plausible(name, distance)) {
            best = distance;
            snprintf(hint, sizeof hint, "did you mean %s?", candidate);
        }
    }
    return options_refuse(error_r, hint, "%.100s: no such option here", name);
}

/* Reads the option at argv[*at] and, where its argument is the next word, steps over that. */
static bool options_take(enum options_verb verb, int argc, char **argv, int *at,
                         struct options *options, struct options_error *error_r)
{
    const char *word = argv[*at];
    bool is_long = word[1] == '-';
    const char *name = word + 2;
    size_t len = is_long ? strcspn(name, "=") : 0;
    const char *value = is_long && name[len] == '=' ? name + len + 1 : NULL;
    const struct options_row *row = NULL;

    if (is_long)
        row = options_find(verb, name, len, 0);
    else if (word[2] == '\0')
        row = options_find(verb, NULL, 0, word[1]);
    if (row == NULL)
        return options_unknown(verb, word, error_r);
    if (row->value == NULL && value != NULL)
        return options_refuse(error_r, "", "--%s takes no argument", row->name);
    if (row->value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return options_refuse(error_r, "", "--%s: its argument %s is missing", row->name,
                                  row->value);
        value = argv[++*at];
    }
    const char *expected = row->read(options, value);
    if (expected != NULL)
        return options_refuse(error_r, "", "--%s: got \"%.80s\", want %s", row->name, value,
                              expected);
    return true;
}

bool options_parse(enum options_verb verb, int argc, char **argv, struct options *options_r,
                   struct options_error *error_r)
{
    struct options options = {
        .max_time_s = OPTIONS_MAX_TIME_S, .validity_s = OPTIONS_VALIDITY_S, .nice = OPTIONS_NICE};
    bool only_args = false;

    options.rcpts = xmalloc((size_t)(argc + 1) * sizeof *options.rcpts);
    options.args = xmalloc((size_t)(argc + 1) * sizeof *options.args);
    for (int i = 0; i < argc; i++) {
        if (only_args || argv[i][0] != '-' || argv[i][1] == '\0') {
            options.args[options.arg_count++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_args = true;
        } else if (!options_take(verb, argc, argv, &i, &options, error_r)) {
            options_clear(&options);
            return false;
        }
    }
    *options_r = options;
    return true;
}

void options_clear(struct options *options)
{
    free(options->rcpts);
    free(options->args);
    *options = (struct options){0};
}

bool options_want_json(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return true;
    }
    return false;
}

void options_help(FILE *stream, enum options_verb verb)
{
    for (size_t i = 0; i < options_count(); i++) {
        const struct options_row *row = &options_rows[i];
        char left[64];
        if ((row->verbs & verb) == 0)
            continue;
        if (row->letter != 0)
            snprintf(left, sizeof left, "-%c, --%s", row->letter, row->name);
        else
            snprintf(left, sizeof left, "--%s%s%s", row->name, row->value != NULL ? " " : "",
                     row->value != NULL ? row->value : "");
        fprintf(stream, "  %-21s %s\n", left, row->help);
    }
}
