#!/usr/bin/python3
"""Input that nobody honest would send: bounded work, a clear answer, and a daemon that stays up."""
import random
import socket
import struct
import unittest

from player import NO_REPLY, Closed, Player
from stage import BOB, Stage, listener, results

import stamps
from message import Message


class Text(Stage):
    """Stamps of any kind get a verdict."""

    def test_malformed_fields(self):
        good = stamps.mint(BOB)
        tags = stamps.tags(good)
        cases = {
            "empty": "", "blank": "  ", "word": "junk", "no value": "v", "only version": "v=1",
            "tag twice": good + "; d=256", "tag missing": stamps.bend(good, s=None),
            "leading zero": stamps.bend(good, d="0256"), "sign": stamps.bend(good, d="+256"),
            "zero effort": stamps.bend(good, d="0"), "huge effort": stamps.bend(good, d="9" * 40),
            "impossible day": stamps.bend(good, t="20260231"), "short day": stamps.bend(good, t="2026011"),
            "padding": stamps.bend(good, s=tags["s"] + "=="), "long salt": stamps.bend(good, s=tags["s"] + "AAAA"),
            "short salt": stamps.bend(good, s=tags["s"][:-4]), "plus": stamps.bend(good, s="+" + tags["s"][1:]),
            "spare bits": stamps.bend(good, s=tags["s"][:-1] + "B"), "nonces cut": stamps.bend(good, n=tags["n"][:-4]),
            "quote of a wrong size": stamps.bend(good, c="AAAA"), "binary": "\x01\x7f\udcff\udcc3",
            "5000 octets": good + "; zz=" + "a" * 5000, "1000 tags": good + "".join(f"; z{i}=1" for i in range(1000)),
            "64 KiB": "v=1; " * 13000, "equals": "=;=;=", "semicolons": ";" * 300,
        }
        daemon = self.daemon()
        session = self.session(daemon)
        for label, value in cases.items():
            with self.subTest(label):
                self.assertRefused(session.deliver([BOB], Message([value])), "554 5.6.0", "onionpow:1:")
        self.assertAccepted(session.deliver([BOB], Message([good])))

    def test_good_stamp_beside_malformed_ones_passes(self):
        self.assertAccepted(self.deliver(self.daemon(), [BOB], Message(["", "v=1", "\udcff", stamps.mint(BOB)])))

    def test_too_many_stamps(self):
        """200 are looked at; 201 are refused with a text that says so."""
        daemon = self.daemon()
        good = stamps.mint(BOB)
        self.assertAccepted(self.deliver(daemon, [BOB], Message(["junk"] * 199 + [good])))
        answer = self.deliver(daemon, [BOB], Message(["junk"] * 200 + [stamps.mint(BOB)]))
        self.assertRefused(answer, "554 5.")
        self.assertIn("200", answer.text)
        answer = self.deliver(daemon, [BOB], Message(["junk"] * 20000 + [stamps.mint(BOB)]))
        self.assertRefused(answer, "554 5.")

    def test_two_hundred_recipients(self):
        names = [f"u{i}@example.test" for i in range(200)]
        daemon = self.daemon()
        paid = stamps.fields(*names)
        self.assertRefused(self.deliver(daemon, names, Message(paid[:-1])), "554 5.7.1", names[-1])
        self.assertAccepted(self.deliver(daemon, names, Message(paid)))

    def test_three_hundred_recipients(self):
        """More than a message can pay for: those beyond the 200th are asked to come in another one."""
        daemon = self.daemon()
        names = [f"a-rather-long-name-{i}@example.test" for i in range(300)]
        answer = self.deliver(daemon, names, Message())
        self.assertRefused(answer, "452 4.5.3")
        session = self.session(daemon)
        refused = session.envelope(names)
        self.assertEqual(list(refused), names[200:])
        self.assertIsNone(session.content(Message(stamps.fields(*names[:200]))))
        self.assertAccepted(session.eom())

    def test_recipients_that_are_none(self):
        """What the filter cannot read it cannot price: refused, never let through."""
        daemon = self.daemon()
        for name in ("<>", "<no-domain>", "<@>", "<a@@b>", "<" + "x" * 400 + "@example.test>", "<a@\udcff>",
                     "<a@" + "b" * 300 + ".test>", "<\x01@example.test>"):
            with self.subTest(name[:20]):
                session = self.session(daemon)
                answer = session.mail()
                answer = session.rcpt(name)
                if answer is None or answer.kind == "c":
                    self.assertIsNone(session.content(Message()))
                    answer = session.eom()
                self.assertEqual(answer.kind, "y", answer)
                self.assertIn(answer.text[0], "45")

    def test_newlines_forge_no_log_line(self):
        daemon = self.daemon(privacy="debug")
        self.deliver(daemon, ["bob\nverdict=pass x=@example.test"],
                     Message(["v=1; a=\nverdict=pass"]), queue_id="Q\nverdict=pass")
        self.assertFalse([line for line in daemon.log().splitlines() if line.startswith("verdict=pass")])


class Results(Stage):
    """Forged Authentication-Results go, however they are written; others stay, in their order."""

    GONE = ["mx.test; x-onion-pow=pass", "MX.Test; X-Onion-PoW=pass", "mx.test;\n\tx-onion-pow=pass",
            "(a (nested) comment) mx.test (and) 1 (more); (c) x-onion-pow (c) = (c) pass",
            '"mx.test"; x-onion-pow=pass', "mx.test; spf=pass; x-onion-pow=pass", "mx.test\n ;x-onion-pow\n =\n pass",
            "mx.test; x-onion-pow/1=pass", "mx.test. ; x-onion-pow=fail", '"mx\\.test"; x-onion-pow=pass',
            "mx.test; spf=pass reason=\"a;b\"; x-onion-pow=none"]
    KEPT = ["other.test; x-onion-pow=pass", "mx.test; spf=pass", "mx.test; none",
            "sub.mx.test; x-onion-pow=pass", "mx.test; spf=pass (x-onion-pow=pass)"]

    def test_forged_results_are_removed(self):
        forged = [value for value in self.GONE if not value.startswith("mx.test.")]
        mixed = [value for pair in zip(forged, self.KEPT * 3) for value in pair]
        message = Message([stamps.mint(BOB)])
        message.headers = [("Authentication-Results" if i % 2 else "authentication-RESULTS", value)
                           for i, value in enumerate(mixed)] + message.headers
        answer = self.deliver(self.daemon(), [BOB], message)
        self.assertAccepted(answer)
        for renumber in (True, False):
            with self.subTest("Postfix" if renumber else "Sendmail"):
                left = results(message, answer, renumber)
                self.assertRegex(left[0], r"^mx\.test; x-onion-pow=pass policy")
                self.assertEqual(left[1:], [value for value in mixed if value not in self.GONE])

    def test_each_alone(self):
        daemon = self.daemon("monitor")
        for value in self.GONE[:8] + self.GONE[9:] + self.KEPT:
            with self.subTest(value):
                message = Message()
                message.headers.insert(0, ("Authentication-Results", value))
                left = results(message, self.deliver(daemon, [BOB], message))
                self.assertEqual(left[1:], [value] if value in self.KEPT else [])

    def test_own_name_from_the_configuration(self):
        message = Message([stamps.mint(BOB)])
        message.headers.insert(0, ("Authentication-Results", "own.test; x-onion-pow=pass"))
        message.headers.insert(0, ("Authentication-Results", "mx.test; x-onion-pow=pass"))
        answer = self.deliver(self.daemon(extra='authserv-id = "own.test"'), [BOB], message)
        left = results(message, answer)
        self.assertRegex(left[0], r"^own\.test; x-onion-pow=pass")
        self.assertEqual(left[1:], ["mx.test; x-onion-pow=pass"])


class Wire(Stage):
    """The milter protocol, kept and broken."""

    def test_body_after_the_first_chunk_is_not_asked_for(self):
        session = self.session(self.daemon())
        session.envelope([BOB])
        message = Message([stamps.mint(BOB)], body="")
        self.assertIsNone(session.content(message))
        kinds = []
        for _ in range(3):
            answer = session.body(b"x" * 65535)
            kinds.append(answer.kind if answer else None)
            if kinds[-1] == "s":
                break
        self.assertIn(kinds, (["s"], ["c", "s"], [None, "s"]))
        self.assertAccepted(session.eom())

    def test_body_after_the_first_chunk_does_not_count(self):
        """The same mail with another end of a long body is the same mail; with another beginning it is not."""
        daemon = self.daemon()
        stamp = [stamps.mint(BOB)]
        first = Message(stamp, body="x" * 70000)
        for body, same in (("x" * 70000 + "y", True), ("y" + "x" * 70000, False), ("x" * 65535, True),
                           ("x" * 65535 + "y", True), ("x" * 65534, False), ("x" * 65534 + "y", False)):
            with self.subTest(len=len(body), same=same):
                session = self.session(daemon)
                for text in (first.body, body):
                    session.envelope([BOB])
                    self.assertIsNone(session.content(Message(stamp, first.headers, "")))
                    for start in range(0, len(text), 65535):
                        answer = session.body(text[start:start + 65535].encode())
                        if answer is not None and answer.kind == "s":
                            break
                    verdict = session.eom()
                self.assertEqual(verdict.accepted, same, verdict)

    def test_no_reply_where_none_is_wanted(self):
        """Few round trips: the steps that decide nothing are not answered, or not wanted at all."""
        session = self.session(self.daemon())
        for command in "LNT":
            with self.subTest(command):
                self.assertTrue(session.steps & NO_REPLY[command] or session.step(command) is None)
        session.envelope([BOB])
        session.content(Message([stamps.mint(BOB)], body=""))
        self.assertTrue(session.silent())

    def test_older_server(self):
        """A server that offers no way to leave replies out is answered at every step."""
        session = Player(self.daemon().socket).negotiate(steps=0x7F, version=2)
        self.addCleanup(session.sock.close)
        session.connect()
        session.helo()
        self.assertRefused(session.deliver([BOB], Message()), "554 5.7.1")

    def test_asks_for_the_macros_it_needs(self):
        session = self.session(self.daemon())
        self.assertIn("{daemon_name}", session.symbols["C"])
        self.assertIn("{rcpt_mailer}", session.symbols["R"])

    def test_macros_missing(self):
        daemon = self.daemon()
        with self.subTest("none at connect: a client of no listener in particular"):
            session = self.session(self.daemon(listeners=""), macros={})
            self.assertRefused(session.deliver([BOB], Message()), "554 5.7.1")
        with self.subTest("no queue id"):
            self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)]), queue_id=""))
        with self.subTest("no mailer on a relay guard: not known to be local"):
            guard = self.daemon(listeners=listener(more="relay-guard = yes"))
            session = self.session(guard)
            session.mail()
            answer = session.rcpt(f"<{BOB}>", macros={"{rcpt_addr}": BOB})
            self.assertEqual(answer.kind, "y", answer)
            self.assertIn(answer.text[0], "45")

    def test_relay_guard(self):
        guard = self.daemon(listeners=listener(more='relay-guard = yes local-mailers = { "virtual", "LMTP" }'))
        session = self.session(guard)
        session.mail()
        for mailer, local in (("virtual", True), ("lmtp", True), ("Virtual", True), ("smtp", False), ("relay", False),
                              ("virtualx", False), ("", False)):
            with self.subTest(mailer):
                answer = session.rcpt(f"<{BOB}>", mailer=mailer)
                if local:
                    self.assertTrue(answer is None or answer.kind == "c", answer)
                else:
                    self.assertEqual(answer.kind, "y", answer)
        self.assertRefused(session.rcpt("<eve@elsewhere.test>", mailer="smtp"), "554 5.7.1",
                           "relaying is not offered here")
        self.assertIsNone(session.content(Message([stamps.mint(BOB)])))
        self.assertAccepted(session.eom())

    def test_relay_guard_off(self):
        session = self.session(self.daemon(listeners=listener(more="relay-guard = no")))
        session.mail()
        answer = session.rcpt("<eve@elsewhere.test>", mailer="smtp")
        self.assertTrue(answer is None or answer.kind == "c", answer)

    def test_several_messages_on_a_connection(self):
        """Each is judged for itself: no stamp, recipient or body of one counts for the next."""
        session = self.session(self.daemon())
        good = stamps.fields(BOB, "ann@example.test", BOB)
        self.assertAccepted(session.deliver([BOB], Message(good[:1])))
        self.assertRefused(session.deliver([BOB], Message()), "554 5.7.1")
        self.assertRefused(session.deliver(["ann@example.test"], Message(good[2:])), "554 5.7.1")
        session.envelope([BOB, "eve@example.test"])
        session.abort()
        self.assertAccepted(session.deliver(["ann@example.test"], Message(good[1:2])))
        self.assertAccepted(session.deliver([BOB], Message(good[2:])))

    def test_null_sender(self):
        daemon = self.daemon()
        self.assertRefused(self.deliver(daemon, [BOB], Message(), sender="<>"), "554 5.7.1")
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)]), sender="<>"))

    def test_failed_proof_ends_the_connection(self):
        session = self.session(self.daemon())
        bad = stamps.broken_proof(stamps.mint(BOB))
        self.assertRefused(session.deliver([BOB], Message([bad])), "554 5.7.1")
        self.assertRefused(session.deliver([BOB], Message([stamps.mint(BOB)])), "421 4.7.0")

    def test_garbage_on_the_socket(self):
        """Whatever arrives, the next honest connection is served."""
        daemon = self.daemon()
        dice = random.Random(20260101)
        hello = struct.pack("!I", 13) + b"O" + struct.pack("!III", 6, 0x1FF, 0x1FFFFF)
        pieces = [b"", b"\0", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xffO", b"GET / HTTP/1.0\r\n\r\n",
                  struct.pack("!I", 2) + b"O\0", hello[:9], hello + struct.pack("!I", 100) + b"C",
                  hello + struct.pack("!I", 1) + b"C", hello + struct.pack("!I", 3) + b"Cab",
                  hello + struct.pack("!I", 2) + b"Rx", hello + struct.pack("!I", 1) + b"E",
                  hello + struct.pack("!I", 3) + b"Lab", hello + struct.pack("!I", 5) + b"DCab\0",
                  hello + struct.pack("!I", 0x10000) + b"B" + b"x" * 1000, hello * 3]
        pieces += [dice.randbytes(dice.randrange(200)) for _ in range(40)]
        pieces += [hello + b"".join(struct.pack("!I", n + 1) + dice.choice(b"OCHMRTLNBEAQKDU?").to_bytes(1, "big")
                                    + dice.randbytes(n) for n in (dice.randrange(40) for _ in range(8)))
                   for _ in range(60)]
        for octets in pieces:
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(daemon.socket)
                try:
                    raw.sendall(octets)
                    raw.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
        for steps in ("E", "LNE", "BE", "NE", "RE", "MNE", "TLE", "CE", "CCMMRRLNNBBEE", "HHMAARE", "MQE", "DDE"):
            with self.subTest(steps), Player(daemon.socket) as player:
                player.negotiate()
                try:
                    for step in steps:
                        player.write(step, b"a\0b\0" if step in "CHLMRD" else b"")
                    player.sock.shutdown(socket.SHUT_WR)
                    while True:
                        player.read()
                except (Closed, OSError):
                    pass
        self.assertTrue(daemon.running(), daemon.log())
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))

    def test_many_connections(self):
        daemon = self.daemon()
        sessions = [self.session(daemon) for _ in range(100)]
        message = Message([stamps.mint(BOB)])
        for session in sessions[::10]:
            self.assertAccepted(session.deliver([BOB], message))
        for session in sessions:
            session.quit()
        self.assertTrue(daemon.running())


if __name__ == "__main__":
    unittest.main(verbosity=2)
