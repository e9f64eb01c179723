/*
 * socks.c - lets libcurl connect and then keeps out of its way: what is said on the connection is
 * smtp.c's business.
 */
#include "tools/socks.h"

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "tools/fail.h"

struct socks {
    CURL *curl;
    int fd;
    char error[CURL_ERROR_SIZE];
};

/* NOPROXY is set, empty: else the environment's no_proxy could send us around the proxy. */
static CURLcode socks_set(struct socks *socks, const struct socks_target *target, uint32_t limit_s)
{
    char proxy[512], url[512];
    CURL *curl = socks->curl;
    CURLcode code = CURLE_OK;

    snprintf(proxy, sizeof proxy, "socks5h://%s%s", target->proxy[0] == '/' ? "localhost" : "",
             target->proxy);
    snprintf(url, sizeof url, "http://%s:%u/", target->host, target->port);
#define SOCKS_SET(option, value)                                                                   \
    if (code == CURLE_OK)                                                                          \
    code = curl_easy_setopt(curl, option, value)
    SOCKS_SET(CURLOPT_ERRORBUFFER, socks->error);
    SOCKS_SET(CURLOPT_NOSIGNAL, 1L);
    SOCKS_SET(CURLOPT_CONNECT_ONLY, 1L);
    SOCKS_SET(CURLOPT_URL, url);
    SOCKS_SET(CURLOPT_PROXY, proxy);
    SOCKS_SET(CURLOPT_NOPROXY, "");
    SOCKS_SET(CURLOPT_PROXYUSERNAME, target->user);
    SOCKS_SET(CURLOPT_PROXYPASSWORD, target->password);
    SOCKS_SET(CURLOPT_CONNECTTIMEOUT, (long)limit_s);
    SOCKS_SET(CURLOPT_TIMEOUT, (long)limit_s);
#undef SOCKS_SET
    return code;
}

static CURLcode socks_connect(struct socks *socks, const struct socks_target *target,
                              uint32_t limit_s)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode code = socks_set(socks, target, limit_s);

    if (code == CURLE_OK)
        code = curl_easy_perform(socks->curl);
    if (code == CURLE_OK)
        code = curl_easy_getinfo(socks->curl, CURLINFO_ACTIVESOCKET, &fd);
    if (code == CURLE_OK && fd == CURL_SOCKET_BAD)
        code = CURLE_COULDNT_CONNECT;
    socks->fd = fd;
    return code;
}

struct socks *socks_open(const struct socks_target *target, uint32_t limit_s,
                         char why_r[SOCKS_WHY_MAX])
{
    struct socks *socks = xmalloc(sizeof *socks);

    *socks = (struct socks){.curl = curl_easy_init(), .fd = -1};
    CURLcode code = socks->curl != NULL ? socks_connect(socks, target, limit_s) : CURLE_FAILED_INIT;
    if (code == CURLE_OK)
        return socks;
    snprintf(why_r, SOCKS_WHY_MAX, "%s",
             socks->error[0] != '\0' ? socks->error : curl_easy_strerror(code));
    socks_close(socks);
    return NULL;
}

int socks_fd(const struct socks *socks)
{
    return socks->fd;
}

void socks_close(struct socks *socks)
{
    if (socks == NULL)
        return;
    curl_easy_cleanup(socks->curl);
    free(socks);
}
