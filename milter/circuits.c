/*
 * circuits.c - a table of fixed size that remembers its most active clients.
 *
 * A keyed hash gives each client a row of places; a newcomer to a full row takes the place of the
 * least active there. Nobody can aim at a row, and a flood of newcomers drives out newcomers, who
 * have nothing to lose yet; those whose price has risen are the last to go. Only mail that was paid
 * for or that cost us an evaluation keeps its entry, so a flood has its price too: what an unpaid
 * bounce claims it gives back, and the next newcomer finds that place idle. (An attacker resets his
 * own counters more cheaply, by a new circuit.) The hash stands for the client: no address is kept.
 */
#include "milter/circuits.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "pow/bytes.h"
#include "pow/key.h"

#define WAYS      16    /* places in a row */
#define ID_LEN    16    /* octets of the hash: nobody finds two clients of one id */
#define BACK_MAX  86400 /* seconds that a thread's time may lag; beyond, a clock was put back */
#define COUNT_MAX 1e6   /* where a count stops that no ceiling stops before */
#define FORGOTTEN 0.01  /* messages; below this an entry's place is free */

struct entry { /* all zero: never used */
    uint8_t id[ID_LEN];
    int64_t seen;     /* the counts are those of this second */
    double messages;  /* accepted, bounces included */
    double failures;  /* failed proofs */
    double bounces;   /* accepted */
    unsigned claimed; /* bounces that are being judged */
};

struct circuits {
    pthread_mutex_t lock; /* guards the entries; held for less than a microsecond */
    struct op_key *key;
    size_t rows, ways;
    struct entry *entries; /* row by row */
};

/*
 * Entries
 */

static double activity(const struct entry *entry)
{
    return fmax(entry->messages, entry->bounces + entry->claimed) + entry->failures;
}

/* Brings the counts to `now`. A thread that has waited brings an old one, and nothing may decay a
 * second time for it. After a clock that was further ahead they go on from here, undecayed: waiting
 * for the old time to come again could take years. */
static void age(struct entry *entry, const struct conf *conf, int64_t now)
{
    double elapsed = (double)now - (double)entry->seen;

    if (elapsed <= 0 && elapsed > -BACK_MAX)
        return;
    entry->seen = now;
    if (elapsed <= 0)
        return;
    double left = exp(-elapsed / fmax(conf->circuit.forget_s, 1));
    entry->messages *= left;
    entry->failures *= left;
    entry->bounces *= left;
}

static double ceiling_of(const struct conf *conf)
{
    return fmax(conf->price.ceiling, 1);
}

/* The logarithm of a factor that can only make dearer. */
static double rise(double factor)
{
    return factor > 1 ? log(factor) : 0;
}

/* How many of these factors make the ceiling. */
static double enough(const struct conf *conf, double factor)
{
    double step = rise(factor);

    return step > 0 ? fmin(log(ceiling_of(conf)) / step, COUNT_MAX) : COUNT_MAX;
}

/* The bound: each count stops where it makes the price reach its ceiling. However long somebody
 * went on beyond, those who share his address start to get better at once, and pay the usual price
 * some forget_s later. */
static void add(struct entry *entry, const struct conf *conf, enum circuit_event event)
{
    switch (event) {
    case CIRCUIT_FAILED:
        entry->failures += 1;
        break;
    case CIRCUIT_ACCEPTED:
        entry->messages += 1;
        break;
    }
    entry->messages =
        fmin(entry->messages, conf->circuit.free + enough(conf, conf->circuit.growth));
    entry->failures = fmin(entry->failures, enough(conf, conf->circuit.surcharge));
}

static double factor_of(const struct entry *entry, const struct conf *conf)
{
    double beyond = fmax(entry->messages - conf->circuit.free, 0);
    double exponent =
        beyond * rise(conf->circuit.growth) + entry->failures * rise(conf->circuit.surcharge);
    double ceiling = ceiling_of(conf);

    return exponent < log(ceiling) ? fmin(exp(exponent), ceiling) : ceiling;
}

/*
 * Clients and their places
 */

struct place { /* where a client may stand */
    struct entry *row;
    uint8_t id[ID_LEN];
};

static struct place place_of(const struct circuits *circuits, const struct scope_client *client)
{
    uint8_t octets[16], mac[OP_MAC_LEN];
    struct place place;

    scope_client_one(client, octets);
    op_key_mac(circuits->key, "circuit", octets, sizeof octets, mac);
    memcpy(place.id, mac, ID_LEN);
    place.row = circuits->entries + op_load_be64(mac + ID_LEN) % circuits->rows * circuits->ways;
    return place;
}

/* With the lock held, as what follows. NULL: the client is not known. */
static struct entry *find(const struct circuits *circuits, const struct place *place)
{
    for (size_t i = 0; i < circuits->ways; i++) {
        if (memcmp(place->row[i].id, place->id, ID_LEN) == 0)
            return &place->row[i];
    }
    return NULL;
}

/* Makes an entry in the place of the least active; never used ones are. */
static struct entry *take(struct circuits *circuits, const struct place *place,
                          const struct conf *conf, int64_t now)
{
    struct entry *least = place->row;

    for (size_t i = 0; i < circuits->ways; i++) {
        struct entry *entry = &place->row[i];
        age(entry, conf, now);
        if (activity(entry) < activity(least))
            least = entry;
    }
    *least = (struct entry){.seen = now};
    memcpy(least->id, place->id, ID_LEN);
    return least;
}

/* The entry at `now`, a new one if need be. */
static struct entry *find_or_take(struct circuits *circuits, const struct place *place,
                                  const struct conf *conf, int64_t now)
{
    struct entry *entry = find(circuits, place);

    if (entry == NULL)
        return take(circuits, place, conf, now);
    age(entry, conf, now);
    return entry;
}

/*
 * The table
 */

static struct op_key *random_key(void)
{
    uint8_t material[OP_KEY_LEN];
    struct op_key *key;

    if (getrandom(material, sizeof material, 0) != sizeof material)
        return NULL;
    return op_key_new(material, &key) == OP_OK ? key : NULL;
}

struct circuits *circuits_new(size_t max)
{
    struct circuits *circuits = calloc(1, sizeof *circuits);

    if (circuits == NULL)
        return NULL;
    if (max == 0)
        max = 1;
    pthread_mutex_init(&circuits->lock, NULL);
    circuits->ways = max < WAYS ? max : WAYS;
    circuits->rows = (max - 1) / circuits->ways + 1;
    circuits->entries = calloc(circuits->rows, circuits->ways * sizeof *circuits->entries);
    circuits->key = random_key();
    if (circuits->entries == NULL || circuits->key == NULL) {
        circuits_free(circuits);
        return NULL;
    }
    return circuits;
}

void circuits_free(struct circuits *circuits)
{
    if (circuits == NULL)
        return;
    op_key_free(circuits->key);
    free(circuits->entries);
    pthread_mutex_destroy(&circuits->lock);
    free(circuits);
}

void circuits_note(struct circuits *circuits, const struct conf *conf,
                   const struct scope_client *client, int64_t now, enum circuit_event event)
{
    struct place place = place_of(circuits, client);
    pthread_mutex_lock(&circuits->lock);
    add(find_or_take(circuits, &place, conf, now), conf, event);
    pthread_mutex_unlock(&circuits->lock);
}

bool circuits_claim_bounces(struct circuits *circuits, const struct conf *conf,
                            const struct scope_client *client, int64_t now, unsigned count,
                            double cap)
{
    struct place place = place_of(circuits, client);
    pthread_mutex_lock(&circuits->lock);
    struct entry *entry = find_or_take(circuits, &place, conf, now);
    bool room = entry->bounces + entry->claimed + count <= fmin(cap, COUNT_MAX);
    if (room)
        entry->claimed += count;
    pthread_mutex_unlock(&circuits->lock);
    return room;
}

/* Some may be missing: the entry was another's in the meantime, and the claim went with it. */
static void unclaim(struct entry *entry, unsigned count)
{
    entry->claimed -= count < entry->claimed ? count : entry->claimed;
}

void circuits_accept_bounces(struct circuits *circuits, const struct conf *conf,
                             const struct scope_client *client, int64_t now, unsigned count)
{
    struct place place = place_of(circuits, client);
    pthread_mutex_lock(&circuits->lock);
    struct entry *entry = find_or_take(circuits, &place, conf, now);
    unclaim(entry, count);
    entry->bounces += count;
    pthread_mutex_unlock(&circuits->lock);
}

void circuits_return_bounces(struct circuits *circuits, const struct scope_client *client,
                             unsigned count)
{
    struct place place = place_of(circuits, client);
    pthread_mutex_lock(&circuits->lock);
    struct entry *entry = find(circuits, &place);
    if (entry != NULL)
        unclaim(entry, count);
    pthread_mutex_unlock(&circuits->lock);
}

/* A copy of the client's entry at `now`; of one that has sent nothing if it is not known. Nothing
 * is written: at RCPT `now` is the time of MAIL, and days may lie between. */
static struct entry look_up(struct circuits *circuits, const struct conf *conf,
                            const struct scope_client *client, int64_t now)
{
    struct place place = place_of(circuits, client);
    pthread_mutex_lock(&circuits->lock);
    const struct entry *found = find(circuits, &place);
    struct entry copy = found != NULL ? *found : (struct entry){.seen = now};
    pthread_mutex_unlock(&circuits->lock);
    age(&copy, conf, now);
    return copy;
}

double circuits_factor(struct circuits *circuits, const struct conf *conf,
                       const struct scope_client *client, int64_t now)
{
    struct entry entry = look_up(circuits, conf, client, now);
    return factor_of(&entry, conf);
}

double circuits_bounces(struct circuits *circuits, const struct conf *conf,
                        const struct scope_client *client, int64_t now)
{
    return look_up(circuits, conf, client, now).bounces;
}

/* The lock is given back after each row: messages need not wait for the metrics. */
size_t circuits_count(struct circuits *circuits, const struct conf *conf, int64_t now)
{
    size_t count = 0;

    for (size_t row = 0; row < circuits->rows; row++) {
        struct entry *entry = circuits->entries + row * circuits->ways;
        pthread_mutex_lock(&circuits->lock);
        for (size_t i = 0; i < circuits->ways; i++) {
            age(&entry[i], conf, now);
            if (activity(&entry[i]) >= FORGOTTEN)
                count++;
        }
        pthread_mutex_unlock(&circuits->lock);
    }
    return count;
}
