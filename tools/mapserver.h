/*
 * mapserver.h - answers mail servers that ask which transport takes a recipient, until it is told
 * to stop.
 *
 * SIGTERM and SIGINT end it, SIGHUP reads the configuration again; the map is read again whenever
 * its file has changed. Needs no privilege.
 */
#ifndef TOOLS_MAPSERVER_H
#define TOOLS_MAPSERVER_H

#include "tools/lookup.h"

#define MAPSERVER_CLIENTS_MAX 128 /* for one more, the most silent one goes */

struct mapserver_plan {
    const char *config;    /* file; NULL: as sender_load() has it */
    const char *listen;    /* as listener_open() has it; "-": one client, stdin and stdout */
    const char *transport; /* as transport_name_valid() has it */
    enum lookup_protocol protocol;
};

/* Ends the run with EX_CONFIG or EX_UNAVAILABLE if it cannot begin. */
void xmapserver_run(const struct mapserver_plan *plan);

#endif
