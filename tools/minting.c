/* minting.c - see minting.h. */
#include "tools/minting.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "pow/date.h"
#include "tools/fail.h"
#include "tools/span.h"

void minting_lower_priority(int by)
{
    errno = 0;
    if (by > 0 && nice(by) == -1 && errno != 0)
        fail_note("priority: %s", strerror(errno));
}

void minting_init(struct minting *minting, const struct plan *plan, const struct options *options,
                  size_t recipients)
{
    minting->plan = *plan;
    progress_init(&minting->progress, options->progress, options->quiet);
    minting->progress.count = recipients;
    minting->date = options->date != 0 ? options->date : op_date_from_time(time(NULL));
}

void xminting_init(struct minting *minting, const struct options *options, size_t recipients)
{
    struct plan plan;

    minting_lower_priority(options->nice); /* before the speed is measured */
    xplan_make(options, recipients, &plan);
    minting_init(minting, &plan, options, recipients);
}

static void xminting_salt(uint8_t salt_r[OP_SALT_LEN])
{
    if (getrandom(salt_r, OP_SALT_LEN, 0) != OP_SALT_LEN)
        fail_exit(EX_OSERR, NULL, "random numbers: %s", strerror(errno));
}

static bool minting_progress(void *arg, const struct op_mint_progress *mint)
{
    progress_show(arg, mint);
    return true; /* a signal ends the process at once: see onionpow.c */
}

static _Noreturn void minting_fail(const struct minting *minting, const struct op_recipient *rcpt,
                                   enum op_err err)
{
    char limit[SPAN_MAX];

    switch (err) {
    case OP_ERR_TIMEOUT:
        span_format(minting->plan.max_time_s, limit);
        fail_exit(EX_TEMPFAIL, "--max-time gives it more time", "%s: not minted within %s",
                  rcpt->text, limit);
    case OP_ERR_NOMEM:
    case OP_ERR_THREAD:
        fail_exit(EX_TEMPFAIL, "use fewer --threads", "%s: %s", rcpt->text, op_err_str(err));
    case OP_OK:
    case OP_ERR_INPUT:
    case OP_ERR_LIMIT:
    case OP_ERR_CANCELLED:
    case OP_ERR_CRYPTO:
    case OP_ERR_SELFTEST:
        break;
    }
    fail_exit(EX_SOFTWARE, NULL, "%s: %s", rcpt->text, op_err_str(err));
}

enum op_err minting_next(struct minting *minting, const struct op_recipient *rcpt,
                         struct op_mint_result *result_r)
{
    struct op_mint_spec spec = {
        .suite = minting->plan.suite,
        .effort = minting->plan.effort,
        .date = minting->date,
        .recipient = rcpt,
        .quote_len = minting->plan.quote_len,
        .threads = minting->plan.threads,
        .max_mem = minting->plan.max_mem,
        .max_s = minting->plan.max_time_s,
        .progress = minting_progress,
        .arg = &minting->progress,
    };

    memcpy(spec.quote, minting->plan.quote, sizeof spec.quote);
    xminting_salt(spec.salt);
    progress_next(&minting->progress, rcpt->text);
    return op_mint(&spec, result_r);
}

void xminting_next(struct minting *minting, const struct op_recipient *rcpt,
                   struct op_mint_result *result_r)
{
    enum op_err err = minting_next(minting, rcpt, result_r);

    if (err != OP_OK)
        minting_fail(minting, rcpt, err);
}
