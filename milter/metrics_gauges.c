/*
 * metrics_gauges.c - names, types and descriptions of the gauges, and of counters that others keep.
 */
#include "milter/metrics_gauges.h"

#include "milter/exposition.h"

static void write_price(const struct metrics_gauges *gauges, FILE *out)
{
    exposition_single(out, "onionpow_price_load", EXPOSITION_GAUGE,
                      "Multiplier of the prices by the adaptive rule; 1 at rest.", gauges->load);
    exposition_single(out, "onionpow_price_load_max", EXPOSITION_GAUGE,
                      "Ceiling of onionpow_price_load.", gauges->load_max);
    exposition_family(out, "onionpow_price_evaluations", EXPOSITION_GAUGE,
                      "Work asked for at present, before the factors of listener, recipient and "
                      "circuit; absent for a suite that is not accepted.");
    for (size_t i = 0; i < op_suite_count(); i++) {
        if (gauges->price_work[i] > 0)
            exposition_sample(out, "onionpow_price_evaluations",
                              EXPOSITION_LABELS(1, {"suite", op_suite_at(i)->name}),
                              gauges->price_work[i]);
    }
}

struct row {
    const char *name;
    enum exposition_type type;
    const char *help;
    double value;
};

static void write_rows(const struct row *rows, size_t row_count, FILE *out)
{
    for (size_t i = 0; i < row_count; i++)
        exposition_single(out, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
}

static void write_gate(const struct metrics_gauges *gauges, FILE *out)
{
    const struct row rows[] = {
        {"onionpow_gate_threads_busy", EXPOSITION_GAUGE, "Verifications going on.",
         (double)gauges->gate_busy},
        {"onionpow_gate_threads_max", EXPOSITION_GAUGE, "Verifications that may go on at once.",
         (double)gauges->gate_threads},
        {"onionpow_gate_queue_length", EXPOSITION_GAUGE, "Messages that wait for verification.",
         (double)gauges->gate_waiting},
        {"onionpow_gate_queue_max", EXPOSITION_GAUGE, "Messages that may wait.",
         (double)gauges->gate_queue},
        {"onionpow_gate_memory_bytes", EXPOSITION_GAUGE, "Memory held for verification.",
         (double)gauges->gate_memory},
        {"onionpow_gate_memory_max_bytes", EXPOSITION_GAUGE, "Memory that may be held for it.",
         (double)gauges->gate_memory_max},
        {"onionpow_gate_saturated_total", EXPOSITION_COUNTER,
         "Messages that found no room, or waited too long, for verification.",
         (double)gauges->gate_saturated},
    };
    write_rows(rows, sizeof rows / sizeof *rows, out);
}

static void write_minter(const struct metrics_gauges *gauges, FILE *out)
{
    const struct row rows[] = {
        {"onionpow_minter_messages_busy", EXPOSITION_GAUGE,
         "Outgoing messages for which stamps are being minted.", (double)gauges->minter_busy},
        {"onionpow_minter_messages_max", EXPOSITION_GAUGE,
         "Outgoing messages that may be minted for at once.", (double)gauges->minter_messages},
        {"onionpow_minter_queue_length", EXPOSITION_GAUGE, "Outgoing messages that wait for it.",
         (double)gauges->minter_waiting},
        {"onionpow_minter_queue_max", EXPOSITION_GAUGE, "Outgoing messages that may wait.",
         (double)gauges->minter_queue},
        {"onionpow_minter_stamps_total", EXPOSITION_COUNTER, "Stamps minted for outgoing mail.",
         (double)gauges->minter_stamps},
    };
    write_rows(rows, sizeof rows / sizeof *rows, out);
}

static void write_ledger(const struct metrics_gauges *gauges, FILE *out)
{
    const struct row rows[] = {
        {"onionpow_ledger_up", EXPOSITION_GAUGE,
         "1 if the ledger answers; without it no message is accepted.",
         gauges->ledger_known ? 1 : 0},
        {"onionpow_ledger_entries", EXPOSITION_GAUGE, "Stamps remembered.",
         (double)gauges->ledger_entries},
        {"onionpow_ledger_bytes", EXPOSITION_GAUGE, "Room that the ledger takes.",
         (double)gauges->ledger_bytes},
        {"onionpow_ledger_max_bytes", EXPOSITION_GAUGE, "Room that it may take.",
         (double)gauges->ledger_max_bytes},
    };
    write_rows(rows, gauges->ledger_known ? sizeof rows / sizeof *rows : 1, out);
}

static void write_process(const struct metrics_gauges *gauges, FILE *out)
{
    const struct row rows[] = {
        {"onionpow_circuits", EXPOSITION_GAUGE, "Clients remembered for their price.",
         (double)gauges->circuits},
        {"onionpow_sessions", EXPOSITION_GAUGE, "Connections of the mail server to the filter.",
         (double)gauges->sessions},
        {"onionpow_start_time_seconds", EXPOSITION_GAUGE, "Start of the daemon, in unix time.",
         (double)gauges->started},
    };
    exposition_family(out, "onionpow_build_info", EXPOSITION_GAUGE, "Always 1.");
    exposition_sample(out, "onionpow_build_info",
                      EXPOSITION_LABELS(1, {"version", ONIONPOW_VERSION}), 1);
    write_rows(rows, sizeof rows / sizeof *rows, out);
    exposition_family(out, "onionpow_reloads_total", EXPOSITION_COUNTER,
                      "Reloads of the configuration, by result.");
    exposition_sample(out, "onionpow_reloads_total", EXPOSITION_LABELS(1, {"result", "done"}),
                      (double)gauges->reloads);
    exposition_sample(out, "onionpow_reloads_total", EXPOSITION_LABELS(1, {"result", "failed"}),
                      (double)gauges->reloads_failed);
}

void metrics_gauges_format(const struct metrics_gauges *gauges, FILE *out)
{
    write_process(gauges, out);
    write_price(gauges, out);
    write_gate(gauges, out);
    write_minter(gauges, out);
    write_ledger(gauges, out);
}
