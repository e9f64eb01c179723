/* question.c - see question.h. Nothing is measured before the answer: prices are those of the
 * reference laptop, of each server's preferred offer. */
#include "tools/question.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pow/effort.h"
#include "tools/fail.h"
#include "tools/out.h"
#include "tools/span.h"

static void question_line(FILE *tty, const char *name, const char *text)
{
    fprintf(tty, "  %-12s", name);
    out_text(tty, text, strlen(text));
    fputc('\n', tty);
}

static void question_message(const struct proposal *proposal, FILE *tty)
{
    const struct original *original = &proposal->original;

    for (size_t i = 0; i < original->authors.count; i++)
        question_line(tty, "From:", original->authors.rcpts[i].spelled);
    question_line(tty, "Subject:", original->subject);
    question_line(tty, "Message-ID:", original->id);
    question_line(tty, "as:", proposal->sender[0] != '\0' ? proposal->sender : "<>");
}

static void question_price(const struct proposal *proposal, FILE *tty)
{
    char text[OP_RECIPIENT_MAX + 64], span[SPAN_MAX], limit[SPAN_MAX];
    double sum = 0;

    for (size_t i = 0; i < proposal->count; i++) {
        const struct bounce_item *item = proposal->items[i];
        const struct op_offer *offer = &item->demand.offers.offer[0];
        double seconds = op_effort_to_seconds(offer->suite, offer->effort);
        span_format(seconds, span);
        snprintf(text, sizeof text, "%s (%s of a laptop's time)", item->about->spelled, span);
        question_line(tty, "to:", text);
        sum += seconds;
    }
    span_format(sum, span);
    span_format(proposal->options->max_time_s, limit);
    snprintf(text, sizeof text, "%s of a laptop's time; here no more than %s", span, limit);
    question_line(tty, "in all:", text);
}

bool xquestion_ask(const struct proposal *proposal)
{
    char answer[16];
    FILE *tty;

    if (!isatty(STDERR_FILENO) || (tty = fopen("/dev/tty", "r+e")) == NULL)
        fail_exit(EX_USAGE, "--yes says so",
                  "retry: without a terminal nobody can tell whether the "
                  "message is yours");
    setvbuf(tty, NULL, _IONBF, 0); /* reading and writing may follow each other */
    fputs("A bounce proposes to send this message again:\n", tty);
    question_message(proposal, tty);
    question_price(proposal, tty);
    fputs("Is it yours, and shall it be sent? [y/N] ", tty);
    bool yes = fgets(answer, sizeof answer, tty) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
    fclose(tty);
    return yes;
}
