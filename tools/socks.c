/*
 * socks.c - lets libcurl connect, and takes the connection over: what is said on it is smtp.c's
 * business.
 *
 * libcurl offers a proxy to do without the user name. Tor takes the name where there is one; a
 * proxy that does not cannot put destinations on circuits of their own, which Tor does all the same
 * with onion services: no two of them ever share a circuit.
 */
#include "tools/socks.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

/* NOPROXY is set, empty: else the environment's no_proxy could send us around the proxy. */
static CURLcode socks_set(CURL *curl, const struct socks_target *target, long limit_ms)
{
    char proxy[512], url[512];

    snprintf(proxy, sizeof proxy, "socks5h://%s%s", target->proxy[0] == '/' ? "localhost" : "",
             target->proxy);
    snprintf(url, sizeof url, "http://%s:%u/", target->host, target->port);
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {
        {CURLOPT_URL, url},
        {CURLOPT_PROXY, proxy},
        {CURLOPT_NOPROXY, ""},
        {CURLOPT_PROXYUSERNAME, target->user},
        {CURLOPT_PROXYPASSWORD, target->password},
    };
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_CONNECT_ONLY, 1},
        {CURLOPT_CONNECTTIMEOUT_MS, limit_ms},
        {CURLOPT_TIMEOUT_MS, limit_ms},
    };
    CURLcode code = CURLE_OK;

    for (size_t i = 0; i < sizeof texts / sizeof *texts && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, texts[i].option, texts[i].value);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && code == CURLE_OK; i++)
        code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    return code;
}

/* A descriptor of our own for libcurl's connection, which outlives the handle by it. */
static CURLcode socks_connect(CURL *curl, int *fd_r)
{
    curl_socket_t active = CURL_SOCKET_BAD;
    CURLcode code = curl_easy_perform(curl);

    if (code == CURLE_OK)
        code = curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &active);
    if (code != CURLE_OK)
        return code;
    *fd_r = active != CURL_SOCKET_BAD ? fcntl(active, F_DUPFD_CLOEXEC, 0) : -1;
    return *fd_r >= 0 ? CURLE_OK : CURLE_COULDNT_CONNECT;
}

struct wire *socks_open(const struct socks_target *target, double deadline,
                        char why_r[SOCKS_WHY_MAX])
{
    char error[CURL_ERROR_SIZE] = "";
    long limit_ms = (long)ceil(fmax(deadline - wire_now(), 1e-3) * 1e3); /* 0: libcurl's default */
    CURL *curl = curl_easy_init();
    int fd = -1;
    CURLcode code = curl != NULL ? socks_set(curl, target, limit_ms) : CURLE_FAILED_INIT;

    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    if (code == CURLE_OK)
        code = socks_connect(curl, &fd);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK)
        return wire_new(fd);
    snprintf(why_r, SOCKS_WHY_MAX, "the SOCKS proxy %.200s: %s", target->proxy,
             error[0] != '\0' ? error : curl_easy_strerror(code));
    return NULL;
}
