/*
 * question.h - asks the user on his terminal whether the message of a proposal is his, and may be
 * sent again at this price.
 */
#ifndef TOOLS_QUESTION_H
#define TOOLS_QUESTION_H

#include <stdbool.h>

#include "tools/proposal.h"

/* Anything but "y" is no. Ends the run with EX_USAGE where there is no terminal. */
bool xquestion_ask(const struct proposal *proposal);

#endif
