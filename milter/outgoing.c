/* outgoing.c - see outgoing.h. */
#include "milter/outgoing.h"

#include "pow/date.h"

bool outgoing_is(const struct conf_listener *listener)
{
    return listener->mode == CONF_SIGN || listener->mode == CONF_MINT;
}

/* Who has asked for stamps has not asked for tokens; they are of use where we honour them. */
static bool signs(const struct conf *conf, const struct conf_listener *listener)
{
    return listener->mode == CONF_SIGN || conf->replies.accept;
}

void outgoing_begin(struct outgoing *outgoing, const struct conf *conf,
                    const struct conf_listener *listener)
{
    *outgoing = (struct outgoing){.conf = conf, .mints = listener->mode == CONF_MINT};
    if (signs(conf, listener))
        outgoing->sign = sign_new();
    if (outgoing->mints)
        outgoing->postage = postage_new(conf, listener);
}

void outgoing_clear(struct outgoing *outgoing)
{
    sign_free(outgoing->sign);
    postage_free(outgoing->postage);
    *outgoing = (struct outgoing){.conf = NULL};
}

enum outcome outgoing_recipient(struct outgoing *outgoing, const char *address, const char *mailer)
{
    if (outgoing->sign != NULL)
        sign_recipient(outgoing->sign, address);
    if (!outgoing->mints)
        return OUTCOME_SIGNED;
    return outgoing->postage == NULL ? OUTCOME_INTERNAL
                                     : postage_recipient(outgoing->postage, address, mailer);
}

void outgoing_field(struct outgoing *outgoing, const char *name, const char *value)
{
    if (outgoing->sign != NULL)
        sign_field(outgoing->sign, name, value);
    if (outgoing->postage != NULL)
        postage_field(outgoing->postage, name);
}

enum outcome outgoing_end(struct outgoing *outgoing, const struct postage_means *means)
{
    if (!outgoing->mints)
        return OUTCOME_SIGNED;
    if (outgoing->postage == NULL)
        return OUTCOME_INTERNAL;
    postage_end(outgoing->postage, means, &outgoing->result);
    return outgoing->result.outcome;
}

void outgoing_report(const struct outgoing *outgoing, struct report *report_r)
{
    const struct postage_result *result = &outgoing->result;

    if (outgoing->postage == NULL)
        return;
    report_r->recipients = postage_count(outgoing->postage);
    report_r->lack = result->lack;
    report_r->missing = result->missing;
    report_r->dear = result->dear;
    if (result->suite == NULL)
        return;
    report_r->suite = result->suite->name;
    report_r->work = report_r->price = result->work;
}

bool outgoing_references(const struct outgoing *outgoing, const struct op_key *key, int64_t now,
                         const uint8_t salt[TOKEN_SALT_LEN], char text_r[SIGN_TEXT_MAX],
                         bool *present_r)
{
    if (outgoing->sign == NULL)
        return false;
    uint32_t expires = op_date_from_time(now + (int64_t)outgoing->conf->replies.validity_s);
    return sign_end(outgoing->sign, key, expires, salt, text_r, present_r);
}

bool outgoing_stamp(const struct outgoing *outgoing, size_t index, char text_r[OP_STAMP_TEXT_MAX])
{
    if (outgoing->postage == NULL || index >= postage_stamps(outgoing->postage))
        return false;
    postage_stamp(outgoing->postage, index, text_r);
    return true;
}
