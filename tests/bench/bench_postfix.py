#!/usr/bin/env python3
"""Mail a second through a real Postfix: with onionpow-milter judging every message (cheap suite, durable ledger),
against a libmilter filter that does nothing, on two listeners of the same instance, measured turn about.

Every message carries a fresh stamp of its own. Prints rows "name value want ok|LOW" and exits 1 if one is LOW.
"""
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "harness"), os.path.join(HERE, "..", "e2e")]
import build
import stamps
from daemon import Daemon
from postfix import Postfix, usable

ROUNDS = 5
MESSAGES = 1500      # a round and listener
SESSIONS = 10
WANT = 0.9


def options(name, socket):
    return [f"smtpd_milters=unix:{socket}", "milter_default_action=tempfail", f"milter_macro_daemon_name={name}"]


def prepared(start):
    """Input of smtp_load: messages of about 2 KB, each with its own recipient and stamp."""
    recipients = [f"u{start + i}@example.test" for i in range(MESSAGES)]
    out = []
    for recipient, stamp in zip(recipients, stamps.fields(*recipients)):
        text = (f"X-Onion-PoW: {stamp}\nFrom: <load@sender.test>\nTo: <{recipient}>\nSubject: load\n"
                f"Message-ID: <{recipient}>\nDate: Sun, 22 Nov 2026 00:00:00 +0000\n\n"
                + "".join("x" * 70 + "\n" for _ in range(20))).replace("\n", "\r\n")
        out.append(f"{recipient} {len(text)}\n{text}")
    return "".join(out).encode()


def rate(port, text, per_connection):
    done = subprocess.run([os.path.join(build.BUILD, "tests", "smtp_load"), str(port), str(SESSIONS),
                           str(per_connection)], input=text, stdout=subprocess.PIPE, check=True, timeout=600)
    accepted, refused, seconds = done.stdout.split()
    if int(refused) or int(accepted) != MESSAGES:
        raise AssertionError(f"{accepted.decode()} accepted, {refused.decode()} refused of {MESSAGES}")
    return MESSAGES / float(seconds)


def measure(postfix, per_connection, start):
    found = {name: [] for name in postfix.port}
    for turn in range(ROUNDS):
        text = prepared(start + turn * MESSAGES)
        for name in found:
            found[name].append(rate(postfix.port[name], text, per_connection))
            postfix.settle()
    return found


def report(title, found):
    low = False
    for reference in ("null-all", "null-eom"):
        ratios = [ours / null for ours, null in zip(found["onionpow"], found[reference])]
        value = statistics.median(ratios)
        bound = reference == "null-all"
        low |= bound and value < WANT
        print(f"postfix {title}, onionpow/{reference} (min {min(ratios):.2f} max {max(ratios):.2f}; "
              f"{statistics.median(found['onionpow']):.0f} and {statistics.median(found[reference]):.0f} mails/s)"
              f"\t{value:.3f}\t{WANT if bound else '-'}\t{('LOW' if value < WANT else 'ok') if bound else '-'}",
              flush=True)
    return low


def main():
    reason = usable()
    if reason:
        print(f"postfix skipped: {reason}")
        return 0
    low = False
    with tempfile.TemporaryDirectory(prefix="onionpow-bench-") as scratch:
        os.chmod(scratch, 0o755)
        nulls = {name: os.path.join(scratch, name) for name in ("all", "eom")}
        daemon = Daemon(scratch, listeners='listener "onion" { match-daemon = { "ONION" } '
                        'local-mailers = { "discard" } }', ledger="lmdb",
                        ledger_size="256MiB")
        running = []
        postfix = None
        try:
            daemon.start()
            for name, path in nulls.items():
                running.append(subprocess.Popen([os.path.join(build.BUILD, "tests", "null_milter"),
                                                 "unix:" + path, name]))
                build.until("the null filter to listen", lambda p=path: os.path.exists(p))
                os.chmod(path, 0o666)
            postfix = Postfix({"null-all": options("NULL", nulls["all"]), "null-eom": options("NULL", nulls["eom"]),
                               "onionpow": options("ONION", daemon.socket)},
                              main="virtual_transport = discard:\n").start()
            measure(postfix, 1, 10_000_000)  # warms everything up, not counted
            low |= report("one mail a connection", measure(postfix, 1, 0))
            low |= report("20 mails a connection", measure(postfix, 20, 1_000_000))
        finally:
            if postfix:
                postfix.stop()
            for process in running:
                process.terminate()
                process.wait(build.HANG_S)
            daemon.stop()
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
