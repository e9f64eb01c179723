/* test_address.c - recipients as senders write them: domains, onions, pins, and their forgeries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/address.h"

#define ONION    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define ONION_UP "PG6MMJIYJMCRSSLVYKFWNNTLARU7P5SVN6Y2YMMJU6NUBXNDF4PSCRYD.Onion"
#define FORGED   "pg7mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
#define PIN_20   "03d66dd08835c1ca3f12"
#define PIN_HEX  "03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72"
#define PIN_62   "03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d"
#define PIN_BASE "aplg3ueigxa4upysrthkzuptdleucyyjnmqpirnoqqufxqedfvza"
#define PIN_16   "APLG3UEIGXA4UPYS"
#define PIN_24   "aplg3ueigxa4upysrthkzupt"

static void test_good(void **state)
{
    static const struct {
        const char *label, *text, *recipient, *host;
        bool onion;
        const char *pin; /* hexadecimal; "" = none */
    } rows[] = {
        {"domain", "bob@example.org", "bob@example.org", "example.org", false, ""},
        {"brackets", "<Bob@Example.ORG>", "bob@example.org", "example.org", false, ""},
        {"IDN", "bob@b\303\274cher.example", "bob@xn--bcher-kva.example", "xn--bcher-kva.example",
         false, ""},
        {"literal", "bob@[192.0.2.1]", "bob@[192.0.2.1]", "[192.0.2.1]", false, ""},
        {"onion", "bob@" ONION, "bob@" ONION, ONION, true, ""},
        {"onion, upper case", "<bob@" ONION_UP ">", "bob@" ONION, ONION, true, ""},
        {"pin, hexadecimal", "bob@" PIN_20 "." ONION, "bob@" ONION, ONION, true, PIN_20},
        {"pin, 31 octets", "bob@" PIN_62 "." ONION, "bob@" ONION, ONION, true, PIN_62},
        {"pin, base32", "bob@" PIN_16 "." ONION, "bob@" ONION, ONION, true, PIN_20},
        {"pin, base32, 15 octets", "bob@" PIN_24 "." ONION, "bob@" ONION, ONION, true,
         "03d66dd08835c1ca3f128cceacd1f3"},
        {"pin, base32, whole", "bob@" PIN_BASE "." ONION_UP, "bob@" ONION, ONION, true, PIN_HEX},
        {"an at sign in quotes", "\"a@" ONION "\"@example.org", "\"a@" ONION "\"@example.org",
         "example.org", false, ""},
        {"a domain that begins so", "bob@onion.example.org", "bob@onion.example.org",
         "onion.example.org", false, ""},
        {"a domain that ends so", "bob@myonion", "bob@myonion", "myonion", false, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        char pin[ADDRESS_PIN_TEXT];
        const char *why = "";
        if (!address_parse(rows[i].text, &address, &why))
            fail_msg("%s: %s", rows[i].label, why);
        assert_string_equal(address.recipient.text, rows[i].recipient);
        assert_int_equal(address.recipient.len, strlen(rows[i].recipient));
        assert_string_equal(address.recipient.text + address.recipient.domain, address.host);
        assert_string_equal(address.host, rows[i].host);
        assert_int_equal(address.onion, rows[i].onion);
        address_pin_format(&address.pin, pin);
        assert_string_equal(pin, rows[i].pin);
    }
}

/* What RCPT says has the sender's capitals; what is hashed has none. */
static void test_mailbox(void **state)
{
    static const char *const rows[][3] = {
        {"bob@example.org", "bob@example.org", "bob@example.org"},
        {" <Bob.MacX+Tag@Example.ORG>", "Bob.MacX+Tag@example.org", "bob.macx+tag@example.org"},
        {"@Relay.test,@B.test:BOB@" PIN_20 "." ONION_UP, "BOB@" ONION, "bob@" ONION},
        {"\"Bob\"@example.org", "Bob@example.org", "bob@example.org"},
        {"\"\\B\\\"o B\"@example.org", "\"B\\\"o B\"@example.org", "\"b\\\"o b\"@example.org"},
        {"[B\303\274B]@example.org", NULL, NULL},
        {"B\303\274B{@example.org", "B\303\274B{@example.org", "b\303\274b{@example.org"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        const char *why = "";
        bool good = address_parse(rows[i][0], &address, &why);
        assert_int_equal(good, rows[i][1] != NULL);
        if (good) {
            assert_string_equal(address.mailbox, rows[i][1]);
            assert_string_equal(address.recipient.text, rows[i][2]);
        }
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "empty"},
        {"<>", "empty"},
        {"postmaster", "domain is missing"},
        {"bob@", "domain is missing"},
        {"bob@" FORGED, "checksum"},
        {"bob@" PIN_20 "." FORGED, "checksum"},
        {"bob@cssj56utefk3wxsv.onion", "version 2"},
        {"bob@" PIN_20 ".cssj56utefk3wxsv.onion", "version 2"},
        {"bob@onion", "\".onion\""},
        {"bob@example.onion", "56 characters"},
        {"bob@mail." ONION, "no fingerprint"},
        {"bob@03d66dd08835c1ca3f." ONION, "no fingerprint"},    /* 9 octets */
        {"bob@03d66dd08835c1ca3f128." ONION, "no fingerprint"}, /* half an octet */
        {"bob@0aplg3ueigxa4upys." ONION, "no fingerprint"},
        {"bob@aplg3ueigxa4upysrq." ONION, "no fingerprint"}, /* 11 octets of base32 */
        {"bob@" PIN_20 "." PIN_20 "." ONION, "56 characters"},
        {"bob@" ONION ".", "not a valid name"},
        {"bob@" ONION " x", "not a valid name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address = {.host = "untouched"};
        const char *why = "";
        if (address_parse(rows[i].text, &address, &why))
            fail_msg("%s is taken", rows[i].text);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, why);
        assert_string_equal(address.host, "untouched");
    }
}

static void test_host(void **state)
{
    struct address address;
    const char *why = "";
    char longest[2000];
    (void)state;
    assert_true(address_parse_host(PIN_20 "." ONION_UP, &address, &why));
    assert_string_equal(address.host, ONION);
    assert_int_equal(address.pin.len, 10);
    assert_string_equal(address.recipient.text, "postmaster@" ONION);
    assert_true(address_parse_host("Example.org", &address, &why));
    assert_string_equal(address.host, "example.org");
    assert_false(address_parse_host("a@example.org", &address, &why));
    assert_false(address_parse_host("", &address, &why));
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(address_parse_host(longest, &address, &why));
    assert_non_null(strstr(why, "too long"));
}

static void test_onion(void **state)
{
    const char *why = "";
    (void)state;
    assert_true(address_onion_valid(ONION, &why));
    assert_true(address_onion_valid(ONION_UP, &why));
    assert_false(address_onion_valid(FORGED, &why));
    assert_false(address_onion_valid("example.org", &why));
    assert_false(address_onion_valid(".onion", &why));
    assert_false(address_onion_valid("", &why));
    assert_false(address_onion_valid(PIN_20 "." ONION, &why));
}

static void test_pin(void **state)
{
    struct address_pin pin = {.len = 7};
    (void)state;
    assert_true(address_pin_parse(PIN_HEX, 64, &pin));
    assert_int_equal(pin.len, 32);
    assert_false(address_pin_parse(PIN_HEX "00", 66, &pin)); /* 33 octets */
    assert_true(address_pin_parse("03D66DD08835C1CA3F12", 20, &pin));
    assert_int_equal(pin.len, 10);
    assert_int_equal(pin.octet[0], 3);
    assert_int_equal(pin.octet[9], 0x12);
    assert_false(address_pin_parse("", 0, &pin));
    assert_false(address_pin_parse("g3d66dd08835c1ca3f12", 20, &pin));
    /* sixteen digits are too few, and so read as base32 */
    assert_true(address_pin_parse("aaaaaaaabbbbbbbb", 16, &pin));
    assert_int_equal(pin.octet[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_mailbox), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_host), cmocka_unit_test(test_onion),   cmocka_unit_test(test_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
