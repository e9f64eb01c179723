/*
 * fixture.h - what several unit tests of the decision code need: a configuration of one cheap
 * suite, stamps made for it, and messages that carry them.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "milter/conf.h"
#include "milter/msg.h"
#include "milter/price.h"
#include "pow/date.h"
#include "pow/mint.h"

#define FIXTURE_NOW    INT64_C(1795003200) /* 2026-11-18 12:00 UTC */
#define FIXTURE_DATE   20261118
#define FIXTURE_EFFORT 4
#define FIXTURE_UNUSED __attribute__((unused))

static FIXTURE_UNUSED char fixture_empty[] = "";
static FIXTURE_UNUSED char fixture_name[] = "default";
static FIXTURE_UNUSED char fixture_local[] = "local";
static FIXTURE_UNUSED char fixture_virtual[] = "virtual";
static FIXTURE_UNUSED char fixture_error[] = "error";
static FIXTURE_UNUSED char *fixture_mailers[] = {fixture_local, fixture_virtual, fixture_error};

static FIXTURE_UNUSED const struct op_suite *fixture_suite(const char *name)
{
    const struct op_suite *suite = op_suite_find(name, strlen(name));

    assert_non_null(suite);
    return suite;
}

/* sha256 alone, at FIXTURE_EFFORT; seven days, one hour of skew; the fallback enforces and guards
 * relays. */
static FIXTURE_UNUSED struct conf fixture_conf(void)
{
    const struct op_suite *suite = fixture_suite("sha256");
    struct conf conf = {
        .socket = fixture_empty,
        .user = fixture_empty,
        .authserv_id = fixture_empty,
        .help_url = fixture_empty,
        .key_file = fixture_empty,
        .validity_s = 7 * OP_DAY_S,
        .clock_skew_s = 3600,
        .price =
            {.target = 60, .ceiling = 16, .window_s = 21600, .grace_s = 21600, .quote_s = 86400},
        .circuit = {.free = 20, .growth = 1.1, .surcharge = 2, .forget_s = 600, .clients = 64},
        .replies = {.accept = true, .validity_s = 30 * OP_DAY_S, .uses = 2},
        .fallback = {.name = fixture_name,
                     .mode = CONF_ENFORCE,
                     .relay_guard = true,
                     .local_mailers = fixture_mailers,
                     .local_mailers_count = 3,
                     .price_factor = 1.0,
                     .exempt = {.authenticated = true,
                                .recipient_map = fixture_empty,
                                .role_factor = 0.25,
                                .null_sender_factor = 0.25,
                                .null_sender_cap = 2}},
    };

    conf.suite[op_suite_index(suite)].enabled = true;
    conf.suite[op_suite_index(suite)].work = suite->puzzles * FIXTURE_EFFORT;
    return conf;
}

static FIXTURE_UNUSED struct op_recipient fixture_recipient(const char *address)
{
    struct op_recipient recipient;

    assert_true(op_recipient_parse(address, strlen(address), &recipient, NULL));
    return recipient;
}

/* `number` makes one stamp differ from another. */
static FIXTURE_UNUSED struct op_stamp fixture_stamp_of(const char *suite, const char *address,
                                                       uint64_t effort, uint32_t date, int number)
{
    struct op_recipient recipient = fixture_recipient(address);
    struct op_mint_spec spec = {
        .suite = fixture_suite(suite),
        .effort = effort,
        .date = date,
        .recipient = &recipient,
        .threads = 1,
    };
    struct op_mint_result result;

    memcpy(spec.salt, &number, sizeof number);
    assert_int_equal(op_mint(&spec, &result), OP_OK);
    return result.stamp;
}

static FIXTURE_UNUSED struct op_stamp fixture_stamp(const char *address, int number)
{
    return fixture_stamp_of("sha256", address, FIXTURE_EFFORT, FIXTURE_DATE, number);
}

/* A site key, never freed: the tests' process is short. */
static FIXTURE_UNUSED const struct op_key *fixture_key(void)
{
    static const uint8_t material[OP_KEY_LEN] = "a site key for tests";
    static struct op_key *key;

    if (key == NULL)
        assert_int_equal(op_key_new(material, &key), OP_OK);
    return key;
}

/* From sender@client.example, at the configured price; a reply token pays for two messages. */
static FIXTURE_UNUSED struct msg *fixture_msg(const struct conf *conf)
{
    struct msg_terms terms = {
        .when = {.now = FIXTURE_NOW, .validity_s = conf->validity_s, .skew_s = conf->clock_skew_s},
        .key = fixture_key(),
        .uses = 2,
    };
    struct price_list list;
    struct msg *msg;

    price_list(conf, FIXTURE_NOW, 1.0, &list);
    memcpy(terms.work, list.work, sizeof terms.work);
    msg = msg_new(&terms, "<sender@client.example>");
    assert_non_null(msg);
    return msg;
}

static FIXTURE_UNUSED void fixture_add_recipient(struct msg *msg, const char *address)
{
    struct op_recipient recipient = fixture_recipient(address);

    assert_int_equal(msg_add_recipient(msg, &recipient, 1.0, false), OUTCOME_PASS);
}

static FIXTURE_UNUSED void fixture_add_stamp(struct msg *msg, const struct op_stamp *stamp)
{
    char text[OP_STAMP_TEXT_MAX];

    op_stamp_format(stamp, text);
    msg_add_field(msg, "mx.example", OP_STAMP_FIELD, text);
}

#endif
