/*
 * inquiry.c - reads the question, puts it to the deciding files one after the other, as a
 * connection would, and writes down each answer.
 */
#include "milter/inquiry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "milter/exempt.h"
#include "milter/keyfile.h"
#include "milter/policy.h"
#include "milter/price.h"
#include "milter/pricelist.h"
#include "milter/scope.h"
#include "pow/base64url.h"
#include "pow/date.h"
#include "pow/effort.h"
#include "pow/quote.h"
#include "pow/units.h"

enum field {
    LISTENER,
    DAEMON,
    CLIENT,
    FROM,
    RCPT,
    AUTH,
    MAILER,
    CIRCUIT,
    BOUNCES,
    QUOTE,
    SUITE,
    EFFORT,
    FIELDS
};

static const char *const names[FIELDS] = {"listener", "daemon", "client", "from",
                                          "rcpt",     "auth",   "mailer", "circuit",
                                          "bounces",  "quote",  "suite",  "d"};

struct inquiry {
    const struct conf *conf;
    int64_t at;
    double load;
    FILE *out;
    char *why;
    size_t why_size;
    char *value[FIELDS]; /* NULL: not given; points into the copy of the query */
    struct scope_client client;
    double circuit, bounces;
    const struct op_suite *suite; /* of the quote */
    uint64_t effort;
    uint8_t quote[OP_QUOTE_LEN];
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct inquiry *inquiry,
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(inquiry->why, inquiry->why_size, format, args);
    va_end(args);
    return EX_USAGE;
}

/* --- the question ------------------------------------------------------------------------- */

static int refuse_field(const struct inquiry *inquiry, const char *name)
{
    char all[160];
    size_t used = 0;
    for (int i = 0; i < FIELDS && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
    return refuse(inquiry, "--explain: got \"%.80s\", allowed: KEY=VALUE with the keys %s", name,
                  all);
}

static int take_field(struct inquiry *inquiry, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return refuse_field(inquiry, text);
    *equals = '\0';
    for (int i = 0; i < FIELDS; i++) {
        if (strcmp(names[i], text) != 0)
            continue;
        if (inquiry->value[i])
            return refuse(inquiry, "--explain: got %s a second time, allowed: once", text);
        inquiry->value[i] = equals + 1;
        return EX_OK;
    }
    return refuse_field(inquiry, text);
}

static int take_fields(struct inquiry *inquiry, char *text)
{
    int status = EX_OK;
    char *word, *rest = NULL;
    for (word = strtok_r(text, " \t\n", &rest); word && status == EX_OK;
         word = strtok_r(NULL, " \t\n", &rest))
        status = take_field(inquiry, word);
    if (status == EX_OK && !inquiry->value[RCPT])
        return refuse(inquiry, "--explain: lacks rcpt=ADDRESS");
    return status;
}

static int read_number(const struct inquiry *inquiry, enum field field, double least,
                       double *number_r)
{
    const char *text = inquiry->value[field];
    char *end;
    if (!text)
        return EX_OK;
    double number = strtod(text, &end);
    if (*text == '\0' || *end != '\0' || !(number >= least && number <= 1e6))
        return refuse(inquiry, "--explain: %s: got \"%.80s\", allowed: a number from %g to 1000000",
                      names[field], text, least);
    *number_r = number;
    return EX_OK;
}

static int read_client(struct inquiry *inquiry)
{
    const char *text = inquiry->value[CLIENT];
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (!text)
        scope_client_read(NULL, &inquiry->client);
    else if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        scope_client_read((const struct sockaddr *)&in, &inquiry->client);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        scope_client_read((const struct sockaddr *)&in6, &inquiry->client);
    else
        return refuse(inquiry, "--explain: client: got \"%.80s\", allowed: an IP address", text);
    return EX_OK;
}

static int read_quote(struct inquiry *inquiry)
{
    const char *quote = inquiry->value[QUOTE], *suite = inquiry->value[SUITE],
               *effort = inquiry->value[EFFORT];
    if (!quote && !suite && !effort)
        return EX_OK;
    if (!quote || !suite || !effort)
        return refuse(inquiry, "--explain: quote, suite and d go together");
    if (!op_base64url_parse(quote, strlen(quote), inquiry->quote, sizeof inquiry->quote))
        return refuse(inquiry,
                      "--explain: quote: got \"%.80s\", allowed: %d characters of base64url", quote,
                      OP_BASE64URL_LEN(OP_QUOTE_LEN));
    inquiry->suite = op_suite_find(suite, strlen(suite));
    if (!inquiry->suite)
        return refuse(inquiry, "--explain: suite: got \"%.80s\", allowed: one of onionpow suites",
                      suite);
    if (!op_decimal_parse(effort, strlen(effort), &inquiry->effort))
        return refuse(inquiry, "--explain: d: got \"%.80s\", allowed: a number", effort);
    return EX_OK;
}

static int read_query(struct inquiry *inquiry, char *text)
{
    int status = take_fields(inquiry, text);
    if (status == EX_OK)
        status = read_client(inquiry);
    if (status == EX_OK)
        status = read_number(inquiry, CIRCUIT, 1, &inquiry->circuit);
    if (status == EX_OK)
        status = read_number(inquiry, BOUNCES, 0, &inquiry->bounces);
    return status == EX_OK ? read_quote(inquiry) : status;
}

/* --- the answer --------------------------------------------------------------------------- */

/* EX_USAGE: a listener was named that is not there. NULL in *listener_r: none matches. */
static int find_listener(const struct inquiry *inquiry, const struct conf_listener **listener_r)
{
    const struct conf *conf = inquiry->conf;
    const char *name = inquiry->value[LISTENER];
    if (!name) {
        *listener_r = scope_find(conf, inquiry->value[DAEMON], &inquiry->client);
        return EX_OK;
    }
    for (size_t i = 0; i < conf->listener_count; i++) {
        *listener_r = &conf->listener[i];
        if (strcmp(conf->listener[i].name, name) == 0)
            return EX_OK;
    }
    *listener_r = &conf->fallback;
    if (conf->listener_count == 0 && strcmp(conf->fallback.name, name) == 0)
        return EX_OK;
    return refuse(inquiry, "--explain: listener: got \"%.80s\", allowed: one of the configuration",
                  name);
}

static bool is_authenticated(const struct inquiry *inquiry)
{
    const char *auth = inquiry->value[AUTH];
    return auth && *auth != '\0' && strcasecmp(auth, "no") != 0;
}

static const char *relay_str(const struct conf_listener *listener, enum outcome outcome,
                             bool elsewhere)
{
    if (outcome == OUTCOME_RELAY)
        return "refused";
    if (elsewhere)
        return "gateway";
    return listener->relay_guard ? "passed" : "off";
}

/* What the deciding code says of the recipient; also to the relay guard, before any exemption. */
static enum outcome ask_policy(const struct inquiry *inquiry, const struct conf_listener *listener,
                               struct op_recipient *recipient_r, bool *elsewhere_r)
{
    const char *mailer = inquiry->value[MAILER], *why = "";
    if (!mailer && listener->local_mailers_count > 0)
        mailer = listener->local_mailers[0];
    *elsewhere_r = false;
    enum outcome outcome =
        policy_recipient(listener, inquiry->value[RCPT], mailer, recipient_r, elsewhere_r, &why);
    fprintf(inquiry->out, "mailer: %s%s\n", mailer ? mailer : "unknown",
            inquiry->value[MAILER] ? "" : " (supposed)");
    fprintf(inquiry->out, "relay-guard: %s\n", relay_str(listener, outcome, *elsewhere_r));
    if (outcome == OUTCOME_ADDRESS)
        fprintf(inquiry->out, "recipient: not an address (%s)\n", why);
    if (outcome == OUTCOME_PASS)
        fprintf(inquiry->out, "recipient: %s\n", recipient_r->text);
    return outcome;
}

static struct exempt_result ask_exempt(const struct inquiry *inquiry,
                                       const struct conf_listener *listener,
                                       const struct op_recipient *recipient, bool elsewhere)
{
    const struct exempt_facts facts = {.authenticated = is_authenticated(inquiry),
                                       .client = &inquiry->client,
                                       .sender = inquiry->value[FROM],
                                       .bounces = inquiry->bounces};
    struct exempt_result result = {EXEMPT_NONE, 1};
    if (!elsewhere) /* a gateway exempts nobody */
        exempt_find(listener, &facts, recipient, &result);
    fprintf(inquiry->out, "exemption: %s\n", exempt_rule_str(result.rule));
    return result;
}

static void print_prices(const struct inquiry *inquiry, double factor)
{
    struct price_list list;
    price_list(inquiry->conf, inquiry->at, inquiry->load, &list);
    for (size_t i = 0; i < op_suite_count(); i++) {
        const struct op_suite *suite = op_suite_at(i);
        uint64_t effort = price_effort(suite, list.work[i], factor);
        fprintf(inquiry->out, "price-%s: ", suite->name);
        if (effort == 0)
            fputs("not accepted\n", inquiry->out);
        else
            fprintf(inquiry->out, "work=%llu d=%llu seconds=%.1f\n",
                    (unsigned long long)op_effort_to_work(suite, effort),
                    (unsigned long long)effort, op_effort_to_seconds(suite, effort));
    }
}

/* The site key is read, never made. */
static void print_quote(const struct inquiry *inquiry, const struct op_recipient *recipient)
{
    const char *path = inquiry->conf->key_file;
    char why[CONF_WHY_MAX], day[OP_DATE_DASHED_MAX];
    bool made;
    if (!inquiry->value[QUOTE])
        return;
    if (access(path, R_OK) != 0) {
        fprintf(inquiry->out, "quote: unknown (%s: %s)\n", path, strerror(errno));
        return;
    }
    struct op_key *key = keyfile_open(path, &made, why, sizeof why);
    if (!key) {
        fprintf(inquiry->out, "quote: unknown (%s)\n", why);
        return;
    }
    enum op_quote quote = op_quote_check(key, inquiry->suite, inquiry->effort, recipient,
                                         inquiry->at, inquiry->quote);
    int64_t expiry = op_quote_expiry(inquiry->quote), second = expiry % OP_DAY_S;
    op_date_format_dashed(op_date_from_time(expiry), day);
    fprintf(inquiry->out, "quote: %s", op_quote_str(quote));
    if (quote != OP_QUOTE_FOREIGN)
        fprintf(inquiry->out, " (until %sT%02d:%02dZ)", day, (int)(second / 3600),
                (int)(second / 60 % 60));
    fputc('\n', inquiry->out);
    op_key_free(key);
}

static const char *price_recipient(const struct inquiry *inquiry,
                                   const struct conf_listener *listener,
                                   const struct op_recipient *recipient, bool elsewhere)
{
    struct exempt_result exempt = ask_exempt(inquiry, listener, recipient, elsewhere);
    double circuit = price_circuit_factor(inquiry->conf, price_load(inquiry->conf, inquiry->load),
                                          inquiry->circuit);
    double factor = listener->price_factor * exempt.factor * circuit;

    fprintf(inquiry->out, "factor-listener: %g\nfactor-exemption: %g\nfactor-circuit: %g\n",
            listener->price_factor, exempt.factor, circuit);
    fprintf(inquiry->out, "factor: %g\nload: ", factor);
    pricelist_print_load(inquiry->conf, inquiry->load, inquiry->out);
    if (exempt.factor == 0)
        return "exempt";
    print_prices(inquiry, factor);
    print_quote(inquiry, recipient);
    return "work";
}

/* The last line: what becomes of the mail if it carries no stamp. */
static const char *judge(const struct inquiry *inquiry, const struct conf_listener *listener)
{
    struct op_recipient recipient;
    bool elsewhere;
    if (!listener)
        return "unguarded";
    if (listener->mode != CONF_ENFORCE && listener->mode != CONF_MONITOR)
        return conf_mode_str(listener->mode);
    enum outcome outcome = ask_policy(inquiry, listener, &recipient, &elsewhere);
    return outcome == OUTCOME_PASS ? price_recipient(inquiry, listener, &recipient, elsewhere)
                                   : outcome_str(outcome);
}

static int answer(const struct inquiry *inquiry)
{
    const struct conf_listener *listener;
    char client[SCOPE_CLIENT_TEXT_MAX];
    int status = find_listener(inquiry, &listener);
    if (status != EX_OK)
        return status;
    scope_client_format(&inquiry->client, client);
    fprintf(inquiry->out, "client: %s\n", client);
    fprintf(inquiry->out, "listener: %s\n", listener ? listener->name : "none");
    if (listener)
        fprintf(inquiry->out, "mode: %s\n", conf_mode_str(listener->mode));
    fprintf(inquiry->out, "answer: %s\n", judge(inquiry, listener));
    return EX_OK;
}

int inquiry_run(const struct conf *conf, const char *query, int64_t at, double load, FILE *out,
                char *why_r, size_t why_size)
{
    struct inquiry inquiry = {.conf = conf,
                              .at = at,
                              .load = load,
                              .out = out,
                              .why = why_r,
                              .why_size = why_size,
                              .circuit = 1};
    char *text = strdup(query);
    if (!text) {
        (void)refuse(&inquiry, "out of memory");
        return EX_OSERR;
    }
    int status = read_query(&inquiry, text);
    if (status == EX_OK)
        status = answer(&inquiry);
    free(text);
    return status;
}
