/* addrkey.c - addresses and domains in lists, compared by their canonical form. */
#include "milter/addrkey.h"

#include <string.h>

#define TEXT_MAX 2048 /* octets of input that are looked at */

/* A domain has no form of its own: it is what stands behind an address's local part. */
static bool parse_domain(const char *text, size_t len, struct addrkey *key_r, const char **why_r)
{
    char address[TEXT_MAX + 1] = "x";
    struct op_recipient recipient;
    if (len > TEXT_MAX) {
        if (why_r)
            *why_r = "the domain is too long";
        return false;
    }
    memcpy(address + 1, text, len);
    if (!op_recipient_parse(address, len + 1, &recipient, why_r))
        return false;
    key_r->len = recipient.len - (recipient.domain - 1);
    memcpy(key_r->text, recipient.text + recipient.domain - 1, key_r->len + 1);
    return true;
}

bool addrkey_parse(const char *text, size_t len, struct addrkey *key_r, const char **why_r)
{
    struct op_recipient recipient;
    if (len > 0 && text[0] == '@')
        return parse_domain(text, len, key_r, why_r);
    if (!op_recipient_parse(text, len, &recipient, why_r))
        return false;
    key_r->len = recipient.len;
    memcpy(key_r->text, recipient.text, recipient.len + 1);
    return true;
}

bool addrkey_domain(const struct op_recipient *recipient, const char **key_r, size_t *len_r)
{
    if (recipient->domain >= recipient->len)
        return false;
    *key_r = recipient->text + recipient->domain - 1;
    *len_r = recipient->len - (recipient->domain - 1);
    return true;
}

bool addrkey_matches(const char *key, const struct op_recipient *recipient)
{
    const char *domain;
    size_t len;
    if (strcmp(key, recipient->text) == 0)
        return true;
    return addrkey_domain(recipient, &domain, &len) && strcmp(key, domain) == 0;
}
