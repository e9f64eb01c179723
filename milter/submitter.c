/* submitter.c - see submitter.h. */
#include "milter/submitter.h"

#include <string.h>

#define LOGIN_MAX 256 /* octets that count */

/* In lower case, where that is ASCII: many a server takes "Bob" and "bOB" for one login, which must
 * not have a share for each spelling. */
static size_t fold(const char *login, char folded_r[LOGIN_MAX])
{
    size_t len = 0;

    for (; login[len] != '\0' && len < LOGIN_MAX; len++) {
        char c = login[len];
        folded_r[len] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return len;
}

void submitter_name(const char *login, const struct scope_client *client, const struct op_key *key,
                    uint8_t name_r[SUBMITTER_LEN])
{
    uint8_t octets[16], mac[OP_MAC_LEN];
    char folded[LOGIN_MAX];
    size_t len = fold(login, folded);

    if (len > 0) {
        op_key_mac(key, "onionpow-v1 submitter login", folded, len, mac);
    } else {
        scope_client_one(client, octets);
        op_key_mac(key, "onionpow-v1 submitter client", octets, sizeof octets, mac);
    }
    memcpy(name_r, mac, SUBMITTER_LEN);
}
