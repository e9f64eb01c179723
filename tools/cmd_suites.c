/* cmd_suites.c - onionpow suites: the registry as a table. */
#include "pow/effort.h"
#include "pow/stamp.h"
#include "pow/units.h"
#include "tools/cmd.h"
#include "tools/fail.h"
#include "tools/out.h"

/* Octets of nonces and seal: what the proof adds to a stamp, before base64url. */
static unsigned cmd_suites_proof(const struct op_suite *suite)
{
    return suite->puzzles * suite->nonce_len + OP_SEAL_LEN;
}

static void cmd_suites_print_json(const struct op_suite *suite)
{
    printf("{\"schema\":1,\"suite\":\"%s\",\"status\":\"%s\",\"default\":%s,\"memory\":%llu,"
           "\"puzzles\":%u,\"sample\":%u,\"proof\":%u,\"seal_bits\":%u,\"effort\":%llu,"
           "\"work\":%llu,\"reference_rate\":%.10g,\"seconds\":%.1f}\n",
           suite->name, op_suite_status_str(suite->status),
           suite == op_suite_default() ? "true" : "false",
           (unsigned long long)suite->mem_kib * 1024, suite->puzzles, suite->sample,
           cmd_suites_proof(suite), suite->seal_bits, (unsigned long long)suite->effort_default,
           (unsigned long long)op_effort_to_work(suite, suite->effort_default),
           suite->reference_rate, op_effort_to_seconds(suite, suite->effort_default));
}

static void cmd_suites_print(const struct op_suite *suite)
{
    char memory[OP_UNITS_MAX] = "-";

    if (suite->mem_kib > 0)
        op_size_format((uint64_t)suite->mem_kib * 1024, memory);
    printf("%-14s %-10s %7s %7u %6u %6u %5u %12llu %10.0f %8.1f\n", suite->name,
           op_suite_status_str(suite->status), memory, suite->puzzles, suite->sample,
           cmd_suites_proof(suite), suite->seal_bits,
           (unsigned long long)op_effort_to_work(suite, suite->effort_default),
           suite->reference_rate, op_effort_to_seconds(suite, suite->effort_default));
}

static int cmd_suites_run(const struct options *options)
{
    if (options->arg_count > 0)
        fail_exit(EX_USAGE, NULL, "suites: takes no arguments");
    if (!options->json)
        printf("%-14s %-10s %7s %7s %6s %6s %5s %12s %10s %8s\n", "SUITE", "STATUS", "MEMORY",
               "PUZZLES", "SAMPLE", "PROOF", "SEAL", "DEFAULT WORK", "LAPTOP/S", "SECONDS");
    for (size_t i = 0; i < op_suite_count(); i++) {
        if (options->json)
            cmd_suites_print_json(op_suite_at(i));
        else
            cmd_suites_print(op_suite_at(i));
    }
    return EX_OK;
}

const struct cmd cmd_suites = {
    .name = "suites",
    .verb = OPTIONS_SUITES,
    .args = "",
    .summary = "list the suites",
    .text = "Lists what this program knows, best first: memory of an evaluation, puzzles of\n"
            "a stamp, how many of them a server samples, octets of the proof, leading zero\n"
            "bits of the seal, the expected evaluations for a stamp unless asked otherwise,\n"
            "evaluations per second of the reference laptop (four cores), and the seconds\n"
            "that such a stamp takes there. \"onionpow bench\" measures this machine.\n",
    .example = "  onionpow suites --json\n",
    .run = cmd_suites_run,
};
