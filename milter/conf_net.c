/*
 * conf_net.c - reads, writes and compares networks. IPv4 lives inside IPv6 as ::ffff:0:0/96, so
 * that there is one form to compare. Knows no sockets and resolves no names.
 */
#include "milter/conf_net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pow/units.h"

#define V4_OFFSET 12 /* octets of ::ffff:0:0/96 */

static const uint8_t v4_prefix[V4_OFFSET] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct conf_net *net)
{
    return net->prefix >= V4_OFFSET * 8 && memcmp(net->addr, v4_prefix, V4_OFFSET) == 0;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned rest = bits % 8;
    if (memcmp(a, b, bits / 8) != 0)
        return false;
    return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

static bool host_bits_clear(const struct conf_net *net)
{
    for (unsigned bit = net->prefix; bit < 128; bit++) {
        if (net->addr[bit / 8] & (0x80u >> (bit % 8)))
            return false;
    }
    return true;
}

static bool parse_addr(const char *text, uint8_t addr_r[16], unsigned *bits_r)
{
    if (inet_pton(AF_INET6, text, addr_r) == 1) {
        *bits_r = 128;
        return true;
    }
    memcpy(addr_r, v4_prefix, V4_OFFSET);
    *bits_r = 32;
    return inet_pton(AF_INET, text, addr_r + V4_OFFSET) == 1;
}

bool conf_net_parse(const char *text, struct conf_net *net_r)
{
    char addr[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t addr_len = slash ? (size_t)(slash - text) : strlen(text);
    struct conf_net net;
    unsigned bits;
    uint64_t prefix;

    if (addr_len >= sizeof addr)
        return false;
    memcpy(addr, text, addr_len);
    addr[addr_len] = '\0';
    if (!parse_addr(addr, net.addr, &bits))
        return false;
    prefix = bits;
    if (slash && (!op_decimal_parse(slash + 1, strlen(slash + 1), &prefix) || prefix > bits))
        return false;
    net.prefix = (unsigned)prefix + (128 - bits);
    if (!host_bits_clear(&net))
        return false;
    *net_r = net;
    return true;
}

void conf_net_format(const struct conf_net *net, char text_r[CONF_NET_TEXT_MAX])
{
    char addr[INET6_ADDRSTRLEN];
    bool v4 = is_v4(net);
    inet_ntop(v4 ? AF_INET : AF_INET6, net->addr + (v4 ? V4_OFFSET : 0), addr, sizeof addr);
    snprintf(text_r, CONF_NET_TEXT_MAX, "%s/%u", addr, net->prefix - (v4 ? V4_OFFSET * 8 : 0));
}

bool conf_net_covers(const struct conf_net *outer, const struct conf_net *inner)
{
    return outer->prefix <= inner->prefix && same_bits(outer->addr, inner->addr, outer->prefix);
}

bool conf_net_lists(const struct conf_net *nets, size_t count, const struct conf_net *inner)
{
    for (size_t i = 0; i < count; i++) {
        if (conf_net_covers(&nets[i], inner))
            return true;
    }
    return false;
}

bool conf_net_is_loopback(const struct conf_net *net)
{
    static const struct conf_net loopback[] = {
        {.addr = {[10] = 0xff, [11] = 0xff, [12] = 127}, .prefix = V4_OFFSET * 8 + 8},
        {.addr = {[15] = 1}, .prefix = 128},
    };
    return conf_net_lists(loopback, sizeof loopback / sizeof *loopback, net);
}
