#!/usr/bin/python3
"""The gateway of etc/postfix/gateway: mail from Tor to elsewhere at a full stamp each, and nothing without the filter."""
import re
import unittest

from case import Case, milters, paid, snippet
from postfix import Postfix

import build
import stamps
from message import Message, headers
from port import free_port
from smtp import Smtp

BOB = "bob@example.test"  # of the gateway's own
EVE, DAVE = "eve@elsewhere.test", "dave@elsewhere.test"
CIRCUIT = "PROXY TCP6 fc00:dead:beef:4dad::0:44 ::1 68 25\r\n"


class Gateway(Case):
    """`server` is the world outside; the gateway hands to it whatever is not its own."""

    main = "virtual_mailbox_domains = elsewhere.test"

    @classmethod
    def listeners(cls, socket):
        return {"in": []}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gateway = cls.instance(snippet("postfix", "gateway", "master.cf"))

    @classmethod
    def instance(cls, text):
        """A gateway from the recipe, with nothing but the socket's path and the port replaced."""
        text = text.replace("/run/onionpow/milter.sock", cls.socket).replace("10026", str(free_port()))
        gateway = Postfix({}, snippet("postfix", "main.cf") + f"""
virtual_mailbox_domains = example.test
relayhost = [127.0.0.1]:{cls.postfix.port["in"]}
""", text)
        cls.addClassCleanup(gateway.stop)
        return gateway.start()

    def setUp(self):
        self.daemon = self.milter(LISTENER)

    def hand_in(self, recipients, message, gateway=None, **options):
        where = (gateway or self.gateway).path("queue", "public", "gateway")
        with Smtp(where, prefix=options.pop("prefix", CIRCUIT)) as client:
            return client.send(recipients, message, **options)

    def relayed(self, recipients, message, **options):
        reply = self.hand_in(recipients, message, **options)
        self.assertEqual(reply.code, 250, reply)
        self.gateway.settle()
        copies = self.postfix.mailbox(message.mark)
        self.assertEqual(len(copies), sum(name.endswith("@elsewhere.test") for name in recipients))
        return copies

    def kept_in(self, code, recipients, message, **options):
        reply = self.hand_in(recipients, message, **options)
        self.assertEqual(reply.code, code, reply)
        self.gateway.settle()
        self.assertEqual(self.postfix.mailbox(message.mark), [], "refused, and relayed all the same")
        return reply


class Payment(Gateway):
    def test_unpaid(self):
        reply = self.kept_in(554, [EVE], Message())
        self.assertIn("onionpow:1:", reply.text)
        self.assertIn(EVE, reply.text)

    def test_paid(self):
        mail, = self.relayed([EVE], paid(EVE))
        self.assertIn(b"x-onion-pow=pass", mail)

    def test_demand_met(self):
        message = Message()
        reply = self.kept_in(554, [EVE], message)
        self.relayed([EVE], message.again([stamps.mint(EVE, offer=reply.text)]))

    def test_weak(self):
        self.kept_in(554, [EVE], paid(EVE, work=stamps.SHA_WORK // 2))

    def test_each_recipient_pays(self):
        reply = self.kept_in(554, [EVE, DAVE], paid(EVE))
        self.assertIn(DAVE, reply.text)
        self.relayed([EVE, DAVE], paid(EVE, DAVE))

    def test_inside_and_outside(self):
        message = paid(EVE, BOB)
        self.relayed([EVE, BOB], message)
        self.assertEqual(len(self.gateway.mailbox(message.mark)), 1)
        self.kept_in(554, [EVE, BOB], paid(BOB))

    def test_replayed(self):
        message = paid(EVE)
        self.relayed([EVE], message)
        reply = self.hand_in([EVE], Message(message.stamps))
        self.assertEqual(reply.code, 554)

    def test_other_ways_in_stay_closed(self):
        with self.subTest("no circuit"):
            self.kept_in(554, [EVE], paid(EVE), prefix="PROXY TCP4 127.0.0.1 127.0.0.1 4711 25\r\n")
        with self.subTest("no PROXY line"), Smtp(self.gateway.path("queue", "public", "gateway")) as client:
            self.assertEqual(client.greeting.code, 421)

    def test_a_mark_of_the_senders_own_opens_nothing(self):
        message = Message()
        message.headers.insert(0, ("Authentication-Results", "mx.test; x-onion-pow=pass policy.work=1"))
        self.kept_in(554, [EVE], message)


class Privileges(Gateway):
    """What makes mail free or cheap elsewhere does not so for recipients elsewhere."""

    def test_exemptions(self):
        listener = LISTENER.replace("gateway      = yes", """gateway = yes
            exempt { client = { "fc00:dead:beef:4dad::/64" } sender = { "alice@sender.test" } role-factor = 0
                     null-sender-factor = 0 }""")
        self.daemon.stop()
        self.milter(listener)
        for recipient in (EVE, "postmaster@elsewhere.test"):
            for sender in ("alice@sender.test", ""):
                with self.subTest(recipient=recipient, sender=sender):
                    reply = self.kept_in(554, [recipient], Message(), sender=sender)
                    self.assertIn("onionpow:1:", reply.text)
        with self.subTest("beside a recipient of our own that is exempt"):
            self.kept_in(554, [BOB, EVE], Message())
            self.relayed([BOB, EVE], paid(EVE))

    def test_answers(self):
        """Bob has written to Eve; what she answers goes to Bob for nothing, and nowhere else."""
        self.daemon.stop()
        self.milter(LISTENER + '''listener "out" { match-daemon = { "OUT" } mode = sign }
                                  listener "onion" { match-daemon = { "ONION" } mode = enforce }''')
        with Smtp(self.bobs.port["out"]) as client:
            message = Message(sender=BOB)
            self.assertEqual(client.send([EVE], message, sender=BOB).code, 250)
        self.bobs.settle()
        mail, = self.postfix.mailbox(message.mark)
        fields = dict(headers(mail))
        answer = lambda: Message(headers=Message().headers + [("In-Reply-To", fields["Message-ID"]), (
            "References", fields.get("References", "") + " " + fields["Message-ID"])])
        with Smtp(self.bobs.port["onion"]) as client:
            self.assertEqual(client.send([BOB], answer(), sender=EVE).code, 250)
        self.kept_in(554, [DAVE], answer(), sender=EVE)
        self.kept_in(554, [BOB, DAVE], answer(), sender=EVE)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bobs = Postfix({"out": milters(cls.socket, "OUT"), "onion": milters(cls.socket)}, f"""
virtual_mailbox_domains = example.test
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [127.0.0.1]:{cls.postfix.port["in"]}
""")
        cls.addClassCleanup(cls.bobs.stop)
        cls.bobs.start()


class FilterAway(Gateway):
    def test_stopped(self):
        self.daemon.stop()
        self.kept_in(451, [EVE], paid(EVE))

    def test_frozen_and_killed_with_the_message_in_hand(self):
        message = paid(EVE)
        with Smtp(self.gateway.path("queue", "public", "gateway"), prefix=CIRCUIT) as client:
            self.assertIsNone(client.envelope([EVE]))
            self.daemon.freeze()
            self.assertIsNone(client.content(message))
            self.daemon.kill()
            self.assertEqual(client.reply().code, 451)
        self.gateway.settle()
        self.assertEqual(self.postfix.mailbox(message.mark), [])

    def test_killed_between_commands(self):
        message = paid(EVE)
        with Smtp(self.gateway.path("queue", "public", "gateway"), prefix=CIRCUIT) as client:
            self.assertIsNone(client.envelope([EVE]))
            self.daemon.kill()
            reply = client.content(message) or client.reply()
            self.assertEqual(reply.code, 451)
        self.gateway.settle()
        self.assertEqual(self.postfix.mailbox(message.mark), [])


class SecondLock(Gateway):
    """The first lock broken on purpose: nothing goes out for all that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        recipe = snippet("postfix", "gateway", "master.cf")
        cls.accepting = cls.instance(recipe.replace("default_action=tempfail }", "default_action=accept }"))
        cls.without = cls.instance(re.sub(r"  -o { smtpd_milters = { unix.*\n", "", recipe))

    def stuck(self, gateway, message, **options):
        self.assertEqual(self.hand_in([EVE], message, gateway, **options).code, 250)
        build.until("the message to be put off", lambda: "has not seen this message" in reasons(gateway))
        self.assertEqual(self.postfix.mailbox(message.mark), [])
        self.assertEqual(gateway.command("postsuper", "-d", "ALL").returncode, 0)

    def forged(self):
        message = paid(EVE)
        message.headers.insert(0, ("Authentication-Results", "mx.test; x-onion-pow=pass policy.work=1"))
        return message

    def test_without_the_second_lock_all_goes_out(self):
        """So that the others show something."""
        self.daemon.stop()
        open_wide = self.instance(re.sub(r"  -o { content_filter = .*\n", "", snippet("postfix", "gateway", "master.cf"))
                                  .replace("default_action=tempfail }", "default_action=accept }"))
        message = Message()
        self.assertEqual(self.hand_in([EVE], message, open_wide).code, 250)
        open_wide.settle()
        self.assertEqual(len(self.postfix.mailbox(message.mark)), 1)

    def test_accept_with_the_filter_away(self):
        self.daemon.stop()
        for message in (paid(EVE), self.forged()):
            self.stuck(self.accepting, message)

    def test_accept_with_the_filter_there(self):
        message = paid(EVE)
        self.assertEqual(self.hand_in([EVE], message, self.accepting).code, 250)
        self.accepting.settle()
        self.assertEqual(len(self.postfix.mailbox(message.mark)), 1)

    def test_without_a_filter(self):
        for message in (paid(EVE), self.forged()):
            self.stuck(self.without, message)

    def test_filter_that_takes_everything(self):
        """A listener that is turned off, or only watches."""
        for mode in ("off", "monitor"):
            with self.subTest(mode):
                self.daemon.stop()
                self.daemon = self.milter(
                    f'listener "gateway" {{ match-daemon = {{ "GATEWAY" }} mode = {mode} relay-guard = no }}')
                self.stuck(self.gateway, Message())


def reasons(gateway):
    return gateway.command("postqueue", "-j").stdout


LISTENER = snippet("postfix", "gateway", "onionpow.conf")

if __name__ == "__main__":
    unittest.main(verbosity=2)
