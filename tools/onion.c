/*
 * onion.c - checks the name of an onion service: length, alphabet, version, checksum. That such a
 * service exists only Tor can tell.
 */
#include "tools/onion.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "tools/base32.h"

#define ONION_KEY      32                               /* octets: an Ed25519 key, */
#define ONION_CHECKSUM 2                                /* its checksum */
#define ONION_OCTETS   (ONION_KEY + ONION_CHECKSUM + 1) /* and the version */
#define ONION_VERSION  3
#define ONION_V2_LEN   16

/* The first octets of SHA3-256(".onion checksum" || key || version). */
static bool onion_checksum(const uint8_t octets[ONION_OCTETS], uint8_t sum_r[ONION_CHECKSUM])
{
    static const char label[] = ".onion checksum";
    uint8_t text[sizeof label - 1 + ONION_KEY + 1], hash[EVP_MAX_MD_SIZE];

    memcpy(text, label, sizeof label - 1);
    memcpy(text + sizeof label - 1, octets, ONION_KEY);
    text[sizeof text - 1] = octets[ONION_OCTETS - 1];
    if (EVP_Digest(text, sizeof text, hash, NULL, EVP_sha3_256(), NULL) != 1)
        return false;
    memcpy(sum_r, hash, ONION_CHECKSUM);
    return true;
}

static const char *onion_fault(const char *name, size_t len)
{
    uint8_t octets[ONION_OCTETS], sum[ONION_CHECKSUM];
    size_t count;

    if (len == ONION_V2_LEN)
        return "a version 2 onion address, which Tor has not carried since 2021; ask for the new "
               "one of 56 characters";
    if (len != ONION_LEN)
        return "an onion address has 56 characters before \".onion\"";
    if (!base32_decode(name, len, octets, sizeof octets, &count))
        return "an onion address is of the letters a to z and the digits 2 to 7";
    if (octets[ONION_OCTETS - 1] != ONION_VERSION)
        return "the onion address is not of version 3; is a character mistyped?";
    if (!onion_checksum(octets, sum))
        return "the checksum of an onion address cannot be computed here";
    if (memcmp(sum, octets + ONION_KEY, ONION_CHECKSUM) != 0)
        return "the onion address has a wrong checksum: a character is mistyped";
    return NULL;
}

bool onion_valid(const char *name, size_t len, const char **why_r)
{
    const char *fault = onion_fault(name, len);

    if (fault != NULL)
        *why_r = fault;
    return fault == NULL;
}
