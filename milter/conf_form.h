/*
 * conf_form.h - the forms that a text of the configuration can have. Internal to the conf files.
 *
 * Syntax only: whether a file, user or host is there shows itself when it is used.
 */
#ifndef CONF_FORM_H
#define CONF_FORM_H

#include <stdbool.h>

#define CONF_FORM_NAME_MAX 64 /* octets in the name of a listener */

/* A name as a listener or a macro has it: letters, digits and -._ */
bool conf_form_name(const char *text);
bool conf_form_name_or_empty(const char *text);

bool conf_form_path(const char *text); /* absolute, without control characters */
bool conf_form_path_or_empty(const char *text);
bool conf_form_socket(const char *text); /* local:, unix:, inet: or inet6: */
bool conf_form_listen(const char *text); /* "", inet:PORT@ADDRESS or local:/PATH */
bool conf_form_authserv_id(const char *text);
bool conf_form_help_url(const char *text);
bool conf_form_backend(const char *text);
bool conf_form_domain(const char *text); /* "example.org", or ".onion" for all below */
bool conf_form_macro(const char *text);  /* a value that an MTA's macro may have */

const char *conf_form_unix_path(const char *socket); /* NULL: it is not a Unix socket */
/* Can nobody but this host reach it? `listen` is well-formed. */
bool conf_form_listen_is_local(const char *listen);

#endif
