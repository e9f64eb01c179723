#!/usr/bin/python3
"""From a mail client to a mailbox that demands work: Postfix, onionpow deliver, Tor, an onion service, Postfix, the
filter. Nobody but the programs on the way knows of stamps.
"""
import os
import re
import signal
import statistics
import sys
import time
import unittest

import ends
from ends import PATIENCE_S
from torcase import DOMAIN, TorCase, set_up_module

import build
from message import headers

MAILS = 50
TRIES = 7          # of what is measured
DEMAND = rb"(?m)^554[- ]5\.7\.1 .*onionpow:1:"
ROUND_TRIPS = 3    # more than a mail that needs no stamp
ELSEWHERE = "elsewhere.test"


def setUpModule():
    set_up_module()


class Way(TorCase):
    def setUp(self):
        super().setUp()
        self.filter = self.milter()

    def verdicts(self, verdict, reason="-"):
        return [dict(word.split("=", 1) for word in line.split() if "=" in word)
                for line in self.filter.lines(f"verdict={verdict} ") if f" reason={reason} " in line]

    def delivered(self, message, recipient):
        self.sender.submit(message)
        self.sender.outcome(recipient, "sent")
        mail, = self.copies(message)
        return mail

    def test_mailbox_that_demands_work(self):
        bob = self.to("bob")
        message = self.message(bob)
        mail = self.delivered(message, bob)
        fields = headers(mail)
        stamp, = [value for name, value in fields if name == "X-Onion-PoW"]
        self.assertIn("a=argon2id-16m; d=1; ", stamp)
        self.assertIn(("Authentication-Results", "mx.test; x-onion-pow=pass policy.suite=argon2id-16m policy.work=32"),
                      fields)
        self.assertIn(message.body.replace("\r\n", "\n").encode(), mail)
        self.assertEqual(len(self.tap.salts()), 1)
        self.assertEqual((len(self.verdicts("fail", "missing")), len(self.verdicts("pass"))), (1, 1))

    def test_mailbox_that_demands_nothing(self):
        mail = self.delivered(self.message(self.to("bob", "free")), self.to("bob", "free"))
        self.assertNotIn(b"X-Onion-PoW", mail)
        self.assertEqual(self.tap.salts(), set())

    def test_bounce_goes_out_without_a_sender(self):
        bob = self.to("bob")
        message = self.message(bob)
        self.sender.submit(message, sender="", recipients=[bob])
        self.sender.outcome(bob, "sent")
        self.copies(message)
        self.assertIn(b"MAIL FROM:<>", self.tap.said("C"))

    def test_capitals_and_odd_local_parts(self):
        for name in ("BOB", '"bob smith"', "bob+list", "o'bob"):
            with self.subTest(name):
                message = self.message(self.to(name))
                self.sender.submit(message, recipients=[self.to(name).replace(".onion", ".Onion")])
                build.until(f"mail for {name}", lambda m=message: self.receiver.arrived(m), PATIENCE_S)
        self.assertEqual(len(self.verdicts("pass")), 4)

    def test_two_recipients_of_which_one_is_refused(self):
        bob, refused = self.to("bob"), self.to("refused")
        message = self.message(bob, refused)
        self.sender.submit(message)
        self.sender.outcome(bob, "sent")
        line, = self.sender.outcome(refused, "bounced")
        self.assertIn("dsn=5.1.1", line)
        self.assertIn("no such mailbox here", line)
        self.assertEqual(len(self.copies(message)), 1)
        bounce, = self.sender.mailbox(message.mark)
        self.assertIn(f"Final-Recipient: rfc822; {refused}".encode(), bounce)
        self.assertNotIn(f"Final-Recipient: rfc822; {bob}".encode(), bounce)

    def test_many_at_once(self):
        messages = {self.to(f"user{i}"): self.message(self.to(f"user{i}")) for i in range(MAILS)}
        for message in messages.values():
            self.sender.submit(message)
        for recipient in messages:
            self.sender.outcome(recipient, "sent")
        self.sender.empty()
        self.receiver.settle()
        self.assertEqual([len(self.receiver.arrived(message)) for message in messages.values()], [1] * MAILS)
        self.assertEqual(len(self.tap.salts()), MAILS, "stamps that were minted")

    def test_price_that_rises_meanwhile(self):
        """A demand quotes a price, and a stamp that holds the quote is good for it on whatever connection it comes."""
        bob = self.to("bob")

        def rise():
            self.filter.write_conf(self.filter.text.replace("work = 32 ", "work = 320 ") + "\nprice { grace = 0s }\n")
            self.filter.signal(signal.SIGHUP)
            build.until("the reload", lambda: self.filter.lines("reload"))
            self.tap.once("C", b"MAIL FROM:", self.cut)
        self.tap.once("S", DEMAND, rise)
        message = self.message(bob)
        self.sender.submit(message)
        self.delivered_at_last(message, bob)
        passed, = self.verdicts("pass")
        self.assertEqual(passed["work"], "32")
        self.assertEqual(len(self.tap.salts()), 1)
        build.until("the new price", self.dearer)

    def dearer(self):
        """Does who comes later pay the new price? An old one may hold a second longer than the grace period says."""
        self.tap.forget()
        carol = self.to(f"carol{len(self.verdicts('pass'))}")
        return b"policy.work=320" in self.delivered(self.message(carol), carol)

    def test_what_the_stamp_costs(self):
        """In round trips, which are the same on every machine, and for the reader in seconds."""
        figures = {service: [self.once(service, i) for i in range(TRIES)] for service in ("mail", "free")}
        turns = {service: max(once["turns"] for once in all_) for service, all_ in figures.items()}
        median = {service: statistics.median(once["seconds"] for once in all_) for service, all_ in figures.items()}
        trip = statistics.median(once["trip"] for all_ in figures.values() for once in all_)
        extra = median["mail"] - median["free"]
        print(f"\nwith a stamp {turns['mail']} round trips, without {turns['free']}; median of {TRIES}: "
              f"{median['mail']:.3f} s (minting not counted) and {median['free']:.3f} s, "
              f"{extra:+.3f} s = {extra / trip:.1f} round trips of {trip:.3f} s", file=sys.stderr)
        self.assertLessEqual(turns["mail"] - turns["free"], ROUND_TRIPS)

    def once(self, service, number):
        """One mail from submission to mailbox."""
        self.tap.forget()
        self.sender.user.forget()
        recipient = self.to(f"{service}{number}", service)
        message = self.message(recipient)
        began = time.time()
        self.sender.submit(message)
        arrived, = build.until("the mail", lambda: self.receiver.arrived(message), PATIENCE_S)
        self.sender.outcome(recipient, "sent")
        stream, = self.tap.streams
        minting = stream.pause_after(DEMAND)
        self.assertEqual(minting > 0, service == "mail")
        return {"turns": stream.turns(), "seconds": arrived - began - minting,
                "trip": stream.pause_before(rb"\A250[- ].*\r\n250[- ]PIPELINING")}


class Pin(TorCase):
    """The certificate's fingerprint in front of the onion name: TLS, and with this certificate."""

    def setUp(self):
        super().setUp()
        self.filter = self.milter()

    def test_right(self):
        pinned = f"bob@{self.receiver.fingerprint()[:40]}.{self.onion('tls')}"
        message = self.message(pinned)
        self.sender.submit(message)
        self.sender.outcome(pinned, "sent")
        mail, = self.copies(message)
        self.assertRegex(mail, rb"with ESMTPS id")
        self.assertNotIn(b"MAIL FROM", self.tap.said("C"))
        self.assertNotIn(self.receiver.fingerprint()[:40].encode(), re.sub(rb"(?m)^To: .*(\n[ \t].*)*", b"", mail))

    def test_wrong(self):
        """It waits: the server's owner may have a new certificate, and the sender hear of it in time."""
        self.waits(f"bob@{'0' * 40}.{self.onion('tls')}", "4.7.5", "the certificate is not the one")

    def test_no_tls_there(self):
        """A pin is no wish: where there is no TLS there is no mail."""
        self.waits(f"bob@{self.receiver.fingerprint()[:40]}.{self.onion('mail')}", "4.7.4", "TLS")

    def waits(self, recipient, status, words):
        message = self.message(recipient)
        self.sender.submit(message)
        line, = self.sender.outcome(recipient, "deferred")
        self.assertIn(f"dsn={status}", line)
        self.assertIn(words, line)
        self.assertEqual(self.copies(message), [])
        self.assertNotIn(b"MAIL FROM", self.tap.said("C"))


class Domains(TorCase):
    """Ordinary domains: Postfix asks `onionpow map --listen` where their mail goes."""

    def setUp(self):
        super().setUp()
        self.filter = self.milter()
        directory = self.directory(self.way.scratch)
        socket = os.path.join(directory, "map.sock")
        self.table = f"proxy:socketmap:unix:{socket}:transport"
        self.map = os.path.join(directory, "map")
        self.write_map(f"{DOMAIN} {self.onion()}\n")
        self.sender = ends.Sender(socket)
        self.addCleanup(self.sender.stop)
        self.sender.user.configure(self.tap.port, f'map = "{self.map}"\nsrv = no\nown = {{ "example.test" }}')
        os.chown(directory, self.sender.user.user.pw_uid, -1)
        self.server = ends.MapServer(self.sender.user, socket)
        self.addCleanup(self.server.stop)
        self.server.start()
        self.sender.start()

    def write_map(self, text):
        with open(self.map + ".new", "w", encoding="utf-8") as out:
            out.write(text)
        os.rename(self.map + ".new", self.map)

    def submitted(self, *recipients):
        message = self.message(*recipients)
        self.sender.submit(message)
        return message

    def test_what_postfix_hears(self):
        for key, value in ((DOMAIN, "onionpow:"), (f"bob@{DOMAIN}", "onionpow:"), (self.onion(), "onionpow:"),
                           (ELSEWHERE, ""), (f"bob@{ELSEWHERE}", ""), (f"sub.{DOMAIN}", ""), ("example.test", ""),
                           ("*", "")):
            with self.subTest(key):
                done = self.sender.command("postmap", "-q", key, self.table)
                self.assertEqual((done.returncode, done.stdout.strip(), done.stderr), (0 if value else 1, value, ""))

    def test_each_goes_its_way(self):
        """One mail: to a domain of the map, to an onion mailbox, to one of this host, and to the rest of the world."""
        onion = [f"bob@{DOMAIN}", self.to("carol")]
        ordinary = [f"dave@{ELSEWHERE}", "alice@example.test"]
        message = self.submitted(*onion, *ordinary)
        for recipient in onion + ordinary:
            line, = self.sender.outcome(recipient, "sent")
            self.assertEqual("relay=onionpow" in line, recipient in onion, line)
            self.assertEqual(ends.RELAYED in line, recipient == f"dave@{ELSEWHERE}", line)
        self.assertEqual(len(self.copies(message)), 2)
        self.assertEqual(len(self.tap.salts()), 2)
        self.assertNotIn(ELSEWHERE.encode(), re.sub(rb"(?m)^To: .*(\n[ \t].*)*", b"", self.tap.said("C")))

    def test_who_cannot_tell_is_waited_for(self):
        for why, breaks, mends in (
                ("nobody answers", self.server.stop, self.server.start),
                ("a mistake in the map", lambda: self.write_map("a mistake\n"),
                 lambda: self.write_map(f"{DOMAIN} {self.onion()}\n"))):
            with self.subTest(why):
                bob, dave = f"bob@{DOMAIN}", f"dave@{ELSEWHERE}"
                self.sender.forget()
                breaks()
                message = self.submitted(bob, dave)
                for recipient in (bob, dave):
                    self.assertIn("dsn=4.", self.sender.outcome(recipient, "deferred")[-1])
                self.assertEqual(self.sender.lines(bob, "sent") + self.sender.lines(dave, "sent"), [])
                mends()
                self.delivered_at_last(message, bob)


class Bounce(TorCase):
    """Who could not meet a demand gets his mail back, and `onionpow retry` sends it on."""

    def setUp(self):
        super().setUp()
        self.filter = self.milter()
        self.alice = ends.SendingUser(self.directory(self.way.scratch))
        self.alice.configure(self.tap.port)
        self.bob = self.to("bob")
        self.mail = self.message(self.bob)

    def bounce(self, sender):
        sender.submit(self.mail)
        sender.outcome(self.bob, "bounced")
        bounce, = sender.mailbox(self.mail.mark)
        self.assertEqual((self.copies(self.mail), self.tap.salts()), ([], set()))
        return bounce

    def retry(self, bounce):
        return self.alice.run(self.alice.cli, "retry", f"--config={self.alice.conf}", "--yes", octets=bounce)

    def sent_on_once(self, bounce):
        done = self.retry(bounce)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout.decode(), f"^{re.escape(self.bob)}\tsent\t2")
        mail, = self.copies(self.mail)
        self.assertIn(b"x-onion-pow=pass", mail)
        self.assertEqual(len(self.tap.salts()), 1)
        self.assertNotIn(b"554", self.tap.said("S"))
        with self.subTest("the same bounce again"):
            done = self.retry(bounce)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{self.bob}\tbefore\t".encode(), done.stdout)
            self.assertEqual(len(self.copies(self.mail)), 1)

    def test_from_a_server_that_knows_nothing_of_stamps(self):
        """Postfix's own SMTP, by a port that somebody has led to the onion."""
        forward = ends.Forward(self.network.client.socks, self.onion())
        self.addCleanup(forward.close)
        sender = ends.Outbox(f"default_transport = smtp:[127.0.0.1]:{forward.port}\n")
        self.addCleanup(sender.stop)
        sender.start()
        self.sent_on_once(self.bounce(sender))

    def test_from_deliver_whose_limits_are_lower(self):
        self.sender.user.configure(self.tap.port, 'refuse = { "argon2id-16m", "sha256" }')
        bounce = self.bounce(self.sender)
        self.tap.forget()  # what deliver heard
        self.sent_on_once(bounce)

    def test_forged(self):
        """By somebody who wants the message for himself."""
        self.sender.user.configure(self.tap.port, 'refuse = { "argon2id-16m", "sha256" }')
        bounce = self.bounce(self.sender)
        self.tap.forget()
        report, returned = re.split(rb"(?=Content-Description: Undelivered Message)", bounce)
        for name, forged in (("for eve", report.replace(b"bob@", b"eve@") + returned),
                             ("by mallory", report + returned.replace(b"<alice@", b"<mallory@"))):
            with self.subTest(name):
                done = self.retry(forged)
                self.assertEqual(done.returncode, os.EX_DATAERR, done.stderr)
                self.assertIn(b"forged", done.stderr)
        self.assertEqual(self.tap.streams, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
