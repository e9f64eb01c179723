/*
 * demand.c - the list of demands in an input. How a single one is read: demand_read.c.
 *
 * Decides what is text (the readable parts of a mail, or all of the input) and which demands are
 * the same. Sendmail alone gives one demand three times, once cut in the middle.
 */
#include "tools/demand.h"

#include <stdlib.h>
#include <string.h>

#include "tools/demand_read.h"
#include "tools/fail.h"
#include "tools/mime.h"

static bool demand_same_offer(const struct op_offer *a, const struct op_offer *b)
{
    return a->suite == b->suite && a->effort == b->effort && a->quote_len == b->quote_len &&
           memcmp(a->quote, b->quote, a->quote_len) == 0;
}

/* May b be the same demand as a, perhaps cut shorter, perhaps without the recipient? */
static bool demand_repeats(const struct demand *a, const struct demand *b)
{
    size_t count = a->offers.count < b->offers.count ? a->offers.count : b->offers.count;

    if (a->known && b->known && !op_recipient_equal(&a->recipient, &b->recipient))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!demand_same_offer(&a->offers.offer[i], &b->offers.offer[i]))
            return false;
    }
    return count > 0 || a->offers.count == b->offers.count;
}

static void demand_complete(struct demand *a, const struct demand *b)
{
    if (b->offers.count + b->offers.unknown > a->offers.count + a->offers.unknown)
        a->offers = b->offers;
    if (b->known && !a->known) {
        a->recipient = b->recipient;
        a->known = true;
    }
    if (strlen(b->text) > strlen(a->text))
        memcpy(a->text, b->text, sizeof a->text);
}

static void demand_add(struct demand_list *list, const struct demand *demand)
{
    for (size_t i = 0; i < list->count; i++) {
        if (demand_repeats(&list->demands[i], demand)) {
            demand_complete(&list->demands[i], demand);
            return;
        }
    }
    if (list->count == DEMAND_LIST_MAX)
        return;
    if (list->count % 16 == 0)
        list->demands = xrealloc(list->demands, (list->count + 16) * sizeof *list->demands);
    list->demands[list->count++] = *demand;
}

static void demand_find_form(struct demand_list *list, const char *text, size_t len, bool html)
{
    struct demand_read read;
    struct demand demand;

    demand_read_init(&read, text, len, html);
    while (demand_read_next(&read, &demand))
        demand_add(list, &demand);
    demand_read_clear(&read);
}

void demand_find_plain(struct demand_list *list, const char *text, size_t len)
{
    demand_find_form(list, text, len, false);
}

static void demand_visit(void *arg, const struct mime_part *part)
{
    struct demand_list *list = arg;

    if (strcmp(part->type, "text/html") == 0)
        demand_find_form(list, part->text, part->len, true);
    else if ((strncmp(part->type, "text/", 5) == 0 &&
              strcmp(part->type, "text/rfc822-headers") != 0) ||
             strcmp(part->type, "message/delivery-status") == 0 ||
             strcmp(part->type, "message/global-delivery-status") == 0)
        demand_find_plain(list, part->text, part->len);
}

/* One mail, or a text that is none. A mail whose parts hold nothing is searched as it stands: then
 * its MIME may be damaged. */
static void demand_find_one(struct demand_list *list, const char *text, size_t len)
{
    size_t before = list->count;

    if (!mime_walk(text, len, demand_visit, list) || list->count == before)
        demand_find_plain(list, text, len);
}

void demand_find(struct demand_list *list, const char *text, size_t len)
{
    const char *end = text + len;

    while (len >= 5 && memcmp(text, "From ", 5) == 0) {
        const char *next = memmem(text, len, "\n\nFrom ", 7);
        if (next == NULL)
            break;
        demand_find_one(list, text, (size_t)(next + 1 - text));
        text = next + 2;
        len = (size_t)(end - text);
    }
    demand_find_one(list, text, len);
}

void demand_clear(struct demand_list *list)
{
    free(list->demands);
    *list = (struct demand_list){0};
}
