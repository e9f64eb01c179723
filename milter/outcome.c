/* outcome.c - names for outcomes. */
#include "milter/outcome.h"

bool outcome_refuses(enum outcome outcome)
{
    return outcome != OUTCOME_PASS && outcome != OUTCOME_EXEMPT && outcome != OUTCOME_SIGNED;
}

const char *outcome_str(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_PASS:
        return "pass";
    case OUTCOME_EXEMPT:
        return "exempt";
    case OUTCOME_UNPAID:
        return "unpaid";
    case OUTCOME_STAMPS:
        return "too-many-stamps";
    case OUTCOME_RELAY:
        return "relay";
    case OUTCOME_ADDRESS:
        return "bad-recipient";
    case OUTCOME_CROWD:
        return "too-many-recipients";
    case OUTCOME_BUSY:
        return "busy";
    case OUTCOME_SATURATED:
        return "saturated";
    case OUTCOME_LEDGER:
        return "ledger";
    case OUTCOME_INTERNAL:
        return "internal";
    case OUTCOME_CLOSING:
        return "closing";
    case OUTCOME_SIGNED:
        return "signed";
    }
    return "invalid";
}
