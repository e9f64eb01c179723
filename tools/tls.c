/* tls.c - see tls.h. The one place of the command that speaks to OpenSSL's TLS. */
#include "tools/tls.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tools/fail.h"

struct tls {
    SSL_CTX *context;
    SSL *ssl;
    const struct address_pin *pin;
    bool pin_failed;
    char why[TLS_WHY_MAX];
};

/* Stands in for the check of the chain: no authority has a say about an onion. */
static int tls_judge(X509_STORE_CTX *store, void *arg)
{
    struct tls *tls = arg;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    uint8_t digest[ADDRESS_PIN_MAX];
    unsigned len = 0;

    if (tls->pin->len == 0)
        return 1;
    tls->pin_failed = certificate == NULL ||
                      X509_digest(certificate, EVP_sha256(), digest, &len) != 1 ||
                      len != sizeof digest || tls->pin->len > sizeof digest ||
                      CRYPTO_memcmp(digest, tls->pin->octet, tls->pin->len) != 0;
    if (tls->pin_failed)
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return !tls->pin_failed;
}

static bool tls_prepare(struct tls *tls, int fd, const char *host)
{
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1)
        return false;
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(tls->context, tls_judge, tls);
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(tls->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    tls->ssl = SSL_new(tls->context);
    return tls->ssl != NULL && SSL_set_fd(tls->ssl, fd) == 1 &&
           SSL_set_tlsext_host_name(tls->ssl, host) == 1;
}

struct tls *tls_new(int fd, const char *host, const struct address_pin *pin)
{
    struct tls *tls = xmalloc(sizeof *tls);

    *tls = (struct tls){.pin = pin};
    if (tls_prepare(tls, fd, host))
        return tls;
    tls_free(tls);
    return NULL;
}

static enum tls_result tls_result_of(struct tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        break;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    if (tls->pin_failed)
        reason = "the certificate is not the one that the address or the map names";
    snprintf(tls->why, sizeof tls->why, "%s", reason != NULL ? reason : "the connection was lost");
    return TLS_FAILED;
}

enum tls_result tls_handshake(struct tls *tls)
{
    ERR_clear_error();
    int result = SSL_connect(tls->ssl);

    return result == 1 ? TLS_DONE : tls_result_of(tls, result);
}

enum tls_result tls_read(struct tls *tls, void *data_r, size_t size, size_t *len_r)
{
    ERR_clear_error();
    int result = SSL_read_ex(tls->ssl, data_r, size, len_r);

    return result == 1 ? TLS_DONE : tls_result_of(tls, result);
}

enum tls_result tls_write(struct tls *tls, const void *data, size_t len, size_t *len_r)
{
    ERR_clear_error();
    int result = SSL_write_ex(tls->ssl, data, len, len_r);

    return result == 1 ? TLS_DONE : tls_result_of(tls, result);
}

bool tls_pin_failed(const struct tls *tls)
{
    return tls->pin_failed;
}

const char *tls_why(const struct tls *tls)
{
    return tls->why;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    free(tls);
}
