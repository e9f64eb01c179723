/*
 * fingerprint.c - SHA-256 over records: a kind (one octet), a text, a NUL. Texts are C strings and
 * hold no NUL themselves, so that no two messages give the same octets. The body is the last record
 * and runs to the end.
 */
#include "milter/fingerprint.h"

#include <string.h>
#include <strings.h>

enum kind { KIND_SENDER = 1, KIND_FROM, KIND_DATE, KIND_MESSAGE_ID, KIND_SUBJECT, KIND_BODY };

static void add_octet(struct fingerprint *print, uint8_t octet)
{
    op_sha256_add(&print->hash, &octet, 1);
}

void fingerprint_init(struct fingerprint *print, const char *sender)
{
    size_t len = strlen(sender);

    if (len >= 2 && sender[0] == '<' && sender[len - 1] == '>') {
        sender++;
        len -= 2;
    }
    op_sha256_init(&print->hash);
    print->body = 0;
    add_octet(print, KIND_SENDER);
    op_sha256_add(&print->hash, sender, len);
    add_octet(print, 0);
}

void fingerprint_field(struct fingerprint *print, const char *name, const char *value)
{
    static const struct {
        const char *name;
        uint8_t kind;
    } fields[] = {
        {"From", KIND_FROM},
        {"Date", KIND_DATE},
        {"Message-ID", KIND_MESSAGE_ID},
        {"Subject", KIND_SUBJECT},
    };
    static const char space[] = " \t\r\n";
    size_t i = 0;

    while (strcasecmp(fields[i].name, name) != 0) {
        if (++i == sizeof fields / sizeof *fields)
            return;
    }
    add_octet(print, fields[i].kind);
    value += strspn(value, space);
    while (*value != '\0') {
        size_t word = strcspn(value, space);
        op_sha256_add(&print->hash, value, word);
        value += word;
        value += strspn(value, space);
        if (*value != '\0')
            add_octet(print, ' ');
    }
    add_octet(print, 0);
}

bool fingerprint_body(struct fingerprint *print, const void *data, size_t len)
{
    size_t left = FINGERPRINT_BODY_MAX - print->body;

    if (print->body == 0 && len > 0)
        add_octet(print, KIND_BODY);
    if (len > left)
        len = left;
    op_sha256_add(&print->hash, data, len);
    print->body += len;
    return print->body < FINGERPRINT_BODY_MAX;
}

void fingerprint_final(const struct fingerprint *print, uint8_t digest_r[FINGERPRINT_LEN])
{
    struct op_sha256 copy = print->hash;

    op_sha256_final(&copy, digest_r);
}
