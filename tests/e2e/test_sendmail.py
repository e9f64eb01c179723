#!/usr/bin/python3
"""The filter behind a real Sendmail, wired by the recipe in etc/sendmail; and a Sendmail that is asked for work."""
import email
import os
import re
import signal
import socket
import sys
import time
import unittest

import sendmail
from case import MailCase, paid, snippet

import build
import stamps
from message import Message, headers
from port import free_port
from smtp import Smtp

sys.path.append(os.path.join(build.SOURCE, "tests", "play"))
import player

BOB, CAROL = "bob@example.test", "carol@example.test"
STRANGER = "someone@elsewhere.test"
GUARDED = 'listener "onion" { match-daemon = { "ONION" } mode = enforce relay-guard = yes }'


def recipe(socket_path, port):
    """etc/sendmail/onionpow.mc, with nothing but the path and the port replaced."""
    return snippet("sendmail", "onionpow.mc").replace("/run/onionpow/milter.sock", socket_path).replace(
        "Port=2525", f"Port={port}")


@unittest.skipIf(sendmail.usable(), sendmail.usable())
class Case(MailCase):
    """The listener of the recipe is `onion`; `bare` is under the filter too, but without Sendmail's own rules."""

    mc = ""

    @classmethod
    def serve(cls, socket_path):
        port = free_port()
        server = sendmail.Sendmail({"clear": ("MTA", ""), "bare": ("BARE", ", InputMailFilters=onionpow")},
                                   cls.mc + recipe(socket_path, port))
        server.port["onion"] = port
        return server

    @staticmethod
    def results(mail):
        return [value for name, value in headers(mail) if name == "Authentication-Results"]


class Verdicts(Case):
    def setUp(self):
        self.milter(GUARDED)

    def test_missing(self):
        self.refused(554, ["5.7.1", "onionpow:1:argon2id-16m/1", BOB], [BOB], Message())

    def test_weak(self):
        self.refused(554, ["5.7.1", "onionpow:1:"], [BOB], paid(BOB, work=stamps.SHA_WORK // 2))

    def test_demand_met(self):
        """Refusal, `onionpow mint --offer` with its very text, acceptance."""
        message = Message()
        reply = self.refused(554, "onionpow:1:", [BOB], message)
        mail, = self.accepted([BOB], message.again([stamps.mint(BOB, offer=reply.text)]))
        self.assertEqual(self.results(mail),
                         ["mx.test; x-onion-pow=pass policy.suite=argon2id-16m policy.work=32"])

    def test_forged_results_do_not_get_in(self):
        message = paid(BOB)
        for value in ("MX.test (really);\n\tx-onion-pow=pass policy.work=1", "other.test; spf=pass",
                      "mx.test; x-onion-pow=pass policy.work=2"):
            message.headers.insert(0, ("Authentication-Results", value))
        mail, = self.accepted([BOB], message)
        self.assertEqual(self.results(mail), ["mx.test; x-onion-pow=pass policy.suite=sha256 policy.work=4096",
                                              "other.test; spf=pass"])

    def test_replayed(self):
        first = paid(BOB)
        self.accepted([BOB], first)
        self.refused(554, "5.7.1", [BOB], Message(first.stamps))

    def test_same_message_again(self):
        message = paid(BOB)
        self.accepted([BOB], message)
        self.accepted([BOB], message)
        self.assertEqual(len(self.server.mailbox(message.mark)), 2)

    def test_partly_paid(self):
        values = stamps.fields(BOB, CAROL)
        reply = self.refused(554, ["5.7.1", CAROL], [BOB, CAROL], Message(values[:1]))
        self.assertNotIn(BOB, reply.text)
        with self.subTest("nothing was spent"):
            self.accepted([BOB, CAROL], Message(values))

    def test_failed_proof_ends_the_connection(self):
        with Smtp(self.server.port["onion"]) as client:
            self.assertEqual(client.send([BOB], Message([stamps.broken_proof(stamps.mint(BOB))])).code, 554)
            reply = client.envelope([BOB])
            self.assertEqual(reply.code, 421)

    def test_several_messages_on_one_connection(self):
        good, bare = paid(BOB), Message()
        with Smtp(self.server.port["onion"]) as client:
            self.assertEqual([client.send([BOB], message).code for message in (bare, good, bare)], [554, 250, 554])
        self.assertEqual(len(self.server.mailbox(good.mark)), 1)
        self.assertEqual(self.server.mailbox(bare.mark), [])

    def test_null_sender(self):
        self.refused(554, "onionpow:1:", [BOB], Message(), sender="")
        self.accepted([BOB], paid(BOB), sender="")

    def test_recipient_without_domain(self):
        """Sendmail takes it as its own; the filter knows no address to make a stamp for."""
        self.refused(554, "5.1.3", ["bob"], Message())

    def test_long_body(self):
        message = paid(BOB)
        message.body += "a line of seventy-two characters, give or take some, to make up a megabyte\r\n" * 14000
        mail, = self.accepted([BOB], message)
        self.assertGreater(len(mail), 1 << 20)

    def test_unguarded_listener(self):
        mail, = self.accepted([BOB], Message(), listener="clear")
        self.assertEqual(self.results(mail), [])


class Monitor(Case):
    def test_monitor(self):
        self.milter(GUARDED.replace("enforce", "monitor"))
        for message, result in ((Message(), "none"), (paid(BOB), "pass"), (paid("eve@example.test"), "fail")):
            with self.subTest(result):
                mail, = self.accepted([BOB], message)
                self.assertIn(f"x-onion-pow={result}", self.results(mail)[0])


class RelayGuard(Case):
    """Sendmail relays for 127.0.0.1, and everybody who comes through Tor has that address."""

    ROUTED = [STRANGER, "someone%elsewhere.test@example.test", "<@example.test:someone@elsewhere.test>",
              "elsewhere.test!someone@example.test", "someone@[192.0.2.1]"]

    def test_without_guard_it_is_an_open_relay(self):
        with Smtp(self.server.port["clear"]) as client:
            self.assertIsNone(client.envelope(self.ROUTED[:2]))

    def refused_at_rcpt(self, listener, words):
        for recipient in self.ROUTED:
            with self.subTest(recipient), Smtp(self.server.port[listener]) as client:
                reply = client.envelope([recipient.strip("<>")])
                self.assertEqual(reply.code, 554, reply)
                self.assertIn(words, reply.text)
                with self.subTest("somebody else beside it"):
                    message = paid(BOB)
                    self.assertEqual(client.command(f"RCPT TO:<{BOB}>").code, 250)
                    self.assertIsNone(client.content(message))
                    self.assertEqual(client.reply().code, 250)
                    self.assertEqual(len(self.server.mailbox(message.mark)), 1)

    def test_filter(self):
        """On a listener that has nothing but the filter."""
        self.milter('listener "bare" { match-daemon = { "BARE" } mode = enforce relay-guard = yes }')
        self.refused_at_rcpt("bare", "relaying is not offered here")

    def test_filter_in_monitor_mode(self):
        self.milter('listener "bare" { match-daemon = { "BARE" } mode = monitor relay-guard = yes }')
        with Smtp(self.server.port["bare"]) as client:
            self.assertEqual(client.envelope([STRANGER]).code, 554)

    def test_rules_of_the_recipe(self):
        """Without the filter's guard Sendmail's own rules still refuse."""
        self.milter(GUARDED.replace("relay-guard = yes", "relay-guard = no"))
        self.refused_at_rcpt("onion", "relaying is not offered here")


class Trouble(Case):
    def test_filter_away(self):
        message = paid(BOB)
        self.refused(451, "4.3.2", [BOB], message)
        daemon = self.milter(GUARDED)
        self.accepted([BOB], message)
        daemon.stop()
        self.refused(451, "4.3.2", [BOB], message)

    def test_killed_with_the_message_in_hand(self):
        daemon = self.milter(GUARDED)
        message = paid(BOB)
        with Smtp(self.server.port["onion"]) as client:
            self.assertIsNone(client.envelope([BOB]))
            daemon.freeze()
            self.assertIsNone(client.content(message))
            daemon.kill()
            self.assertEqual(client.reply().code, 451)
        self.assertEqual(self.server.mailbox(message.mark), [])
        daemon.start()
        self.accepted([BOB], message)

    def test_silence(self):
        """Nothing is heard of the filter for R: (10 s); the one test that has to wait for it."""
        daemon = self.milter(GUARDED)
        message = paid(BOB)
        with Smtp(self.server.port["onion"]) as client:
            self.assertIsNone(client.envelope([BOB]))
            daemon.freeze()
            self.assertIsNone(client.content(message))
            self.assertEqual(client.reply().code, 451)
            daemon.signal(signal.SIGCONT)
        self.assertEqual(self.server.mailbox(message.mark), [])

    def test_long_wait(self):
        """A message that waits for its verification longer than Sendmail's R: (10 s) is kept alive by progress.

        The only slot is taken by another mail server's message, and the daemon as good as stands still: it is
        stopped, but for a moment now and then.
        """
        dear = 'suite "argon2id-256m" { enabled = yes work = 16 }\nsuite "sha256" { enabled = yes work = 4096 deprecated-since = "" }'
        daemon = self.milter(GUARDED, suites=dear, verify="max-cpu-threads = 1 wait = 4m")
        names = [f"u{i}@example.test" for i in range(2)]
        slow = Message(stamps.fields(*names, suite="argon2id-256m", work=16))
        message = paid(BOB)
        with player.session(daemon.socket) as other, Smtp(self.server.port["onion"]) as client:
            self.assertEqual(other.envelope(names, mailer="local"), {})
            self.assertIsNone(other.content(slow))
            self.assertIsNone(client.envelope([BOB]))
            other.eom_begin()
            build.until("the other message to be verified", lambda: threads_at_work(daemon))
            self.assertIsNone(client.content(message))
            stop = time.monotonic() + 13
            while time.monotonic() < stop:
                daemon.freeze()
                time.sleep(1)
                daemon.signal(signal.SIGCONT)
                time.sleep(0.01)
            self.assertTrue(silent(client.sock), "no answer before its turn")
            self.assertEqual(client.reply().code, 250)
            self.assertTrue(other.answer().accepted)
        self.assertEqual(len(self.server.mailbox(message.mark)), 1)


def threads_at_work(daemon):
    """Has the daemon used a noticeable part of a second of processor time?"""
    with open(f"/proc/{daemon.process.pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rsplit(")", 1)[1].split()[11]) >= 2


def silent(sock):
    sock.setblocking(False)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b"never"
    except BlockingIOError:
        return True
    finally:
        sock.settimeout(build.HANG_S)


class Sender(Case):
    """A Sendmail whose mail is refused: what its log and the bounce keep of the demand."""

    mc = "LOCAL_DOMAIN(`other.test')dnl\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sender = sendmail.Sendmail({"in": ("MTA", "")}, out=cls.server.port["onion"], name="out.test")
        cls.addClassCleanup(cls.sender.stop)
        cls.sender.start()

    def test_demand_comes_back(self):
        self.milter(GUARDED)
        rcpt, message = "bob@other.test", Message()
        with Smtp(self.sender.port["in"]) as client:
            self.assertEqual(client.send([rcpt], message, sender="alice@example.test").code, 250)
        bounce, = self.sender.mailbox(message.mark)
        self.assertEqual(self.server.mailbox(message.mark), [])
        report = email.message_from_bytes(bounce).get_payload(1).get_payload(1)  # of the only recipient
        diagnostic = report["Diagnostic-Code"]
        self.assertRegex(diagnostic, r"^SMTP; 554-5\.7\.1 onionpow:1:\S+ proof of work required$")
        logged = [line for line in self.sender.log().splitlines() if "onionpow:1:" in line]
        self.assertIn(diagnostic.removeprefix("SMTP; 554-"), logged[-1])
        for text in (diagnostic, logged[-1]):
            token = re.search(r"onionpow:1:\S+", text)[0]
            paid_for = message.again([stamps.mint(rcpt, offer=token)])
            with Smtp(self.sender.port["in"]) as client:
                self.assertEqual(client.send([rcpt], paid_for, sender="alice@example.test").code, 250)
        self.assertEqual(len(self.server.mailbox(message.mark)), 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
