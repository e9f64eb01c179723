/*
 * key.h - the site key, and what is authenticated with it (HMAC-SHA-256, RFC 2104).
 *
 * The key is secret and shared by all nodes of a site. A struct op_key may be used by many threads
 * at once.
 */
#ifndef OP_KEY_H
#define OP_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pow/err.h"

#define OP_KEY_LEN 32 /* octets of key material */
#define OP_MAC_LEN 32

struct op_key;

OP_MUST_USE enum op_err op_key_new(const uint8_t material[OP_KEY_LEN], struct op_key **key_r);
void op_key_free(struct op_key *key); /* wipes it; NULL is fine */

/* HMAC(key, label || data); the label is an ASCII string that keeps uses apart, its NUL not
 * included. */
void op_key_mac(const struct op_key *key, const char *label, const void *data, size_t len,
                uint8_t mac_r[OP_MAC_LEN]);

/* The same with key material that serves this once, such as another MAC; allocates nothing. */
void op_key_mac_with(const uint8_t material[OP_KEY_LEN], const char *label, const void *data,
                     size_t len, uint8_t mac_r[OP_MAC_LEN]);

/* Are two MACs, or what was kept of them, equal? In a time that does not tell where they differ. */
bool op_key_mac_equal(const uint8_t *a, const uint8_t *b, size_t len);

#endif
