/*
 * slots.c - see slots.h. Three locks, one behind the other:
 *
 *     to-XX        the turn of a destination, by the start of its hash
 *     queue        the head of the queue: it alone looks for a free slot (queue-low: of those that
 *                  may have the first slot only, which keeps them from standing before the others)
 *     0, 1, ...    the slots
 *
 * All but the heads sleep in the kernel. So a thousand that wait cost nothing, and a destination
 * has one place in the queue, however many mails it has. The order is roughly that of coming, and
 * no more: who looks at the clock leaves the kernel's queue for a moment. Two destinations may
 * share a turn by chance; then they wait for each other.
 */
#include "tools/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tools/statedir.h"

#define SLOTS_LOOK_MS 20  /* how often the head of the queue looks */
#define SLOTS_WAKE_MS 200 /* how often the others look at the clock */

static double slots_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void slots_wake(int number)
{
    (void)number;
}

/* flock with a deadline: a timer that comes again and again interrupts it, so none can be missed.
 * Whoever started us may have left its signal blocked. */
static int slots_lock(int fd, double deadline)
{
    const struct itimerval tick = {{0, SLOTS_WAKE_MS * 1000}, {0, SLOTS_WAKE_MS * 1000}};
    struct sigaction old, action = {.sa_handler = slots_wake};
    struct itimerval still = {0};
    sigset_t alarm, mask;
    int result;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, &old);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm, &mask);
    setitimer(ITIMER_REAL, &tick, NULL);
    do
        result = slots_now() < deadline ? flock(fd, LOCK_EX) : (errno = EWOULDBLOCK, -1);
    while (result != 0 && errno == EINTR);
    int error = errno;
    setitimer(ITIMER_REAL, &still, NULL);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGALRM, &old, NULL);
    errno = error;
    return result;
}

static enum slots_result slots_result_of(int fd)
{
    int error = errno;

    if (fd >= 0)
        close(fd);
    errno = error;
    return error == EWOULDBLOCK ? SLOTS_BUSY : SLOTS_FAILED;
}

static enum slots_result slots_try(int directory, unsigned slot, int *slot_r)
{
    char name[16];

    snprintf(name, sizeof name, "%u", slot);
    int fd = statedir_file(directory, name, O_RDWR | O_CREAT);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return slots_result_of(fd);
    *slot_r = fd;
    return SLOTS_TAKEN;
}

/* From the last one on: the first has others that want it. */
static enum slots_result slots_look(int directory, const struct slots_wish *wish, int *slot_r)
{
    enum slots_result result = SLOTS_BUSY;

    for (unsigned i = wish->low ? 1 : wish->count; result == SLOTS_BUSY && i > 0; i--)
        result = slots_try(directory, i - 1, slot_r);
    return result;
}

/* Opens a file and locks it. */
static enum slots_result slots_enter(int directory, const char *name, double deadline, int *fd_r)
{
    int fd = statedir_file(directory, name, O_RDWR | O_CREAT);

    if (fd < 0 || slots_lock(fd, deadline) != 0)
        return slots_result_of(fd);
    *fd_r = fd;
    return SLOTS_TAKEN;
}

static void slots_close(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

static enum slots_result slots_queue(int directory, const struct slots_wish *wish, double deadline,
                                     int *slot_r)
{
    const struct timespec look = {0, SLOTS_LOOK_MS * 1000000L};
    const char *name = wish->low ? "queue-low" : "queue";
    int queue;
    enum slots_result result = slots_enter(directory, name, deadline, &queue);

    if (result != SLOTS_TAKEN)
        return result;
    while ((result = slots_look(directory, wish, slot_r)) == SLOTS_BUSY && slots_now() < deadline)
        nanosleep(&look, NULL);
    slots_close(queue);
    return result;
}

static enum slots_result slots_take_at(int directory, const struct slots_wish *wish,
                                       double deadline, struct slot *slot_r)
{
    char name[16];

    snprintf(name, sizeof name, "to-%.2s", wish->whose);
    enum slots_result result = slots_enter(directory, name, deadline, &slot_r->turn);
    if (result != SLOTS_TAKEN)
        return result;
    result = slots_queue(directory, wish, deadline, &slot_r->slot);
    if (result != SLOTS_TAKEN)
        slots_close(slot_r->turn);
    return result;
}

enum slots_result slots_take(const struct slots_wish *wish, uint32_t wait_s, struct slot *slot_r)
{
    double deadline = slots_now() + wait_s;
    int at = statedir_open(wish->directory);
    int slots = at >= 0 ? statedir_sub(at, "slots") : -1;
    enum slots_result result = SLOTS_FAILED;

    if (slots >= 0) {
        result = slots_take_at(slots, wish, deadline, slot_r);
        slots_close(slots);
    }
    if (at >= 0)
        slots_close(at);
    return result;
}

void slots_give(struct slot slot)
{
    close(slot.slot);
    close(slot.turn);
}
