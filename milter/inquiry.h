/*
 * inquiry.h - what would happen to a message, and why: the answer to onionpow-milter --explain.
 *
 * Asks the code that decides on real mail. What only the running filter knows (the load, what a
 * circuit has sent) is part of the question.
 */
#ifndef INQUIRY_H
#define INQUIRY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "milter/conf.h"

/* query: KEY=VALUE, separated by blanks, of the keys
 *
 *     rcpt                          required: the recipient
 *     listener                      by name; else by daemon and client, as for real
 *     daemon, client                {daemon_name}; an IP address
 *     from, auth                    envelope sender; {auth_authen}, "" or "no" for none
 *     mailer                        {rcpt_mailer}; else one that delivers here
 *     circuit, bounces              factor of the circuit (1); its bounces of late (0)
 *     quote, suite, d               a quote, with the suite and effort that it is for
 *
 * Writes lines of "key: value". Returns a status of sysexits.h: 0, or EX_USAGE with a sentence in
 * why_r. */
int inquiry_run(const struct conf *conf, const char *query, int64_t at, double load, FILE *out,
                char *why_r, size_t why_size);

#endif
