/*
 * authres.h - the Authentication-Results field (RFC 8601): writing ours, recognising forged ones.
 *
 * A field from outside that carries our authserv-id and our method would be believed by whoever
 * reads the mail after us, so it has to go. One with our authserv-id but other methods alone stays:
 * another filter of this site may have written it, and which of those are forged only that filter
 * can tell.
 */
#ifndef AUTHRES_H
#define AUTHRES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUTHRES_FIELD  "Authentication-Results"
#define AUTHRES_METHOD "x-onion-pow"
#define AUTHRES_ID_MAX 255 /* octets of an authserv-id: a host name */
#define AUTHRES_MAX    512 /* octets that authres_format writes, NUL included */

/* Is it a token of RFC 2045 of at most AUTHRES_ID_MAX octets, all ASCII? */
bool authres_id_valid(const char *id);

/* Does the field value claim a result of our method in the name of id, however it is quoted,
 * folded, commented or cased? A value that cannot be parsed claims it if it mentions both. */
bool authres_claims(const char *value, const char *id);

struct authres_result {
    const char *result; /* "pass", "fail", "policy", "none", "temperror" */
    const char *reason; /* a token; NULL if there is none to give */
    const char *suite;  /* NULL: no stamp to speak of */
    uint64_t work;
};

/* Writes the value of the field, one line. id is valid. */
void authres_format(const char *id, const struct authres_result *result, char text_r[AUTHRES_MAX]);

#define AUTHRES_MARKS_MAX 256

/* Which of a message's Authentication-Results fields are to be removed, by their place among the
 * fields of this name from 1. Those beyond AUTHRES_MARKS_MAX all are: no honest message has as
 * many. */
struct authres_marks { /* a value */
    uint32_t fields;   /* seen so far */
    uint8_t bits[AUTHRES_MARKS_MAX / 8];
};

void authres_marks_add(struct authres_marks *marks, bool remove); /* the next field */
bool authres_marks_get(const struct authres_marks *marks, uint32_t place);

#endif
