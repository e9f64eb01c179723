#!/usr/bin/python3
"""Every verdict that a message can get, in every mode, as the mail server hears it."""
import unittest

from stage import BOB, Stage, results

import stamps
from message import Message

# What the stamps of a message are like; what enforce answers; what
# monitor writes into Authentication-Results; the reason in the log.
CASES = {
    "missing": (list, "554 5.7.1", "none", "missing"),
    "weak": (lambda: [stamps.mint(BOB, work=stamps.SHA_WORK // 2)], "554 5.7.1", "policy", "weak"),
    "expired": (lambda: [stamps.mint(BOB, date=stamps.day(-9))], "554 5.7.1", "fail", "expired"),
    "future": (lambda: [stamps.mint(BOB, date=stamps.day(3))], "554 5.7.1", "fail", "not-yet-valid"),
    "wrong recipient": (lambda: [stamps.mint("eve@example.test")], "554 5.7.1", "fail", "wrong-recipient"),
    "broken proof": (lambda: [stamps.broken_proof(stamps.mint(BOB))], "554 5.7.1", "fail", "failed-proof"),
    "broken seal": (lambda: [stamps.bend(stamps.mint(BOB, suite="argon2id-16m"), g="AAAAAAAAAAA")],
                    "554 5.7.1", "fail", "bad-seal"),
    "more effort claimed": (lambda: [stamps.bend(stamps.mint(BOB), d="99999")], "554 5.7.1", "fail",
                            "failed-proof"),
    "another day claimed": (lambda: [stamps.bend(stamps.mint(BOB, date=stamps.day(-9)), t=stamps.day())],
                            "554 5.7.1", "fail", "failed-proof"),
    "suite not accepted": (lambda: [stamps.mint(BOB, suite="argon2id-64m", work=16)], "554 5.7.1", "fail",
                           "unknown-suite"),
    "suite unknown": (lambda: [stamps.bend(stamps.mint(BOB), a="rot13")], "554 5.7.1", "fail", "unknown-suite"),
    "version unknown": (lambda: [stamps.bend(stamps.mint(BOB), v="2")], "554 5.7.1", "fail", "unknown-version"),
    "malformed": (lambda: ["v=1; a=sha256"], "554 5.6.0", "fail", "malformed"),
}

GOOD = {
    "sha256": lambda: [stamps.mint(BOB)],
    "more than asked": lambda: [stamps.mint(BOB, work=4 * stamps.SHA_WORK)],
    "argon2id-16m": lambda: [stamps.mint(BOB, suite="argon2id-16m")],
    "unfolded": lambda: [stamps.unfold(stamps.mint(BOB))],
    "folded elsewhere": lambda: [stamps.unfold(stamps.mint(BOB)).replace("; ", ";\n  \t")],
    "unknown tag": lambda: [stamps.bend(stamps.mint(BOB), zz="ignored")],
    "yesterday's": lambda: [stamps.mint(BOB, date=stamps.day(-1))],
    "good one among bad ones": lambda: ["junk", stamps.mint("eve@example.test"), stamps.mint(BOB),
                                        stamps.bend(stamps.mint(BOB), a="rot13")],
    "written otherwise": lambda: [stamps.mint("<Bob@EXAMPLE.test>")],
}


class Enforce(Stage):
    @classmethod
    def setUpClass(cls):
        cls.made = {label: make() for label, (make, *_) in CASES.items()}
        cls.good = {label: make() for label, make in GOOD.items()}

    def test_refused(self):
        daemon = self.daemon()
        for label, (_, code, _, verdict) in CASES.items():
            with self.subTest(label):
                seen = len(daemon.lines(f"reason={verdict} "))
                answer = self.deliver(daemon, [BOB], Message(self.made[label]))
                self.assertRefused(answer, code, "onionpow:1:argon2id-16m/1", "sha256/256")
                self.assertEqual(answer.edits, [], "a refused message is not edited")
                self.assertEqual(len(daemon.lines(f"reason={verdict} ")), seen + 1, daemon.log())

    def test_accepted(self):
        daemon = self.daemon()
        for label, values in self.good.items():
            with self.subTest(label):
                message = Message(values)
                answer = self.deliver(daemon, [BOB], message)
                self.assertAccepted(answer)
                self.assertEqual(len(results(message, answer)), 1, answer)
                self.assertRegex(results(message, answer)[0], r"mx\.test;\s+x-onion-pow=pass\b")

    def test_result_names_suite_and_work(self):
        message = Message([stamps.mint(BOB)])
        answer = self.deliver(self.daemon(), [BOB], message)
        self.assertEqual(results(message, answer),
                         ["mx.test; x-onion-pow=pass policy.suite=sha256 policy.work=4096"])
        self.assertEqual(answer.edits[-1][:2], ("i", 0), "inserted at the very top")

    def test_demand_says_what_to_do(self):
        answer = self.deliver(self.daemon(extra='help-url = "https://help.example/pow"'), [BOB], Message())
        lines = answer.text.splitlines()
        self.assertRegex(lines[0], r"^554-5\.7\.1 onionpow:1:\S+ ")
        self.assertIn("onionpow mint", answer.text)
        self.assertIn(BOB, answer.text)
        self.assertIn("https://help.example/pow", answer.text)

    def test_demand_can_be_met(self):
        """The answer itself, given to `onionpow mint --offer`, makes the next try pass."""
        daemon = self.daemon()
        answer = self.deliver(daemon, [BOB], Message())
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB, offer=answer.text)])))


class OtherModes(Stage):
    @classmethod
    def setUpClass(cls):
        Enforce.setUpClass.__func__(cls)

    def test_monitor(self):
        daemon = self.daemon("monitor")
        for label, (_, _, result, verdict) in CASES.items():
            with self.subTest(label):
                message = Message(self.made[label])
                answer = self.deliver(daemon, [BOB], message)
                self.assertAccepted(answer)
                self.assertEqual(len(results(message, answer)), 1, answer)
                self.assertRegex(results(message, answer)[0], rf"mx\.test;\s+x-onion-pow={result}\b")
                self.assertTrue(daemon.lines(f"reason={verdict} "), daemon.log())
        message = Message(self.good["sha256"])
        answer = self.deliver(daemon, [BOB], message)
        self.assertAccepted(answer)
        self.assertRegex(results(message, answer)[0], r"x-onion-pow=pass\b")

    def test_off(self):
        daemon = self.daemon("off")
        for label, values in (self.made | self.good).items():
            with self.subTest(label):
                answer = self.deliver(daemon, [BOB], Message(values))
                self.assertAccepted(answer)
                self.assertEqual(answer.edits, [])

    def test_listener_is_told_at_connect(self):
        """By {daemon_name}, or by the client's address; who matches none of the listeners is let go."""
        daemon = self.daemon(listeners="""
            listener "clear" { match-daemon = { "CLEAR" } mode = off }
            listener "tor" { match-client = { "fc00:dead:beef:4dad::/64" } mode = enforce }
            listener "local" { match-client = { "127.0.0.0/8", "::1/128" } mode = off }
            """)
        for name, address, guarded in (("CLEAR", "192.0.2.1", False), ("CLEAR", "fc00:dead:beef:4dad::44", False),
                                       ("ELSE", "fc00:dead:beef:4dad::44", True), ("ELSE", "127.0.0.1", False),
                                       ("ELSE", "::1", False), ("ELSE", "fc00:dead:beef:4dae::44", False),
                                       ("ELSE", "192.0.2.1", False), ("tor", "192.0.2.1", False)):
            with self.subTest(name=name, address=address):
                session = self.session(daemon, host=f"[{address}]", address=address,
                                       macros={"j": "mx.test", "{daemon_name}": name})
                self.assertEqual(not session.deliver([BOB], Message()).accepted, guarded)

    def test_without_listeners_all_are_guarded(self):
        daemon = self.daemon(listeners="")
        for macros in ({"j": "mx.test", "{daemon_name}": "ANY"}, {}):
            with self.subTest(macros):
                session = self.session(daemon, macros=macros)
                self.assertRefused(session.deliver([BOB], Message()), "554 5.7.1")

    def test_later_daemon_name_does_not_count(self):
        """At end of message Postfix gives cleanup's own {daemon_name}."""
        daemon = self.daemon(listeners='''listener "clear" { match-daemon = { "mx.test" } mode = off }
                                          listener "onion" { match-daemon = { "ONION" } mode = enforce }''')
        session = self.session(daemon)
        self.assertEqual(session.envelope([BOB]), {})
        self.assertIsNone(session.content(Message()))
        self.assertRefused(session.eom(macros={"i": "Q1", "{daemon_name}": "mx.test"}), "554 5.7.1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
