/*
 * socks.h - a TCP connection through a SOCKS5 proxy, which also resolves the name: nothing is ever
 * asked of DNS, and nothing ever goes around the proxy.
 */
#ifndef TOOLS_SOCKS_H
#define TOOLS_SOCKS_H

#include <stdint.h>

#include "tools/wire.h"

#define SOCKS_WHY_MAX 512 /* octets of a reason, NUL included */

struct socks_target {
    const char *proxy;           /* "HOST:PORT", or "/path" of a unix socket */
    const char *user, *password; /* Tor keeps streams of different ones on different circuits */
    const char *host;
    uint16_t port;
};

/* NULL with a phrase if there is no connection by the deadline. wire_free it. */
struct wire *socks_open(const struct socks_target *target, double deadline,
                        char why_r[SOCKS_WHY_MAX]);

#endif
