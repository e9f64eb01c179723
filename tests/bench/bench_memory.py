#!/usr/bin/env python3
"""Resident memory of onionpow-milter: idle, and with many messages held open and then verified at once.

Prints rows "name value want ok|LOW" and exits 1 if one is over its bound. The bound under load is what the
configuration says: idle + verify.max-memory + 64 KiB a connection.
"""
import os
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "harness"), os.path.join(HERE, "..", "play")]
import player
import stamps
from daemon import Daemon
from message import Message

IDLE_MIB = 10
MAX_MEMORY_MIB = 48  # three workers of argon2id-16m
CONNECTIONS = 200
ARGON = 24           # of them, with stamps of the memory-hard suite
MIB = 1 << 20


def resident(process, field="VmRSS"):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field + ":"))


def row(name, value, want):
    low = value > want
    print(f"{name}\t{value / MIB:.2f}\t<= {want / MIB:.2f}\t{'LOW' if low else 'ok'}", flush=True)
    return low


def loaded(daemon):
    """Every connection has sent all but the end of its message; then all end theirs."""
    recipients = [f"u{i}@example.test" for i in range(CONNECTIONS)]
    fields = stamps.fields(*recipients[:ARGON], suite="argon2id-16m") + stamps.fields(*recipients[ARGON:])
    sessions = []
    for i, (recipient, stamp) in enumerate(zip(recipients, fields)):
        session = player.session(daemon.socket)
        session.envelope([recipient])
        session.content(Message([stamp], body="x" * 60000), queue_id=f"Q{i}")
        sessions.append(session)
    held = resident(daemon.process)
    answers = []
    threads = [threading.Thread(target=lambda s=s: answers.append(s.eom())) for s in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = sum(answer.accepted for answer in answers)
    for session in sessions:
        session.quit()
    if accepted != CONNECTIONS:
        raise AssertionError(f"{accepted} of {CONNECTIONS} accepted; {daemon.log()[-2000:]}")
    return held, resident(daemon.process, "VmHWM")


def main():
    with tempfile.TemporaryDirectory(prefix="onionpow-bench-") as scratch:
        daemon = Daemon(scratch, listeners='listener "onion" { match-daemon = { "ONION" } }', ledger="lmdb",
                        verify=f"max-memory = {MAX_MEMORY_MIB}MiB max-cpu-threads = 3 queue = 1000 wait = 240s")
        try:
            daemon.start()
            idle = resident(daemon.process)
            held, peak = loaded(daemon)
        finally:
            daemon.stop()
    low = row("memory idle, MiB", idle, IDLE_MIB * MIB)
    low |= row(f"memory with {CONNECTIONS} messages held open, MiB", held, idle + CONNECTIONS * 65536)
    low |= row("memory at the peak, all verified at once, MiB", peak,
               idle + MAX_MEMORY_MIB * MIB + CONNECTIONS * 65536)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
