#!/usr/bin/python3
"""A submission listener with mode = mint: mail to onions leaves with the stamps that a guarded server takes."""
import unittest

from case import ONION, Case, milters

import stamps
from message import Message, headers
from postfix import Postfix
from smtp import Smtp

ALICE = "alice@home.test"
BOB, ANN = "bob@abcdef.onion", "ann@abcdef.onion"
EVE = "eve@example.test"  # of the same server, and not on the list
OUT = 'listener "out" { match-daemon = { "SUBMISSION" } mode = mint }'


class Minting(Case):
    """`postfix` is the receiver, guarded by a milter of its own; `home` the sender, which hands all mail to it."""

    main = "virtual_mailbox_domains = example.test, abcdef.onion"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.way_out = cls.socket + ".out"
        cls.home = Postfix({"submission": milters(cls.way_out, "SUBMISSION")}, f"""
virtual_mailbox_domains = home.test
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{cls.postfix.port["onion"]}
""")
        cls.addClassCleanup(cls.home.stop)
        cls.home.start()

    def setUp(self):
        self.guard = self.milter(ONION)

    def filter_out(self, mint="", **options):
        return self.run_daemon(self.directory(self.scratch), listeners=OUT, at=self.way_out,
                               extra=f"mint {{ {mint} }}", **options)

    def submit(self, recipients, message):
        with Smtp(self.home.port["submission"]) as client:
            return client.send(recipients, message, sender=ALICE)

    def sent(self, recipients, message):
        """Submits; returns the copies that have come through, and the bounces."""
        reply = self.submit(recipients, message)
        self.assertEqual(reply.code, 250, reply)
        self.home.settle()
        return self.postfix.mailbox(message.mark), self.home.mailbox(message.mark)

    def stamps_in(self, mail):
        return [value for name, value in headers(mail) if name.lower() == stamps.FIELD.lower()]

    def test_one(self):
        daemon = self.filter_out()
        (mail,), bounces = self.sent([BOB], Message())
        self.assertEqual(bounces, [])
        self.assertEqual(len(self.stamps_in(mail)), 1)
        self.assertIn(b"x-onion-pow=pass", mail)
        self.assertTrue(daemon.lines("reason=minted"), daemon.log())
        self.assertTrue(self.guard.lines("verdict=pass listener=onion rcpts=1 suite=argon2id-16m work=32 price=32"))

    def test_several_of_one_message(self):
        self.filter_out()
        mails, bounces = self.sent([BOB, ANN], Message())
        self.assertEqual((len(mails), bounces), (2, []))
        self.assertEqual([len(self.stamps_in(mail)) for mail in mails], [2, 2])

    def test_elsewhere_gets_none(self):
        """And so is turned away by a server that wants some."""
        self.filter_out()
        mails, bounces = self.sent([EVE], Message())
        self.assertEqual(mails, [])
        self.assertEqual(len(bounces), 1)
        self.assertIn(b"onionpow:1:argon2id-16m/1", bounces[0])

    def test_stamped_already(self):
        self.filter_out()
        value = stamps.mint(BOB)
        (mail,), _ = self.sent([BOB], Message([value]))
        self.assertEqual([stamps.tags(text) for text in self.stamps_in(mail)], [stamps.tags(value)])

    def test_a_price_that_was_not_known(self):
        """The way of the second best: what a server wants more than we thought comes back, with the demand."""
        self.guard.stop()
        self.milter(ONION.replace("mode", "price-factor = 2 mode"))
        self.filter_out()
        mails, bounces = self.sent([BOB], Message())
        self.assertEqual(mails, [])
        self.assertIn(b"onionpow:1:argon2id-16m/2", bounces[0])

    def test_no_time(self):
        dear = 'suite "argon2id-16m" { work = 2147483648 }'
        with self.subTest("tempfail"):
            daemon = self.filter_out("time = 3s late = tempfail", suites=dear)
            message = Message()
            reply = self.submit([BOB], message)
            self.assertEqual(reply.code, 451, reply)
            self.assertIn("proof of work", reply.text)
            self.assertEqual(self.home.queued(), [])
            daemon.stop()
        with self.subTest("send"):
            self.filter_out("time = 3s", suites=dear)
            mails, bounces = self.sent([BOB], message)
            self.assertEqual((mails, len(bounces)), ([], 1))

    def test_filter_away(self):
        message = Message()
        self.assertEqual(self.submit([BOB], message).code, 451)
        self.assertEqual(self.home.queued(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
