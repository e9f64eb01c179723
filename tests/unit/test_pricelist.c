/* test_pricelist.c - the price list of a day, to the letter. */
#include "price_fixture.h"

#include <math.h>
#include <stdio.h>
#include <sysexits.h>

#include "milter/pricelist.h"

static char default_name[] = "default", onion_name[] = "onion", mail_name[] = "outgoing";

static struct conf conf_of(void)
{
    struct conf conf = price_fixture_conf();

    conf.fallback =
        (struct conf_listener){.name = default_name, .mode = CONF_ENFORCE, .price_factor = 1};
    return conf;
}

static void assert_list(const struct conf *conf, int64_t at, double load, const char *want)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(pricelist_print(conf, at, load, out), EX_OK);
    fclose(out);
    assert_string_equal(text, want);
    free(text);
}

static void test_defaults(void **state)
{
    struct conf conf = conf_of();

    (void)state;
    assert_list(
        &conf, op_date_to_time(20261118), 1,
        "prices of 2026-11-18 00:00 UTC, load 1\n"
        "\n"
        "SUITE          STATUS      DEPRECATION     LOAD           WORK       EFFORT   SECONDS "
        "REFUSE-AFTER\n"
        "argon2id-16m   preferred             1        1          16384          512     17.25 -\n"
        "argon2id-256m  strong                1        1            768           48     20.21 -\n"
        "argon2id-64m   accepted              1        1           4096          256     21.01 -\n"
        "sha256         deprecated            1        1     2147483648    134217728     17.04 -\n"
        "\n"
        "LISTENER       MODE             FACTOR OFFERS, BEST FIRST\n"
        "default        enforce               1 onionpow:1:argon2id-16m/512,argon2id-256m/48,"
        "argon2id-64m/256,sha256/134217728\n");
}

/* Everything at once: a calendar, a load with exponents, a suite that is off, one that is over. */
static void test_all(void **state)
{
    struct conf conf = conf_of();
    struct conf_listener listeners[] = {
        {.name = onion_name, .mode = CONF_MONITOR, .price_factor = 1.5},
        {.name = mail_name, .mode = CONF_SIGN, .price_factor = 1},
        {.name = default_name, .mode = CONF_OFF, .price_factor = 1},
    };

    (void)state;
    conf.listener = listeners;
    conf.listener_count = 3;
    conf.suite[0].deprecated_since = 20260820;
    conf.suite[0].doubling_s = 90 * OP_DAY_S;
    conf.suite[0].load_exponent = 2;
    conf.suite[0].refuse_after = 20271231;
    conf.suite[1].enabled = false;
    conf.suite[3].refuse_after = 20261117;
    assert_list(
        &conf, PRICE_FIXTURE_NOW - 12 * 3600, 3,
        "prices of 2026-11-18 00:00 UTC, load 3\n"
        "\n"
        "SUITE          STATUS      DEPRECATION     LOAD           WORK       EFFORT   SECONDS "
        "REFUSE-AFTER\n"
        "argon2id-16m   deprecated            2        9         294912         9216     310.4 "
        "2027-12-31\n"
        "argon2id-256m  disabled              -        -              -            -         - -\n"
        "argon2id-64m   accepted              1        3          12288          768     63.02 -\n"
        "sha256         refused               -        -              -            -         - "
        "2026-11-17\n"
        "\n"
        "LISTENER       MODE             FACTOR OFFERS, BEST FIRST\n"
        "onion          monitor             1.5 onionpow:1:argon2id-64m/1152,argon2id-16m/13824\n"
        "outgoing       sign                  1 -\n"
        "default        off                   1 -\n");
    for (size_t i = 0; i < op_suite_count(); i++)
        conf.suite[i].enabled = false;
    assert_list(
        &conf, PRICE_FIXTURE_NOW, 3,
        "prices of 2026-11-18 12:00 UTC, load 3\n"
        "\n"
        "SUITE          STATUS      DEPRECATION     LOAD           WORK       EFFORT   SECONDS "
        "REFUSE-AFTER\n"
        "argon2id-16m   disabled              -        -              -            -         - "
        "2027-12-31\n"
        "argon2id-256m  disabled              -        -              -            -         - -\n"
        "argon2id-64m   disabled              -        -              -            -         - -\n"
        "sha256         disabled              -        -              -            -         - "
        "2026-11-17\n"
        "\n"
        "LISTENER       MODE             FACTOR OFFERS, BEST FIRST\n"
        "onion          monitor             1.5 nothing is accepted\n"
        "outgoing       sign                  1 -\n"
        "default        off                   1 -\n");
}

static void assert_head(const struct conf *conf, int64_t at, double load, const char *want)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(pricelist_print(conf, at, load, out), EX_OK);
    fclose(out);
    *strchr(text, '\n') = '\0';
    assert_string_equal(text, want);
    free(text);
}

static void test_head(void **state)
{
    struct conf conf = conf_of();

    (void)state;
    assert_head(&conf, PRICE_FIXTURE_NOW, 100, "prices of 2026-11-18 12:00 UTC, load 100");
    assert_head(&conf, PRICE_FIXTURE_NOW, 250,
                "prices of 2026-11-18 12:00 UTC, load 100 (not 250: that is above the ceiling)");
    assert_head(&conf, PRICE_FIXTURE_NOW, 0.5,
                "prices of 2026-11-18 12:00 UTC, load 1 (not 0.5: no load is less than 1)");
    conf.price.mode = CONF_FIXED;
    assert_head(&conf, 0, 1, "prices of 1970-01-01 00:00 UTC, load 1");
    assert_head(&conf, op_date_to_time(99991231) + 86399, 3,
                "prices of 9999-12-31 23:59 UTC, load 1 (not 3: prices are fixed)");
}

/* A list that nobody can read is an error. */
static void test_full_disk(void **state)
{
    struct conf conf = conf_of();
    FILE *out = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(out);
    assert_int_equal(pricelist_print(&conf, PRICE_FIXTURE_NOW, 1, out), EX_IOERR);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
