/*
 * policy.c - the relay guard, and which recipients have to be paid for.
 *
 * The relay guard asks how the MTA *would deliver* ({rcpt_mailer}), not what its lists of trusted
 * networks say: behind an onion service every client looks local to them. A mailer that the MTA
 * does not name counts as not local, so that a missing macro closes the door instead of opening it.
 * "error" says nothing of a recipient that has come this far: Postfix names it for all addresses of
 * virtual_alias_domains.
 */
#include "milter/policy.h"

#include <string.h>
#include <strings.h>

static bool mailer_is_local(const struct conf_listener *listener, const char *mailer)
{
    if (mailer == NULL)
        return false;
    for (size_t i = 0; i < listener->local_mailers_count; i++) {
        if (strcasecmp(listener->local_mailers[i], mailer) == 0)
            return true;
    }
    return false;
}

enum outcome policy_recipient(const struct conf_listener *listener, const char *address,
                              const char *mailer, struct op_recipient *recipient_r,
                              bool *elsewhere_r, const char **why_r)
{
    bool elsewhere = !mailer_is_local(listener, mailer);

    if (elsewhere && listener->relay_guard && !listener->gateway)
        return OUTCOME_RELAY;
    if (!op_recipient_parse(address, strlen(address), recipient_r, why_r))
        return OUTCOME_ADDRESS;
    *elsewhere_r = elsewhere && listener->gateway;
    return OUTCOME_PASS;
}
