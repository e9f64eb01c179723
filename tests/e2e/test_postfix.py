#!/usr/bin/python3
"""The main job on a real Postfix: a stamp is demanded, minted, verified, spent; and what is refused stays out."""
import re
import unittest

from case import Case, milters, paid
from postfix import Postfix

import stamps
from message import Message, headers
from smtp import Smtp

BOB = "bob@example.test"
NAMES = ["one@example.test", "two@example.test", "three@other.test"]


class Aliases(Case):
    """Postfix names the mailer "error" for all addresses of virtual_alias_domains; they are delivered all the same."""

    main = "virtual_alias_domains = alias.test\nvirtual_alias_maps = inline:{{info@alias.test=bob@example.test}}"

    def test(self):
        self.milter()
        self.refused(554, ["5.7.1", "onionpow:1:", "info@alias.test"], ["info@alias.test"], Message())
        self.accepted(["info@alias.test"], paid("info@alias.test"))


class Verdicts(Case):
    def setUp(self):
        self.daemon = self.milter()

    def test_missing(self):
        self.refused(554, ["5.7.1", "onionpow:1:argon2id-16m/1", BOB], [BOB], Message())

    def test_demand_met(self):
        """Refusal, `onionpow mint --offer` with its very text, acceptance."""
        message = Message()
        reply = self.refused(554, "onionpow:1:", [BOB], message)
        mail, = self.accepted([BOB], message.again([stamps.mint(BOB, offer=reply.text)]))
        self.assertIn(("Authentication-Results", "mx.test; x-onion-pow=pass policy.suite=argon2id-16m "
                       "policy.work=32"), headers(mail))

    def test_valid(self):
        for suite in ("sha256", "argon2id-16m"):
            with self.subTest(suite):
                mail, = self.accepted([BOB], paid(BOB, suite=suite))
                results = [value for name, value in headers(mail) if name == "Authentication-Results"]
                self.assertEqual(len(results), 1)
                self.assertIn(f"x-onion-pow=pass policy.suite={suite}", results[0])

    def test_forged_result_does_not_get_in(self):
        message = paid(BOB)
        message.headers.insert(0, ("Authentication-Results", "MX.test (really);\n\tx-onion-pow=pass policy.work=1"))
        message.headers.insert(0, ("Authentication-Results", "other.test; spf=pass"))
        mail, = self.accepted([BOB], message)
        self.assertEqual([value for name, value in headers(mail) if name == "Authentication-Results"],
                         ["mx.test; x-onion-pow=pass policy.suite=sha256 policy.work=4096", "other.test; spf=pass"])

    def test_weak(self):
        self.refused(554, ["5.7.1", "onionpow:1:"], [BOB], paid(BOB, work=stamps.SHA_WORK // 2))

    def test_expired(self):
        self.refused(554, ["5.7.1", "onionpow:1:"], [BOB], paid(BOB, date=stamps.day(-9)))

    def test_future(self):
        self.refused(554, ["5.7.1", "onionpow:1:"], [BOB], paid(BOB, date=stamps.day(3)))

    def test_wrong_recipient(self):
        self.refused(554, ["5.7.1", "onionpow:1:"], [BOB], paid("eve@example.test"))

    def test_tampered(self):
        good = stamps.mint(BOB)
        salt = stamps.tags(good)["s"]
        for label, value in (("nonces", stamps.broken_proof(good)), ("effort", stamps.bend(good, d="512")),
                             ("salt", stamps.bend(good, s="A" * 21 + "A" if salt[0] != "A" else "Q" * 22)),
                             ("day", stamps.bend(stamps.mint(BOB, date=stamps.day(-9)), t=stamps.day()))):
            with self.subTest(label):
                self.refused(554, "5.7.1", [BOB], Message([value]))
        with self.subTest("seal"):
            broken = stamps.bend(stamps.mint(BOB, suite="argon2id-16m"), g="AAAAAAAAAAA")
            self.refused(554, "5.7.1", [BOB], Message([broken]))

    def test_malformed(self):
        self.refused(554, "5.6.0", [BOB], Message(["v=1; a=sha256; d=10"]))

    def test_replayed(self):
        first = paid(BOB)
        self.accepted([BOB], first)
        self.refused(554, "5.7.1", [BOB], Message(first.stamps))

    def test_same_message_twice(self):
        message = paid(BOB)
        self.accepted([BOB], message)
        self.accepted([BOB], message)
        self.assertEqual(len(self.postfix.mailbox(message.mark)), 2)

    def test_partly_paid(self):
        values = stamps.fields(*NAMES)
        message = Message(values[:2])
        reply = self.refused(554, ["5.7.1", NAMES[2]], NAMES, message)
        self.assertNotIn(NAMES[0], reply.text)
        with self.subTest("nothing was spent: even another message may use the stamps"):
            self.accepted(NAMES[:1], Message(values[:1]))
        with self.subTest("a retry with all paid passes"):
            values[0] = stamps.mint(NAMES[0])
            self.accepted(NAMES, message.again(values))

    def test_bcc_is_paid_and_not_revealed(self):
        secret = "hidden-name@other.test"
        message = Message(stamps.fields(BOB, secret))
        message.headers[1] = ("To", BOB)
        with self.subTest("unpaid Bcc refuses the message"):
            self.refused(554, "5.7.1", [BOB, secret], message.again(message.stamps[:1]))
        mails = self.accepted([BOB, secret], message)
        copies = {dict(headers(mail))["Delivered-To"]: mail for mail in mails}
        self.assertEqual(set(copies), {BOB, secret})
        self.assertNotIn(b"hidden-name", copies[BOB])
        self.assertEqual(copies[BOB].count(b"X-Onion-PoW:"), 2)

    def test_two_hundred_stamps(self):
        names = [f"u{i}@example.test" for i in range(200)]
        values = stamps.fields(*names)
        self.refused(554, ["5.7.1", names[-1]], names, Message(values[:-1]))
        self.accepted(names, Message(values))

    def test_one_stamp_too_many(self):
        self.refused(554, "200", [BOB], Message(["v=1"] * 200 + [stamps.mint(BOB)]))

    def test_internationalized(self):
        name = "пётр@пример.test"
        options = {"parameters": " SMTPUTF8"}
        self.refused(554, "onionpow:1:", [name], Message(), **options)
        self.accepted([name], paid(name), **options)
        with self.subTest("a stamp for the A-label is a stamp for the U-label"):
            self.accepted([name], paid("пётр@xn--e1afmkfd.test"), **options)
            self.accepted(["ivan@xn--e1afmkfd.test"], paid("ivan@ПРИМЕР.test"))
        with self.subTest("another local part is another recipient"):
            self.refused(554, "5.7.1", [name], paid("петр@пример.test"), **options)

    def test_null_sender(self):
        self.refused(554, "onionpow:1:", [BOB], Message(), sender="")
        mail, = self.accepted([BOB], paid(BOB), sender="")
        self.assertIn(("Return-Path", "<>"), headers(mail))

    def test_case_and_quoting_of_the_recipient(self):
        self.accepted(["BOB@Example.Test"], paid(BOB))
        self.accepted(['"bob"@example.test'], paid(BOB))

    def test_pipelined_messages_on_one_connection(self):
        good, bare = paid(BOB), Message()
        with Smtp(self.postfix.port["onion"]) as client:
            self.assertEqual(client.send([BOB], bare).code, 554)
            self.assertEqual(client.send([BOB], good).code, 250)
            self.assertEqual(client.send([BOB], bare).code, 554)
        self.assertEqual(len(self.postfix.mailbox(good.mark)), 1)
        self.assertEqual(self.postfix.mailbox(bare.mark), [])

    def test_long_body(self):
        message = paid(BOB)
        message.body += "a line of seventy-two characters, give or take some, to make up a megabyte\r\n" * 14000
        mail, = self.accepted([BOB], message)
        self.assertGreater(len(mail), 1 << 20)

    def test_unguarded_listener(self):
        self.accepted([BOB], Message(), listener="clear")

    def test_daemon_named_nowhere(self):
        """Where there are listeners, a client of none of them is let go; where there are none, all are guarded."""
        self.accepted([BOB], Message(), listener="other")
        self.daemon.stop()
        self.milter(listeners="")
        self.refused(554, "onionpow:1:", [BOB], Message(), listener="other")

    @classmethod
    def listeners(cls, socket):
        return super().listeners(socket) | {"other": milters(socket, "OTHER")}

    main = "virtual_mailbox_domains = example.test, other.test, xn--e1afmkfd.test, пример.test"


class Modes(Case):
    def test_monitor(self):
        self.milter('listener "onion" { match-daemon = { "ONION" } mode = monitor }')
        for message, result in ((Message(), "none"), (paid(BOB), "pass"), (paid("eve@example.test"), "fail")):
            with self.subTest(result):
                mail, = self.accepted([BOB], message)
                self.assertTrue(dict(headers(mail))["Authentication-Results"].startswith(
                    f"mx.test; x-onion-pow={result}"), mail)

    def test_off(self):
        self.milter('listener "onion" { match-daemon = { "ONION" } mode = off }')
        mail, = self.accepted([BOB], Message())
        self.assertNotIn(b"x-onion-pow", mail)


class OnTheWay(Case):
    """Another mail server hands the message on and folds its header where it likes."""

    LIMIT = 200  # where it breaks lines: inside the list of nonces

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.relay = Postfix({"in": []}, f"""
virtual_mailbox_domains = other.test
relay_domains = example.test
relay_transport = relay:[127.0.0.1]:{cls.postfix.port["onion"]}
smtp_line_length_limit = {cls.LIMIT}
""")
        cls.addClassCleanup(cls.relay.stop)
        cls.relay.start()

    def test_folded_in_the_middle_of_a_word(self):
        self.milter()
        value = stamps.unfold(stamps.mint(BOB, suite="argon2id-16m"))
        message = Message([value])
        with Smtp(self.relay.port["in"]) as client:
            self.assertEqual(client.send([BOB], message).code, 250)
        self.relay.settle()
        mail, = self.postfix.mailbox(message.mark)
        field = re.search(rb"^X-Onion-PoW: .*(\n[ \t].*)*", mail, re.M)[0]
        self.assertRegex(field, rb"n=[\w-]+\n[ \t]+[\w-]+")

    def test_refusal_comes_back_to_the_sender(self):
        self.milter()
        message = Message()
        with Smtp(self.relay.port["in"]) as client:
            self.assertEqual(client.send([BOB], message, sender="alice@other.test").code, 250)
        bounce, = [mail for mail in self.relay.mailbox(message.mark) if b"Diagnostic-Code" in mail]
        self.assertIn(b"onionpow:1:argon2id-16m/1", bounce)
        self.assertEqual(self.postfix.mailbox(message.mark), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
