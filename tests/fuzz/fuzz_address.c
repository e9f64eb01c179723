/*
 * fuzz_address.c - any octets as a recipient. What is accepted is a fixed point: its canonical form
 * has the same host, and no pin; a host in ".onion" has a right checksum.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pow/err.h"
#include "tools/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct address *address)
{
    struct address again;
    struct address_pin pin;
    char text[ADDRESS_PIN_TEXT];
    const char *why = NULL;

    OP_BUG_IF(strcmp(address->recipient.text + address->recipient.domain, address->host) != 0);
    OP_BUG_IF(strlen(address->recipient.text) != address->recipient.len);
    OP_BUG_IF(strcasecmp(address->mailbox, address->recipient.text) != 0);
    OP_BUG_IF(address->onion != address_in_onion(address->host));
    OP_BUG_IF(address->onion && !address_onion_valid(address->host, &why));
    OP_BUG_IF(!address_parse(address->recipient.text, &again, &why));
    OP_BUG_IF(strcmp(again.host, address->host) != 0 || again.pin.len != 0);
    OP_BUG_IF(!op_recipient_equal(&again.recipient, &address->recipient));
    OP_BUG_IF(address->pin.len > 0 && (!address->onion || address->pin.len < ADDRESS_PIN_MIN));
    address_pin_format(&address->pin, text);
    if (address->pin.len > 0) {
        OP_BUG_IF(!address_pin_parse(text, strlen(text), &pin));
        OP_BUG_IF(memcmp(&pin, &address->pin, sizeof pin) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct address address;
    const char *why = NULL;
    char *text = malloc(size + 1);

    OP_BUG_IF(!text);
    memcpy(text, data, size);
    text[size] = '\0';
    bool good = address_parse(text, &address, &why);
    OP_BUG_IF(good != (why == NULL));
    if (good)
        check(&address);
    address_parse_host(text, &address, &why);
    free(text);
    return 0;
}
