/* conf_form.c - the forms that a text of the configuration can have. */
#include "milter/conf_form.h"

#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "milter/conf_net.h"
#include "pow/units.h"

#define HELP_URL_MAX 200 /* octets: it has to fit into one line of an SMTP reply */
#define MACRO_MAX    255
#define DOMAIN_MAX   255

static bool is_graphic(const char *text) /* visible ASCII, no blanks */
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~')
            return false;
    }
    return true;
}

static const char *after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool conf_form_name(const char *text)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t len = strspn(text, set);
    return len > 0 && len <= CONF_FORM_NAME_MAX && text[len] == '\0';
}

bool conf_form_name_or_empty(const char *text)
{
    return *text == '\0' || conf_form_name(text);
}

bool conf_form_path(const char *text)
{
    if (text[0] != '/')
        return false;
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    }
    return true;
}

bool conf_form_path_or_empty(const char *text)
{
    return *text == '\0' || conf_form_path(text);
}

static bool is_inet(const char *text) /* PORT@HOST; without a host it would be open to all */
{
    const char *at = strchr(text, '@');
    uint64_t port;
    return at && op_decimal_parse(text, (size_t)(at - text), &port) && port >= 1 && port <= 65535 &&
           at[1] != '\0' && is_graphic(at + 1);
}

static bool is_unix(const char *path)
{
    return conf_form_path(path) && strlen(path) < sizeof((struct sockaddr_un *)0)->sun_path;
}

const char *conf_form_unix_path(const char *socket)
{
    const char *path = after(socket, "local:");
    return path ? path : after(socket, "unix:");
}

bool conf_form_socket(const char *text)
{
    const char *path = conf_form_unix_path(text);
    const char *inet = after(text, "inet:");
    if (path)
        return is_unix(path);
    if (!inet)
        inet = after(text, "inet6:");
    return inet && is_inet(inet);
}

/* The host of PORT@HOST; a name is not looked up, but "localhost" needs no look. */
static bool read_host(const char *inet, struct conf_net *host_r)
{
    const char *host = strchr(inet, '@') + 1;
    return !strchr(host, '/') &&
           conf_net_parse(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, host_r);
}

bool conf_form_listen(const char *text)
{
    const char *path = after(text, "local:"), *inet = after(text, "inet:");
    struct conf_net host;
    return *text == '\0' || (path && is_unix(path)) ||
           (inet && is_inet(inet) && read_host(inet, &host));
}

bool conf_form_listen_is_local(const char *listen)
{
    const char *inet = after(listen, "inet:");
    struct conf_net host;
    return !inet || (read_host(inet, &host) && conf_net_is_loopback(&host));
}

bool conf_form_authserv_id(const char *text) /* a value of RFC 8601 that needs no quotes */
{
    return strlen(text) <= 255 && is_graphic(text) && strpbrk(text, "()<>@,;:\\\"/[]?=") == NULL;
}

bool conf_form_help_url(const char *text)
{
    if (*text == '\0')
        return true;
    return (after(text, "https://") || after(text, "http://")) && strlen(text) <= HELP_URL_MAX &&
           is_graphic(text);
}

bool conf_form_backend(const char *text)
{
    return strcmp(text, "lmdb") == 0 || strcmp(text, "memory") == 0;
}

/* Letters, digits and hyphens, with a dot: a name without one would match nobody's mail. */
bool conf_form_domain(const char *text)
{
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t len = strspn(text, set);
    return len > 1 && len <= DOMAIN_MAX && text[len] == '\0' && strchr(text, '.') &&
           !strstr(text, "..") && text[len - 1] != '.';
}

bool conf_form_macro(const char *text)
{
    return *text != '\0' && strlen(text) <= MACRO_MAX && is_graphic(text);
}
