/*
 * notify.h - tells the service manager how we are: the protocol of sd_notify(3), without its
 * library.
 *
 * Without $NOTIFY_SOCKET all of this does nothing. What goes wrong is not reported: a daemon must
 * not depend on being watched.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

void notify_ready(const char *status); /* started, or a reload is over; status is a line */
void notify_reloading(void);           /* a reload begins */
void notify_stopping(const char *status);

#endif
