#!/usr/bin/python3
"""What fails between a sender and an onion mailbox: mail waits and arrives once, and no work is done twice."""
import re
import unittest

from tap import SALT
from torcase import TorCase, set_up_module

DEMAND = rb"(?m)^554[- ]5\.7\.1 .*onionpow:1:"
NOBODY = "pz2acjzhls6ydveidqizeydnntngkcokuaitmv4gkw4okycdullol3yd.onion"
STAMPED = rb"\nX-Onion-PoW: "


def setUpModule():
    set_up_module()


class Faults(TorCase):
    def setUp(self):
        super().setUp()
        self.filter = self.milter()
        # Tor goes on for two minutes where a service does not answer, and does not always tell that one has gone.
        self.sender.user.configure(self.tap.port, "connect-wait = 10s\nreply-wait = 60s")
        self.name = self._testMethodName.removeprefix("test_").replace("_", "-")
        self.recipient = self.to(self.name)

    def deferred(self, message):
        """Submits it, and sees it stay in the queue; returns the reason."""
        self.sender.submit(message)
        line = self.sender.outcome(self.recipient, "deferred")[-1]
        self.assertRegex(line, r"dsn=4\.\d\.\d")
        self.assertEqual(self.receiver.arrived(message), [])
        return line

    def service_returns(self):
        """The client forgets what it knows of services, as it would in time."""
        self.network.host.stop()
        self.network.start_host()
        with self.network.client.control() as control:
            control.command("SIGNAL NEWNYM")

    def salt(self):
        """That of the one stamp that was minted until now."""
        salt, = self.tap.salts()
        return salt

    def test_service_is_down(self):
        """It goes while the sender mints; the stamp waits with the mail, and is good when the service is back."""
        self.tap.once("S", DEMAND, self.network.host.stop)
        message = self.message(self.recipient)
        try:
            self.deferred(message)
        finally:
            self.service_returns()
        kept = self.sender.user.salts()
        self.assertEqual(len(kept), 1, "stamps that wait for their mail")
        mail = self.delivered_at_last(message, self.recipient)
        self.assertEqual(set(re.findall(SALT, mail)), kept)
        self.assertEqual(self.tap.salts(), kept)
        self.assertEqual(self.tap.said("S").count(b"554-5.7.1 onionpow:1:"), 1, "demands that were heard")
        self.assertEqual(self.sender.user.salts(), set(), "a stamp that is spent waits no more")

    def test_service_was_never_up(self):
        self.network.host.stop()
        message = self.message(self.recipient)
        try:
            self.deferred(message)
        finally:
            self.service_returns()
        self.delivered_at_last(message, self.recipient)

    def test_tor_is_down(self):
        self.sender.user.configure(self.network.client.socks)
        self.network.client.stop()
        message = self.message(self.recipient)
        try:
            reason = self.deferred(message)
        finally:
            self.network.client.start()
            self.network.client.wait_bootstrapped(100)
        self.assertIn(str(self.network.client.socks), reason, "the reason says where Tor should be")
        self.delivered_at_last(message, self.recipient)

    def test_no_such_service(self):
        """A name that nobody has announced: its checksum is right, there is just nothing behind it."""
        self.recipient = f"bob@{NOBODY}"
        message = self.message(self.recipient)
        self.deferred(message)

    def test_circuit_is_cut_in_the_message(self):
        """While the stamped message is on its way: nothing was taken, so it is sent again, with the same stamp."""
        message = self.message(self.recipient)
        message.body = ("x" * 70 + "\r\n") * 8192 + message.body
        self.tap.once("C", STAMPED, self.cut)
        self.sender.submit(message)
        mail = self.delivered_at_last(message, self.recipient)
        self.assertEqual(re.findall(SALT, mail), [self.salt()])

    def test_circuit_is_cut_before_the_final_reply(self):
        """The receiver has the mail, the sender has not heard of it: it comes again with the same stamp, and the
        filter knows it for the same mail."""
        message = self.message(self.recipient)
        self.tap.once("S", rb"\A250 2\.0\.0 Ok: queued", self.cut_and_drop)
        self.sender.submit(message)
        self.sender.outcome(self.recipient, "deferred")
        self.sender.retry()
        self.sender.outcome(self.recipient, "sent")
        self.salt()
        self.assertEqual(len(self.copies(message)), 2, "SMTP can do no better: RFC 1047")

    def cut_and_drop(self):
        self.cut()
        self.tap.drop()

    def test_filter_is_down(self):
        self.filter.stop()
        message = self.message(self.recipient)
        self.assertIn("451", self.deferred(message))
        self.filter = self.milter()
        self.delivered_at_last(message, self.recipient)


if __name__ == "__main__":
    unittest.main(verbosity=2)
