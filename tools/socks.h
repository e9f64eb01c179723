/*
 * socks.h - a TCP connection through a SOCKS5 proxy, which also resolves the name: nothing is ever
 * asked of DNS, and nothing ever goes around the proxy.
 */
#ifndef TOOLS_SOCKS_H
#define TOOLS_SOCKS_H

#include <stdint.h>

#define SOCKS_WHY_MAX 320 /* octets of a reason, NUL included */

struct socks;

struct socks_target {
    const char *proxy;           /* "HOST:PORT", or "/path" of a unix socket */
    const char *user, *password; /* Tor keeps streams of different ones on different circuits */
    const char *host;
    uint16_t port;
};

/* NULL with a phrase in why_r if there is no connection within limit_s. */
struct socks *socks_open(const struct socks_target *target, uint32_t limit_s,
                         char why_r[SOCKS_WHY_MAX]);
int socks_fd(const struct socks *socks); /* non-blocking; belongs to it */
void socks_close(struct socks *socks);   /* NULL is fine */

#endif
