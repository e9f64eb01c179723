/* outcome.c - names for outcomes. */
#include "milter/outcome.h"

bool outcome_refuses(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_PASS:
    case OUTCOME_EXEMPT:
    case OUTCOME_SIGNED:
    case OUTCOME_MINTED:
    case OUTCOME_STAMPED:
    case OUTCOME_UNSTAMPED:
        return false;
    case OUTCOME_UNPAID:
    case OUTCOME_STAMPS:
    case OUTCOME_RELAY:
    case OUTCOME_ADDRESS:
    case OUTCOME_CROWD:
    case OUTCOME_BUSY:
    case OUTCOME_SATURATED:
    case OUTCOME_BOUNCES:
    case OUTCOME_LEDGER:
    case OUTCOME_INTERNAL:
    case OUTCOME_CLOSING:
    case OUTCOME_LATE:
    case OUTCOME_NO_MINTER:
        break;
    }
    return true;
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
    case OUTCOME_BOUNCES:
        return "bounces";
    case OUTCOME_LEDGER:
        return "ledger";
    case OUTCOME_INTERNAL:
        return "internal";
    case OUTCOME_CLOSING:
        return "closing";
    case OUTCOME_SIGNED:
        return "signed";
    case OUTCOME_MINTED:
        return "minted";
    case OUTCOME_STAMPED:
        return "stamped";
    case OUTCOME_UNSTAMPED:
        return "unstamped";
    case OUTCOME_LATE:
        return "late";
    case OUTCOME_NO_MINTER:
        return "no-minter";
    }
    return "invalid";
}
