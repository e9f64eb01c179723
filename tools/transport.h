/*
 * transport.h - what a mail server is told when it asks how to deliver: a value of Postfix's
 * transport(5) such as "onionpow:[HOST.onion]:25".
 */
#ifndef TOOLS_TRANSPORT_H
#define TOOLS_TRANSPORT_H

#include "tools/lookup.h"
#include "tools/route.h"

#define TRANSPORT_NAME_MAX 64 /* octets with NUL */

/* The name of a transport: letters, digits and -_ ; with a colon behind it, the value has no next
 * hop, and the delivery agent finds the way itself. */
bool transport_name_valid(const char *name);

/* Reads a key, an address or a domain, and answers it if DNS need not be asked. A wrong name in
 * ".onion" is answered with the error transport: it must not end in a look-up. False: DNS has to be
 * asked for question_r, and transport_reply() gives the reply. */
bool transport_known(const struct sender *conf, const struct map *map, const char *name,
                     const char *key, struct route_question *question_r,
                     struct lookup_reply *reply_r);
void transport_reply(const char *name, const struct route_answer *answer,
                     struct lookup_reply *reply_r);

#endif
