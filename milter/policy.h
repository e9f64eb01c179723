/*
 * policy.h - what becomes of one recipient at RCPT: guarded, or refused.
 */
#ifndef POLICY_H
#define POLICY_H

#include "milter/conf.h"
#include "milter/outcome.h"
#include "pow/recipient.h"

/* address: the argument of RCPT, with or without < >; mailer: the MTA's {rcpt_mailer}, NULL if it
 * gives none. PASS: guarded, in canonical form in *recipient_r; *elsewhere_r: it is not delivered
 * here, and the listener is a gateway. RELAY. ADDRESS: *why_r is a static phrase. */
enum outcome policy_recipient(const struct conf_listener *listener, const char *address,
                              const char *mailer, struct op_recipient *recipient_r,
                              bool *elsewhere_r, const char **why_r);

#endif
