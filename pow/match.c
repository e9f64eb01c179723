/* match.c - the cheap tests, in the order that verdict.h names them. */
#include "pow/match.h"

#include <string.h>

#include "pow/date.h"
#include "pow/puzzle.h"

int64_t op_match_expiry(uint32_t date, const struct op_terms *terms)
{
    return op_date_to_time(date) + OP_DAY_S + terms->validity_s - 1;
}

enum op_verdict op_match_date(uint32_t date, const struct op_terms *terms)
{
    if (op_date_to_time(date) > terms->now + terms->skew_s)
        return OP_VERDICT_FUTURE;
    return terms->now > op_match_expiry(date, terms) ? OP_VERDICT_EXPIRED : OP_VERDICT_PASS;
}

enum op_verdict op_match(const struct op_stamp *stamp, const struct op_recipient *recipient,
                         const struct op_terms *terms, uint8_t id_r[OP_ID_LEN])
{
    uint64_t least = terms->effort[op_suite_index(stamp->suite)];
    if (least == 0)
        return OP_VERDICT_SUITE;
    uint8_t blind[OP_BLIND_LEN];
    op_stamp_blind(stamp->salt, recipient, blind);
    if (memcmp(blind, stamp->blind, OP_BLIND_LEN) != 0)
        return OP_VERDICT_RECIPIENT;
    if (stamp->effort < least)
        return OP_VERDICT_WEAK;
    enum op_verdict verdict = op_match_date(stamp->date, terms);
    if (verdict != OP_VERDICT_PASS)
        return verdict;
    op_stamp_id(stamp, id_r);
    return op_seal_valid(stamp, id_r) ? OP_VERDICT_PASS : OP_VERDICT_SEAL;
}
