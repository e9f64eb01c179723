/* sign.c - from the recipients and the References of an outgoing message to its reply token. */
#include "milter/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 19 /* ten digits, ".invalid", NUL */

struct sign {
    struct op_recipient recipient[TOKEN_RECIPIENTS_MAX];
    size_t count;
    bool unfit; /* too many recipients, or a References field that we had better not touch */
    bool present;
    char references[SIGN_TEXT_MAX];
};

struct sign *sign_new(void)
{
    return calloc(1, sizeof(struct sign));
}

void sign_free(struct sign *sign)
{
    free(sign);
}

static bool has_recipient(const struct sign *sign, const struct op_recipient *recipient)
{
    for (size_t i = 0; i < sign->count; i++) {
        if (strcmp(sign->recipient[i].text, recipient->text) == 0)
            return true;
    }
    return false;
}

void sign_recipient(struct sign *sign, const char *address)
{
    struct op_recipient recipient;

    if (!op_recipient_parse(address, strlen(address), &recipient, NULL) ||
        has_recipient(sign, &recipient))
        return;
    if (sign->count == TOKEN_RECIPIENTS_MAX)
        sign->unfit = true;
    else
        sign->recipient[sign->count++] = recipient;
}

void sign_field(struct sign *sign, const char *name, const char *value)
{
    size_t len = strlen(value);

    if (strcasecmp(name, "References") != 0)
        return;
    if (sign->present || len >= sizeof sign->references) {
        sign->unfit = true; /* twice is against RFC 5322; which one would be ours? */
        return;
    }
    sign->present = true;
    memcpy(sign->references, value, len + 1);
}

/* Right of the "@": the same on all nodes of a site, another one elsewhere. Short, because a word
 * of more than 77 octets is encoded, and so lost, by some mail programs; an onion's name has 62. */
static void make_host(const struct op_key *key, char host_r[HOST_MAX])
{
    uint8_t mac[OP_MAC_LEN];

    op_key_mac(key, "onionpow-v1 reply host", "", 0, mac);
    snprintf(host_r, HOST_MAX, "%02x%02x%02x%02x%02x.invalid", mac[0], mac[1], mac[2], mac[3],
             mac[4]);
}

bool sign_end(const struct sign *sign, const struct op_key *key, uint32_t expires,
              const uint8_t salt[TOKEN_SALT_LEN], char text_r[SIGN_TEXT_MAX], bool *present_r)
{
    char host[HOST_MAX], token[TOKEN_TEXT_MAX];

    make_host(key, host);
    if (sign->unfit || sign->count == 0 ||
        !token_make(key, sign->recipient, sign->count, expires, salt, host, token))
        return false;
    *present_r = sign->present;
    return token_append(sign->references, token, text_r, SIGN_TEXT_MAX);
}
