/*
 * bounce.c - joins what the report says of each recipient with the demand that goes with it.
 *
 * The demand stands in Diagnostic-Code; where that was cut before the first offer ends, it is
 * looked for in the words for people, and taken only if it is plain whose it is. An address that
 * the report names twice counts as delivered if one of the two says so.
 */
#include "tools/bounce.h"

#include <stdlib.h>
#include <string.h>

#include "tools/fail.h"

const char *bounce_fate_str(enum bounce_fate fate)
{
    switch (fate) {
    case BOUNCE_UNPAID:
        return "asks for a stamp";
    case BOUNCE_FAILED:
        return "failed, and not for want of a stamp";
    case BOUNCE_WAITING:
        return "is still in a queue, which tries again by itself";
    case BOUNCE_DELIVERED:
        return "did not fail";
    }
    return "invalid";
}

static enum bounce_fate bounce_fate(enum dsn_action action)
{
    switch (action) {
    case DSN_FAILED:
        return BOUNCE_FAILED;
    case DSN_DELAYED:
        return BOUNCE_WAITING;
    case DSN_DELIVERED:
    case DSN_RELAYED:
    case DSN_EXPANDED:
    case DSN_UNKNOWN:
        return BOUNCE_DELIVERED;
    }
    return BOUNCE_DELIVERED;
}

static struct bounce_item *bounce_find(struct bounce *bounce, const struct op_recipient *rcpt)
{
    for (size_t i = 0; i < bounce->count; i++) {
        if (op_recipient_equal(&bounce->items[i].about->recipient, rcpt))
            return &bounce->items[i];
    }
    return NULL;
}

static void bounce_add(struct bounce *bounce, const struct dsn_recipient *about)
{
    struct bounce_item *item = bounce_find(bounce, &about->recipient);
    enum bounce_fate fate = bounce_fate(about->action);

    if (item == NULL) {
        item = &bounce->items[bounce->count++];
        *item = (struct bounce_item){.about = about, .fate = fate};
    } else if (fate > item->fate) {
        item->fate = fate;
    }
}

static bool bounce_is_for(const struct demand *demand, const struct op_recipient *rcpt)
{
    return demand->known && op_recipient_equal(&demand->recipient, rcpt);
}

/* Of several demands the one that names the recipient; else the first, if it may be his. */
static bool bounce_choose(const struct demand_list *list, const struct op_recipient *rcpt,
                          bool unnamed_too, struct demand *demand_r)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bounce_is_for(&list->demands[i], rcpt)) {
            *demand_r = list->demands[i];
            return true;
        }
    }
    if (list->count == 0 || !unnamed_too)
        return false;
    *demand_r = list->demands[0];
    return true;
}

static void bounce_look(const struct demand_list *words, bool alone, struct bounce_item *item)
{
    struct demand_list own = {0};
    const struct dsn_recipient *about = item->about;

    demand_find_plain(&own, about->diagnostic, strlen(about->diagnostic));
    if (bounce_choose(&own, &about->recipient, true, &item->demand) ||
        bounce_choose(words, &about->recipient, alone && words->count == 1, &item->demand))
        item->fate = BOUNCE_UNPAID;
    demand_clear(&own);
}

bool bounce_read(const char *text, size_t len, struct bounce *bounce_r)
{
    struct bounce bounce = {.count = 0};
    struct demand_list words = {0};

    if (!dsn_read(text, len, &bounce.dsn))
        return false;
    bounce.items = xmalloc(bounce.dsn.count * sizeof *bounce.items);
    for (size_t i = 0; i < bounce.dsn.count; i++)
        bounce_add(&bounce, &bounce.dsn.recipients[i]);
    demand_find_plain(&words, bounce.dsn.words, bounce.dsn.words_len);
    for (size_t i = 0; i < bounce.count; i++) {
        if (bounce.items[i].fate == BOUNCE_FAILED)
            bounce_look(&words, bounce.dsn.count + bounce.dsn.unreadable == 1, &bounce.items[i]);
    }
    demand_clear(&words);
    *bounce_r = bounce;
    return true;
}

void bounce_clear(struct bounce *bounce)
{
    dsn_clear(&bounce->dsn);
    free(bounce->items);
    *bounce = (struct bounce){0};
}
