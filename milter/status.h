/*
 * status.h - the state of the whole daemon at one moment, as metrics text.
 *
 * Reads everything and decides nothing.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "milter/service.h"

struct status;

/* Borrows the service. started: unix seconds. NULL: out of memory. */
struct status *status_new(struct service *service, int64_t started);
void status_free(struct status *status); /* NULL is fine */

void status_reloaded(struct status *status, bool done); /* counts; any thread */

/* Writes all metrics; any thread. As exporter_start and textfile_write want it. */
void status_write(void *status, FILE *out);

#endif
