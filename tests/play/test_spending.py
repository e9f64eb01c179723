#!/usr/bin/python3
"""A stamp pays once: for one message, however often that message comes; and nothing is spent in vain."""
import os
import resource
import signal
import unittest

from stage import BOB, Stage

import stamps
from message import Message

BIG = """
suite "sha256"        { enabled = yes work = 4096 deprecated-since = "" }
suite "argon2id-16m"  { enabled = yes work = 32 }
suite "argon2id-256m" { enabled = yes work = 16 }
"""
CHEAP = """
suite "sha256"        { enabled = yes work = 16 deprecated-since = "" }
suite "argon2id-16m"  { enabled = no }
"""
NAMES = ["one@example.test", "two@example.test", "three@example.test"]


class Spending:
    """The same for each backend."""

    backend = None

    def serve(self, **options):
        return self.daemon(ledger=self.backend, **options)

    def test_same_message_again_and_another(self):
        daemon = self.serve()
        first = Message([stamps.mint(BOB)])
        for again in range(3):
            self.assertAccepted(self.deliver(daemon, [BOB], first, queue_id=f"Q{again}"))
        other = Message(first.stamps)
        self.assertRefused(self.deliver(daemon, [BOB], other), "554 5.7.1", "onionpow:1:")
        self.assertTrue(daemon.lines("reason=spent "), daemon.log())
        self.assertAccepted(self.deliver(daemon, [BOB], first))

    def test_every_part_of_the_fingerprint_counts(self):
        daemon = self.serve()
        first = Message([stamps.mint(BOB)])
        self.assertAccepted(self.deliver(daemon, [BOB], first))
        for name in ("From", "Date", "Message-ID", "Subject"):
            with self.subTest(name):
                other = first.again(first.stamps)
                other.headers = [(n, v + "x" if n == name else v) for n, v in other.headers]
                self.assertRefused(self.deliver(daemon, [BOB], other), "554 5.7.1")
        with self.subTest("body"):
            other = first.again(first.stamps)
            other.body += "x"
            self.assertRefused(self.deliver(daemon, [BOB], other), "554 5.7.1")
        with self.subTest("envelope sender"):
            self.assertRefused(self.deliver(daemon, [BOB], first, sender="<eve@sender.test>"), "554 5.7.1")
        with self.subTest("what a mail server adds on the way does not"):
            other = first.again(first.stamps)
            other.headers = [("Received", "from elsewhere")] + other.headers
            self.assertAccepted(self.deliver(daemon, [BOB], other))

    def test_another_spelling_is_the_same_stamp(self):
        daemon = self.serve()
        value = stamps.mint(BOB)
        self.assertAccepted(self.deliver(daemon, [BOB], Message([value])))
        for label, other in (("unfolded", stamps.unfold(value)), ("a tag more", stamps.bend(value, zz="1")),
                             ("another seal", stamps.bend(value, g=stamps.b64(os.urandom(8))))):
            with self.subTest(label):
                self.assertRefused(self.deliver(daemon, [BOB], Message([other])), "554 5.7.1")
                self.assertFalse(daemon.lines("verdict=pass ")[1:], daemon.log())

    def test_failed_proof_burns(self):
        """Nobody gets a second draw: after a bad proof the right one, of the same challenge, fails too."""
        daemon = self.serve()
        value = stamps.mint(BOB)
        self.assertRefused(self.deliver(daemon, [BOB], Message([stamps.broken_proof(value)])), "554 5.7.1")
        self.assertRefused(self.deliver(daemon, [BOB], Message([value])), "554 5.7.1")

    def test_partly_paid_spends_nothing(self):
        daemon = self.serve()
        paid = stamps.fields(*NAMES)
        answer = self.deliver(daemon, NAMES, Message(paid[:2]))
        self.assertRefused(answer, "554 5.7.1", NAMES[2])
        self.assertNotIn(NAMES[0], answer.text)
        self.assertAccepted(self.deliver(daemon, NAMES, Message(paid)))
        self.assertRefused(self.deliver(daemon, NAMES, Message(paid)), "554 5.7.1")

    def test_partly_spent_spends_nothing(self):
        daemon = self.serve()
        paid = stamps.fields(*NAMES)
        self.assertAccepted(self.deliver(daemon, NAMES[:1], Message(paid[:1])))
        self.assertRefused(self.deliver(daemon, NAMES, Message(paid)), "554 5.7.1")
        self.assertAccepted(self.deliver(daemon, NAMES[1:], Message(paid[1:])))

    def test_aborted_message_spends_nothing(self):
        daemon = self.serve()
        message = Message([stamps.mint(BOB)])
        session = self.session(daemon)
        session.envelope([BOB])
        session.content(message)
        session.abort()
        self.assertAccepted(session.deliver([BOB], Message(message.stamps)))

    def test_one_recipient_twice_needs_one_stamp(self):
        self.assertAccepted(self.deliver(self.serve(), [BOB, "BOB@Example.Test"], Message([stamps.mint(BOB)])))

    def test_twice_at_once_pays_once(self):
        """Two messages, one stamp, two connections, frozen so that both arrive together."""
        daemon = self.serve(suites=BIG, verify="max-cpu-threads = 2 max-memory = 1GiB")
        value = stamps.mint(BOB, suite="argon2id-256m", work=16)
        answers = self.together(daemon, [Message([value]), Message([value])])
        self.assertEqual([a.accepted for a in answers].count(True), 1, answers)
        loser = next(a for a in answers if not a.accepted)
        self.assertIn(loser.text[:9].replace("-", " "), ("451 4.7.1", "554 5.7.1"))

    def together(self, daemon, messages):
        sessions = [self.session(daemon) for _ in messages]
        for session, message in zip(sessions, messages):
            session.envelope([BOB])
            self.assertIsNone(session.content(message))
        daemon.freeze()
        for session in sessions:
            session.eom_begin()
        daemon.signal(signal.SIGCONT)
        return [session.answer() for session in sessions]


class Memory(Spending, Stage):
    backend = "memory"

    def test_saturated_gate(self):
        """No queue, one evaluation at a time: of two dear messages at once, one is told to come again."""
        daemon = self.serve(suites=BIG, verify="max-cpu-threads = 1 queue = 0 max-memory = 512MiB")
        names = [BOB, "Bob@example.test"]
        messages = [Message([stamps.mint(name, suite="argon2id-256m", work=16)]) for name in names]
        answers = self.together(daemon, messages)
        self.assertEqual([a.accepted for a in answers].count(True), 1, answers)
        loser = 0 if answers[1].accepted else 1
        self.assertRefused(answers[loser], "451 4.3.2")
        self.assertAccepted(self.deliver(daemon, [BOB], messages[loser]))


class Lmdb(Spending, Stage):
    backend = "lmdb"

    def test_restart_forgets_nothing(self):
        daemon = self.serve()
        first, burnt = Message([stamps.mint(BOB)]), stamps.mint(BOB)
        self.assertAccepted(self.deliver(daemon, [BOB], first))
        self.deliver(daemon, [BOB], Message([stamps.broken_proof(burnt)]))
        for end in (daemon.stop, daemon.kill):
            end()
            daemon.start()
            with self.subTest(end.__name__):
                self.assertRefused(self.deliver(daemon, [BOB], Message(first.stamps)), "554 5.7.1")
                self.assertRefused(self.deliver(daemon, [BOB], Message([burnt])), "554 5.7.1")
                self.assertAccepted(self.deliver(daemon, [BOB], first))

    def test_disk_that_takes_no_more(self):
        """Every write fails (a limit on the file size, imposed from outside): temporary failure, then recovery."""
        daemon = self.serve(start=False)
        daemon.start(preexec=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        message = Message([stamps.mint(BOB)])
        pid = daemon.process.pid
        daemon.freeze()
        limit = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        daemon.signal(signal.SIGCONT)
        self.assertRefused(self.deliver(daemon, [BOB], message), "451 4.3.0")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
        self.assertAccepted(self.deliver(daemon, [BOB], message))

    def test_full_ledger(self):
        """A ledger without room says 'later', and lets nothing in."""
        daemon = self.serve(ledger_size="1MiB", suites=CHEAP)
        names = [f"u{i}@example.test" for i in range(200)]
        for turn in range(200):
            answer = self.deliver(daemon, names, Message(stamps.fields(*names, work=16)))
            if not answer.accepted:
                break
        self.assertGreater(turn, 0, "room for something")
        self.assertRefused(answer, "451 4.3.0")
        self.assertRefused(self.deliver(daemon, [BOB], Message()), "554 5.7.1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
