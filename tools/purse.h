/*
 * purse.h - what a sender keeps between runs: the offers that servers have made, and stamps that
 * are minted and not yet spent, so that no work is thrown away.
 *
 * Safe with any number of processes at once. On disk nothing names anybody: files are called by
 * keyed hashes, and a stamp hides its recipient (FORMAT.md section 4). A file that is damaged is as
 * good as none: it costs work and nothing else.
 */
#ifndef TOOLS_PURSE_H
#define TOOLS_PURSE_H

#include <stdint.h>

#include "pow/offer.h"
#include "pow/sha256.h"
#include "pow/stamp.h"

#define PURSE_OFFERS_MAX 1024 /* destinations that are remembered */
#define PURSE_STAMPS_MAX 4096 /* stamps that are kept; the oldest makes room */
#define PURSE_HASH_MAX   33   /* octets of a hash in hexadecimal, NUL included */
#define PURSE_WHY_MAX    512
#define PURSE_DOUBT_S    3600

struct purse;

/* In this directory, which exists. NULL with a sentence. */
struct purse *purse_open(const char *directory, uint32_t offer_s, uint32_t stamp_s,
                         char why_r[PURSE_WHY_MAX]);
void purse_free(struct purse *purse); /* NULL is fine */

/* A name for something, of no use to who has not the key; the label keeps uses apart. */
void purse_hash(const struct purse *purse, const char *label, const void *data, size_t len,
                char hash_r[PURSE_HASH_MAX]);

/* The fresh offers of a destination. False: there are none. */
bool purse_offers(const struct purse *purse, const char *destination, int64_t now,
                  struct op_offers *offers_r);

/* Quotes are left out: they are for one recipient. False: it could not be written, errno says why.
 */
bool purse_remember(const struct purse *purse, const char *destination, int64_t now,
                    const struct op_offers *offers);

/* A stamp that was minted for what is remembered was too weak: the price there moves, perhaps with
 * each mail of ours. For PURSE_DOUBT_S it is better to ask first, and be quoted a price that holds.
 * False: as above. */
bool purse_doubt(const struct purse *purse, const char *destination);
bool purse_doubted(const struct purse *purse, const char *destination, int64_t now);

/* ---- stamps (purse_stamp.c) ----
 *
 * A stamp belongs to the message that it was minted for until that one is delivered or given up;
 * then it may serve another to the same recipient. One that is held is nobody else's, and comes
 * back by itself if the process ends. */
struct purse_stamp;

/* Takes out a stamp for this recipient: the message's own, else a free one that meets one of the
 * offers (NULL: any). NULL: there is none. */
struct purse_stamp *purse_claim(const struct purse *purse, const struct op_recipient *recipient,
                                const uint8_t message[OP_SHA256_LEN],
                                const struct op_offers *offers, int64_t now);

/* Puts in a stamp that was just minted, and holds it. Always given: if it cannot be written it is
 * held all the same, for this run, and *kept_r is false, with errno. */
struct purse_stamp *purse_keep(const struct purse *purse, const struct op_recipient *recipient,
                               const uint8_t message[OP_SHA256_LEN], const struct op_stamp *stamp,
                               int64_t now, bool *kept_r);

const struct op_stamp *purse_stamp_value(const struct purse_stamp *held);

/* How holding ends; each frees it, NULL is fine. */
void purse_spend(struct purse_stamp *held);   /* it is used up, or worth nothing */
void purse_release(struct purse_stamp *held); /* its message is given up: another may have it */
void purse_return(struct purse_stamp *held);  /* it waits for its message */

/* Would this stamp do for one of these offers, as far as the sender can tell? */
bool purse_meets(const struct op_stamp *stamp, const struct op_offers *offers, int64_t now);

#endif
