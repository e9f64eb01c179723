/*
 * test_tls.c - TLS on a wire, with a real server at the other end that the test plays: who is taken
 * for the right one, and how a session ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tools/wire.h"

#define LATER 60
#define SOON  0.05
#define LARGE 300000

enum act {
    ACT_GREET,   /* says a line, hears one, ends the session cleanly */
    ACT_CUT,     /* says a line and is gone */
    ACT_SWALLOW, /* hears LARGE octets, says a line */
    ACT_OLD,     /* TLS 1.1 */
    ACT_GARBAGE, /* no TLS */
};

struct server {
    int fd;
    enum act act;
    char heard[16];
    size_t octets;
    pthread_t thread;
};

static SSL_CTX *context;
static uint8_t digest[ADDRESS_PIN_MAX];

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);

    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static int group_setup(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    unsigned len = sizeof digest;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    bool ok = X509_digest(certificate, EVP_sha256(), digest, &len) == 1 &&
              SSL_CTX_use_certificate(context, certificate) == 1 &&
              SSL_CTX_use_PrivateKey(context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return ok ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    SSL_CTX_free(context);
    return 0;
}

static void server_play(struct server *server, SSL *ssl)
{
    char block[4096];
    int n;

    if (SSL_accept(ssl) != 1)
        return;
    if (server->act == ACT_SWALLOW) {
        while (server->octets < LARGE && (n = SSL_read(ssl, block, sizeof block)) > 0)
            server->octets += (size_t)n;
    }
    SSL_write(ssl, "220 hello\r\n", 11);
    if (server->act != ACT_GREET)
        return;
    n = SSL_read(ssl, server->heard, sizeof server->heard - 1);
    server->octets = n > 0 ? (size_t)n : 0;
    SSL_shutdown(ssl);
}

static void *server_run(void *arg)
{
    struct server *server = arg;
    char block[4096];

    if (server->act == ACT_GARBAGE) {
        (void)!write(server->fd, "220 this is no TLS\r\n", 20);
    } else {
        SSL *ssl = SSL_new(context);
        SSL_set_fd(ssl, server->fd);
        if (server->act == ACT_OLD) {
            SSL_set_security_level(ssl, 0);
            SSL_set_min_proto_version(ssl, TLS1_VERSION);
            SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
        }
        server_play(server, ssl);
        SSL_free(ssl);
    }
    shutdown(server->fd, SHUT_WR);
    while (recv(server->fd, block, sizeof block, 0) > 0) /* an answer is not lost by our end */
        continue;
    return NULL;
}

static struct wire *start(struct server *server, enum act act)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    *server = (struct server){.fd = ends[1], .act = act};
    assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
    return wire_new(ends[0]);
}

static void stop(struct server *server, struct wire *wire)
{
    wire_free(wire);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static enum wire_result shake(struct wire *wire, const struct address_pin *pin, double limit_s)
{
    static const struct address_pin none;

    return wire_start_tls(wire, "mail.test", pin != NULL ? pin : &none, wire_now() + limit_s);
}

static void expect_hello(struct wire *wire)
{
    char line[WIRE_LINE_MAX];
    size_t len;

    assert_int_equal(wire_read_line(wire, wire_now() + LATER, line, &len), WIRE_OK);
    assert_string_equal(line, "220 hello");
}

static void test_session_and_its_clean_end(void **state)
{
    struct server server;
    struct wire *wire = start(&server, ACT_GREET);
    char line[WIRE_LINE_MAX];
    size_t len;

    (void)state;
    assert_int_equal(shake(wire, NULL, LATER), WIRE_OK);
    expect_hello(wire);
    assert_int_equal(wire_write(wire, "EHLO\r\n", 6, wire_now() + LATER), WIRE_OK);
    assert_int_equal(wire_read_line(wire, wire_now() + LATER, line, &len), WIRE_CLOSED);
    assert_string_equal(wire_why(wire), "the other side closed the connection");
    assert_false(wire_pin_failed(wire));
    stop(&server, wire);
    assert_string_equal(server.heard, "EHLO\r\n");
}

/* Somebody on the way can cut a connection, but not end the session in the server's name. */
static void test_cut(void **state)
{
    struct server server;
    struct wire *wire = start(&server, ACT_CUT);
    char line[WIRE_LINE_MAX];
    size_t len;

    (void)state;
    assert_int_equal(shake(wire, NULL, LATER), WIRE_OK);
    expect_hello(wire);
    assert_int_equal(wire_read_line(wire, wire_now() + LATER, line, &len), WIRE_CLOSED);
    assert_string_equal(wire_why(wire), "unexpected eof while reading");
    stop(&server, wire);
}

static void test_pin(void **state)
{
    static const struct {
        const char *label;
        size_t len, wrong; /* octets; which of them is wrong, from 1 */
        bool taken;
    } rows[] = {
        {"whole", 32, 0, true},
        {"prefix", 10, 0, true},
        {"first is wrong", 32, 1, false},
        {"last is wrong", 32, 32, false},
        {"last of a prefix is wrong", 10, 10, false},
        {"behind the prefix", 10, 11, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address_pin pin = {.len = rows[i].len};
        struct server server;
        struct wire *wire = start(&server, ACT_CUT);
        print_message("%s\n", rows[i].label);
        memcpy(pin.octet, digest, sizeof digest);
        if (rows[i].wrong > 0)
            pin.octet[rows[i].wrong - 1] ^= 1;
        assert_int_equal(shake(wire, &pin, LATER), rows[i].taken ? WIRE_OK : WIRE_CLOSED);
        assert_int_equal(wire_pin_failed(wire), !rows[i].taken);
        if (rows[i].taken)
            expect_hello(wire);
        else
            assert_non_null(strstr(wire_why(wire), "the certificate is not the one"));
        stop(&server, wire);
    }
}

static void test_no_handshake(void **state)
{
    static const struct {
        enum act act;
        const char *why;
    } rows[] = {{ACT_GARBAGE, "wrong version number"}, {ACT_OLD, "protocol version"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server server;
        struct wire *wire = start(&server, rows[i].act);
        assert_int_equal(shake(wire, NULL, LATER), WIRE_CLOSED);
        assert_non_null(strstr(wire_why(wire), rows[i].why));
        assert_false(wire_pin_failed(wire));
        stop(&server, wire);
    }
}

static void test_handshake_in_time(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct wire *wire = wire_new(ends[0]);
    assert_int_equal(shake(wire, NULL, SOON), WIRE_TIMEOUT);
    wire_free(wire);
    close(ends[1]);
}

/* What was said in clear and not taken yet is never mixed with what is said under TLS. */
static void test_input_ahead(void **state)
{
    int ends[2];
    char line[WIRE_LINE_MAX], hello;
    size_t len;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct wire *wire = wire_new(ends[0]);
    assert_int_equal(send(ends[1], "220 go\r\n250 ok\r\n", 16, 0), 16);
    assert_int_equal(wire_read_line(wire, wire_now() + LATER, line, &len), WIRE_OK);
    assert_int_equal(shake(wire, NULL, LATER), WIRE_ANSWERED);
    assert_int_equal(recv(ends[1], &hello, 1, MSG_DONTWAIT), -1); /* no handshake was begun */
    wire_free(wire);
    close(ends[1]);
}

static void test_large_and_answered(void **state)
{
    char *large = calloc(1, LARGE);
    struct server server;
    struct wire *wire = start(&server, ACT_SWALLOW);
    enum wire_result result = WIRE_OK;

    (void)state;
    assert_non_null(large);
    assert_int_equal(shake(wire, NULL, LATER), WIRE_OK);
    assert_int_equal(wire_write(wire, large, LARGE, wire_now() + LATER), WIRE_OK);
    while (result == WIRE_OK) /* it answers now, whenever that is */
        result = wire_write(wire, "x", 1, wire_now() + LATER);
    assert_int_equal(result, WIRE_ANSWERED);
    expect_hello(wire);
    stop(&server, wire);
    assert_true(server.octets >= LARGE);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_and_its_clean_end),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_pin),
        cmocka_unit_test(test_no_handshake),
        cmocka_unit_test(test_handshake_in_time),
        cmocka_unit_test(test_input_ahead),
        cmocka_unit_test(test_large_and_answered),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
