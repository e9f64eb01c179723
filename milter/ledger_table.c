/*
 * ledger_table.c - chained hash table of entries, with a list by age through them.
 *
 * The age list makes room in constant time: leases are put in the order of time, so if any is over,
 * the oldest is. (After a jump of the clock the order may be wrong for the length of a lease; that
 * only delays reuse.) Ids come from outside, so the hash is salted against chosen collisions.
 */
#include "milter/ledger_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#define MALLOC_COST 16 /* octets that malloc adds to a node, about */

struct node {
    struct ledger_entry entry; /* first: an entry's address is its node's */
    LIST_ENTRY(node) chain;
    TAILQ_ENTRY(node) age;
};

LIST_HEAD(chain, node);
TAILQ_HEAD(age, node);

struct ledger_table {
    size_t max, count;
    size_t mask; /* buckets - 1; buckets are a power of two */
    uint64_t salt;
    struct chain *buckets;
    struct age age; /* oldest first */
};

struct ledger_table *ledger_table_new(size_t max)
{
    struct ledger_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    size_t buckets = 1;
    while (buckets < max)
        buckets *= 2;
    table->max = max;
    table->mask = buckets - 1;
    TAILQ_INIT(&table->age);
    table->buckets = calloc(buckets, sizeof *table->buckets);
    if (!table->buckets || getrandom(&table->salt, sizeof table->salt, 0) != sizeof table->salt) {
        ledger_table_free(table);
        return NULL;
    }
    return table;
}

void ledger_table_free(struct ledger_table *table)
{
    if (!table)
        return;
    struct node *node;
    while ((node = TAILQ_FIRST(&table->age))) {
        TAILQ_REMOVE(&table->age, node, age);
        free(node);
    }
    free(table->buckets);
    free(table);
}

size_t ledger_table_count(const struct ledger_table *table)
{
    return table->count;
}

size_t ledger_table_max(const struct ledger_table *table)
{
    return table->max;
}

uint64_t ledger_table_entry_size(void)
{
    return sizeof(struct node) + MALLOC_COST + 2 * sizeof(struct chain);
}

static struct chain *bucket_of(const struct ledger_table *table, const struct ledger_key *key)
{
    uint64_t x;
    memcpy(&x, key->id, sizeof x);
    x = (x ^ table->salt) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio */
    return &table->buckets[(x >> 24) & table->mask];
}

static bool key_equal(const struct ledger_key *a, const struct ledger_key *b)
{
    return a->date == b->date && memcmp(a->id, b->id, sizeof a->id) == 0;
}

struct ledger_entry *ledger_table_find(const struct ledger_table *table,
                                       const struct ledger_key *key)
{
    struct node *node;
    LIST_FOREACH(node, bucket_of(table, key), chain)
    {
        if (key_equal(&node->entry.key, key))
            return &node->entry;
    }
    return NULL;
}

struct ledger_entry *ledger_table_oldest(const struct ledger_table *table)
{
    struct node *node = TAILQ_FIRST(&table->age);
    return node ? &node->entry : NULL;
}

struct ledger_entry *ledger_table_next(const struct ledger_entry *entry)
{
    struct node *node = TAILQ_NEXT((const struct node *)entry, age);
    return node ? &node->entry : NULL;
}

bool ledger_table_put(struct ledger_table *table, const struct ledger_entry *entry)
{
    struct node *node = (struct node *)ledger_table_find(table, &entry->key);
    if (node) {
        TAILQ_REMOVE(&table->age, node, age);
    } else {
        if (table->count == table->max || !(node = malloc(sizeof *node)))
            return false;
        LIST_INSERT_HEAD(bucket_of(table, &entry->key), node, chain);
        table->count++;
    }
    node->entry = *entry;
    TAILQ_INSERT_TAIL(&table->age, node, age);
    return true;
}

void ledger_table_drop(struct ledger_table *table, const struct ledger_key *key)
{
    struct node *node = (struct node *)ledger_table_find(table, key);
    if (!node)
        return;
    LIST_REMOVE(node, chain);
    TAILQ_REMOVE(&table->age, node, age);
    table->count--;
    free(node);
}

static bool lease(struct ledger_table *table, const struct ledger_key *key, uint64_t token,
                  int64_t now)
{
    const struct ledger_entry *oldest = ledger_table_oldest(table);
    if (table->count == table->max && ledger_entry_over(oldest, now)) {
        struct ledger_key gone = oldest->key;
        ledger_table_drop(table, &gone);
    }
    struct ledger_entry entry = {
        .key = *key, .state = LEDGER_ENTRY_RESERVED, .token = token, .since = now};
    return ledger_table_put(table, &entry);
}

enum ledger_err ledger_table_reserve(struct ledger_table *table, const struct ledger_entry *entry,
                                     const uint8_t fingerprint[LEDGER_FINGERPRINT_LEN],
                                     uint64_t token, int64_t now, enum ledger_state *state_r)
{
    enum ledger_state state = ledger_entry_look(entry, fingerprint, now);
    if (state == LEDGER_RESERVED_NEW && !lease(table, &entry->key, token, now))
        return LEDGER_FULL;
    *state_r = state;
    return LEDGER_OK;
}

void ledger_table_release(struct ledger_table *table, const struct ledger_key *key, uint64_t token)
{
    const struct ledger_entry *lease = ledger_table_find(table, key);
    if (lease && lease->token == token)
        ledger_table_drop(table, key);
}
