/*
 * slots.c - see slots.h.
 *
 * One process at a time stands at the head of the queue (holds its lock) and looks for a free slot;
 * the others sleep in the kernel until it has one. So a thousand that wait cost nothing, and who
 * comes later does not get past them.
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

#include "tools/purse_dir.h"

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
 */
static int slots_lock(int fd, double deadline)
{
    const struct itimerval tick = {{0, SLOTS_WAKE_MS * 1000}, {0, SLOTS_WAKE_MS * 1000}};
    struct sigaction old, action = {.sa_handler = slots_wake};
    struct itimerval still = {0};
    int result;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &tick, NULL);
    do
        result = slots_now() < deadline ? flock(fd, LOCK_EX) : (errno = EWOULDBLOCK, -1);
    while (result != 0 && errno == EINTR);
    int error = errno;
    setitimer(ITIMER_REAL, &still, NULL);
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

static enum slots_result slots_try(int directory, unsigned count, int *slot_r)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        int fd = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            return SLOTS_FAILED;
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            *slot_r = fd;
            return SLOTS_TAKEN;
        }
        enum slots_result result = slots_result_of(fd);
        if (result != SLOTS_BUSY)
            return result;
    }
    return SLOTS_BUSY;
}

static enum slots_result slots_queue(int directory, unsigned count, double deadline, int *slot_r)
{
    const struct timespec look = {0, SLOTS_LOOK_MS * 1000000L};
    int queue = openat(directory, "queue", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum slots_result result;

    if (queue < 0 || slots_lock(queue, deadline) != 0)
        return slots_result_of(queue);
    while ((result = slots_try(directory, count, slot_r)) == SLOTS_BUSY && slots_now() < deadline)
        nanosleep(&look, NULL);
    int error = errno;
    close(queue);
    errno = error;
    return result;
}

enum slots_result slots_take(const char *directory, unsigned count, uint32_t wait_s, int *slot_r)
{
    double deadline = slots_now() + wait_s;
    int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int slots = at >= 0 ? purse_dir_open(at, "slots") : -1;
    enum slots_result result = SLOTS_FAILED;

    if (slots >= 0)
        result = slots_queue(slots, count, deadline, slot_r);
    int error = errno;
    if (slots >= 0)
        close(slots);
    if (at >= 0)
        close(at);
    errno = error;
    return result;
}

void slots_give(int slot)
{
    close(slot);
}
