/* finding.c - see finding.h. */
#include "milter/finding.h"

#include "milter/reply.h"
#include "pow/effort.h"

static enum op_quote refused_quote(const struct msg *msg)
{
    if (msg->quotes[OP_QUOTE_VALID] > 0)
        return OP_QUOTE_VALID;
    if (msg->quotes[OP_QUOTE_EXPIRED] > 0)
        return OP_QUOTE_EXPIRED;
    return msg->quotes[OP_QUOTE_FOREIGN] > 0 ? OP_QUOTE_FOREIGN : OP_QUOTE_VALID;
}

void finding_report(const struct msg *msg, const struct check_result *check,
                    struct report *report_r)
{
    report_r->verdict = check->verdict;
    report_r->replies = check->replies;
    if (msg == NULL)
        return;
    report_r->recipients = msg->recipient_count;
    report_r->quote = refused_quote(msg);
}

void finding_price(const struct msg *msg, const struct check_result *check, struct report *report_r)
{
    const struct op_suite *suite = check->suite == NULL ? op_suite_default() : check->suite;

    if (check->suite != NULL) {
        report_r->suite = check->suite->name;
        report_r->work = check->work;
    }
    if (msg->recipient_count > 0)
        report_r->price = op_effort_to_work(suite, msg_price(msg, suite, 0));
}

static const char *authres_name(const struct check_result *check)
{
    if (check->outcome == OUTCOME_PASS)
        return "pass";
    if (check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_MISSING)
        return "none";
    if (check->outcome == OUTCOME_UNPAID && check->verdict == OP_VERDICT_WEAK)
        return "policy";
    return reply_is_temporary(check->outcome) ? "temperror" : "fail";
}

static const char *authres_reason(const struct check_result *check)
{
    if (check->outcome == OUTCOME_PASS)
        return check->replies > 0 ? "reply" : NULL;
    if (check->outcome == OUTCOME_UNPAID)
        return check->verdict == OP_VERDICT_MISSING ? NULL : op_verdict_str(check->verdict);
    return outcome_str(check->outcome);
}

void finding_authres(const struct check_result *check, struct authres_result *result_r)
{
    *result_r = (struct authres_result){
        .result = authres_name(check),
        .reason = authres_reason(check),
        .suite = check->suite == NULL ? NULL : check->suite->name,
        .work = check->work,
    };
}
