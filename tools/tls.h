/*
 * tls.h - TLS over a socket. The server's name is not judged: an onion address has authenticated
 * it already. Its certificate is, where the sender knows a fingerprint of it.
 */
#ifndef TOOLS_TLS_H
#define TOOLS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/address.h"

#define TLS_WHY_MAX 256 /* octets of a phrase, NUL included */

struct tls;

enum tls_result {
    TLS_DONE,
    TLS_WANT_READ, /* again when the socket can be read */
    TLS_WANT_WRITE,
    TLS_CLOSED, /* the other end has ended it */
    TLS_FAILED, /* tls_why says why */
};

/* Over a non-blocking socket, which stays the caller's. The pin must live as long. NULL: OpenSSL
 * has no memory. */
struct tls *tls_new(int fd, const char *host, const struct address_pin *pin);
enum tls_result tls_handshake(struct tls *tls);
enum tls_result tls_read(struct tls *tls, void *data_r, size_t size, size_t *len_r);
enum tls_result tls_write(struct tls *tls, const void *data, size_t len, size_t *len_r);
bool tls_pin_failed(const struct tls *tls); /* the certificate is another one */
const char *tls_why(const struct tls *tls);
void tls_free(struct tls *tls); /* NULL is fine */

#endif
