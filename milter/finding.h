/*
 * finding.h - what has been found out about an incoming message, in the words of the log line and
 * of Authentication-Results.
 */
#ifndef FINDING_H
#define FINDING_H

#include "milter/authres.h"
#include "milter/check.h"
#include "milter/msg.h"
#include "milter/report.h"

/* Payment: who was to pay, and what came of it. msg: NULL if there was no memory for it. */
void finding_report(const struct msg *msg, const struct check_result *check,
                    struct report *report_r);

/* The price of the suite that paid, else of the preferred one; of the first recipient. */
void finding_price(const struct msg *msg, const struct check_result *check,
                   struct report *report_r);

/* The result of our method; for a message that was not exempt. */
void finding_authres(const struct check_result *check, struct authres_result *result_r);

#endif
