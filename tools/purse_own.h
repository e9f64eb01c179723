/*
 * purse_own.h - what the files of the purse share. Nobody else's.
 */
#ifndef TOOLS_PURSE_OWN_H
#define TOOLS_PURSE_OWN_H

#include "pow/key.h"
#include "tools/purse.h"

struct purse {
    struct op_key *key;
    int offers, stamps; /* directories */
    uint32_t offer_s, stamp_s;
};

#endif
