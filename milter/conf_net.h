/*
 * conf_net.h - networks of client addresses, as match-client lists them.
 */
#ifndef CONF_NET_H
#define CONF_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_NET_TEXT_MAX 64 /* octets that conf_net_format writes, NUL included */

struct conf_net { /* a value; IPv4 as ::ffff:0:0/96 */
    uint8_t addr[16];
    unsigned prefix; /* 0..128 */
};

/* "192.0.2.0/24", "fc00:dead:beef:4dad::/64", or an address alone. False, *net_r untouched, if it
 * is neither, or if address bits behind the prefix are set. */
bool conf_net_parse(const char *text, struct conf_net *net_r);
void conf_net_format(const struct conf_net *net, char text_r[CONF_NET_TEXT_MAX]);

/* Is every address of `inner` in `outer`? A single address is a network with prefix 128. */
bool conf_net_covers(const struct conf_net *outer, const struct conf_net *inner);
/* ... in one of these? */
bool conf_net_lists(const struct conf_net *nets, size_t count, const struct conf_net *inner);
bool conf_net_is_loopback(const struct conf_net *net);

#endif
