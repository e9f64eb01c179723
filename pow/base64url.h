/*
 * base64url.h - base64url of RFC 4648 section 5, without padding and with one text per value.
 */
#ifndef OP_BASE64URL_H
#define OP_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OP_BASE64URL_LEN(octets) (((octets)*4 + 2) / 3) /* characters, without a NUL */

/* Writes OP_BASE64URL_LEN(len) characters and a NUL; text_r has room for them. */
void op_base64url_format(const uint8_t *data, size_t len, char *text_r);

/* Reads exactly `len` octets from `text_len` characters; false unless the text is the one that
 * op_base64url_format makes of them (length, alphabet, zero spare bits). data_r may be half
 * written on failure. */
bool op_base64url_parse(const char *text, size_t text_len, uint8_t *data_r, size_t len);

#endif
