/*
 * address.c - reads a recipient, and takes from its domain what is for the sender alone. Refuses
 * onion addresses that cannot be right before anybody is asked for them: a name in ".onion" never
 * goes to DNS (RFC 7686). Knows nothing of ways to other domains.
 */
#include "tools/address.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tools/base32.h"
#include "tools/mailbox.h"
#include "tools/onion.h"

#define ADDRESS_SUFFIX     ".onion"
#define ADDRESS_SUFFIX_LEN 6

static int address_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool address_pin_hex(const char *text, size_t len, struct address_pin *pin_r)
{
    struct address_pin pin = {.len = len / 2};

    if (len % 2 != 0 || pin.len < ADDRESS_PIN_MIN || pin.len > ADDRESS_PIN_MAX)
        return false;
    for (size_t i = 0; i < pin.len; i++) {
        int high = address_digit(text[2 * i]), low = address_digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        pin.octet[i] = (uint8_t)(high << 4 | low);
    }
    *pin_r = pin;
    return true;
}

bool address_pin_parse(const char *text, size_t len, struct address_pin *pin_r)
{
    struct address_pin pin = {0};

    if (address_pin_hex(text, len, pin_r))
        return true;
    if (!base32_decode(text, len, pin.octet, sizeof pin.octet, &pin.len) ||
        pin.len < ADDRESS_PIN_MIN || (pin.len % 5 != 0 && pin.len != ADDRESS_PIN_MAX))
        return false;
    *pin_r = pin;
    return true;
}

void address_pin_format(const struct address_pin *pin, char text_r[ADDRESS_PIN_TEXT])
{
    for (size_t i = 0; i < pin->len; i++)
        snprintf(text_r + 2 * i, 3, "%02x", pin->octet[i]);
    text_r[2 * pin->len] = '\0';
}

bool address_in_onion(const char *text)
{
    const char *at = strrchr(text, '@');
    const char *host = at != NULL ? at + 1 : text;
    size_t len = strlen(host);

    return strcasecmp(host, &ADDRESS_SUFFIX[1]) == 0 ||
           (len >= ADDRESS_SUFFIX_LEN &&
            strcasecmp(host + len - ADDRESS_SUFFIX_LEN, ADDRESS_SUFFIX) == 0);
}

bool address_onion_valid(const char *host, const char **why_r)
{
    size_t len = strlen(host);

    if (len > ADDRESS_SUFFIX_LEN && address_in_onion(host))
        return onion_valid(host, len - ADDRESS_SUFFIX_LEN, why_r);
    *why_r = "not a name in \".onion\"";
    return false;
}

/* Takes the pin off the host name, and out of the recipient. */
static bool address_take_pin(struct address *address, const char **why_r)
{
    size_t label = strcspn(address->host, ".");
    size_t rest = strlen(address->host) - label; /* with its dot and the NUL: the same number */

    if (strcmp(address->host + label, ADDRESS_SUFFIX) == 0 || address->host[label] == '\0')
        return true;
    if (!address_pin_parse(address->host, label, &address->pin)) {
        *why_r = "the label before the onion address is no fingerprint: at least 20 digits of "
                 "hexadecimal, or 16, 24, 32, 40, 48 or 52 characters of base32";
        return false;
    }
    memmove(address->host, address->host + label + 1, rest);
    memcpy(address->recipient.text + address->recipient.domain, address->host, rest);
    address->recipient.len = address->recipient.domain + rest - 1;
    return true;
}

bool address_parse(const char *text, struct address *address_r, const char **why_r)
{
    struct address address = {0};
    struct mailbox mailbox;

    if (!mailbox_parse(text, strlen(text), &mailbox, why_r))
        return false;
    address.recipient = mailbox.recipient;
    if (address.recipient.domain == address.recipient.len) {
        *why_r = "the domain is missing";
        return false;
    }
    snprintf(address.host, sizeof address.host, "%s",
             address.recipient.text + address.recipient.domain);
    address.onion = address_in_onion(address.host);
    if (address.onion &&
        (!address_take_pin(&address, why_r) || !address_onion_valid(address.host, why_r)))
        return false;
    memcpy(address.mailbox, mailbox.spelled, address.recipient.domain);
    strcpy(address.mailbox + address.recipient.domain, address.host);
    *address_r = address;
    return true;
}

bool address_parse_host(const char *host, struct address *address_r, const char **why_r)
{
    char text[sizeof "postmaster@" + 4 * OP_DOMAIN_MAX];

    if ((size_t)snprintf(text, sizeof text, "postmaster@%s", host) >= sizeof text) {
        *why_r = "the name is too long";
        return false;
    }
    return address_parse(text, address_r, why_r);
}
