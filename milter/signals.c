/*
 * signals.c - the self-pipe: a handler writes one octet, the main thread reads it where it can act.
 * Knows what the signals are called, not what they lead to.
 */
#include "milter/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "pow/err.h"

static int pipe_fd[2]; /* a handler has no argument */

void signals_post(enum signals_event event)
{
    char octet = (char)event;
    int saved_errno = errno;
    while (write(pipe_fd[1], &octet, 1) < 0 && errno == EINTR)
        continue; /* a full pipe is fine: the reader has enough to do */
    errno = saved_errno;
}

static void on_signal(int number)
{
    signals_post(number == SIGTERM || number == SIGINT ? SIGNALS_STOP : SIGNALS_RELOAD);
}

bool signals_open(void)
{
    static const int caught[] = {SIGHUP, SIGUSR1, SIGTERM, SIGINT};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t set;

    if (pipe2(pipe_fd, O_CLOEXEC) < 0 || fcntl(pipe_fd[1], F_SETFL, O_NONBLOCK) < 0)
        return false;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        if (sigaction(caught[i], &action, NULL) < 0)
            return false;
        sigaddset(&set, caught[i]);
    }
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL) == 0 && pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0;
}

/* In place of the C library's, for the one caller that there is in this program: libmilter. A
 * thread in the real sigwait gets a signal whenever the kernel finds the main thread busy with
 * another, and a reload would be a stop once in a while. All signals are blocked here, so pause
 * never returns. */
int sigwait(const sigset_t *set, int *number_r)
{
    (void)set;
    (void)number_r;
    for (;;)
        pause();
}

void signals_block(sigset_t *old_r)
{
    sigset_t all;
    sigfillset(&all);
    OP_BUG_IF(pthread_sigmask(SIG_SETMASK, &all, old_r) != 0);
}

void signals_unblock(const sigset_t *old)
{
    OP_BUG_IF(pthread_sigmask(SIG_SETMASK, old, NULL) != 0);
}

/* poll before read: a sanitizer runs handlers while poll waits, but not while read does. */
enum signals_event signals_wait(void)
{
    struct pollfd readable = {.fd = pipe_fd[0], .events = POLLIN};
    char octet;
    while (poll(&readable, 1, -1) < 0)
        OP_BUG_IF(errno != EINTR);
    OP_BUG_IF(read(pipe_fd[0], &octet, 1) != 1);
    return (enum signals_event)octet;
}
