#!/usr/bin/python3
"""A host that takes mail for an onion service and sends to others: the receiver's and the sender's
recipe in one Postfix, so that each domain goes its own way."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tor"))
import postfix
from case import paid, snippet
from ends import MapServer, Sender

from daemoncase import DaemonCase
from message import Message
from port import free_port
from smtp import Smtp
from socks import onion

CIRCUIT = "PROXY TCP6 fc00:dead:beef:4dad::0:44 ::1 68 25\r\n"
LISTENER = 'listener "onion" { match-daemon = { "ONION" } mode = enforce relay-guard = yes }'
OWN, OTHER = onion("own"), onion("other")
BOB, CAROL = f"bob@{OWN}", f"carol@{OTHER}"


@unittest.skipIf(postfix.usable(), postfix.usable())
class Both(DaemonCase):
    def setUp(self):
        self.at = self.directory()
        socket = os.path.join(self.at, "milter.sock")
        self.run_daemon(self.directory(self.at), listeners=LISTENER, at=socket)
        self.recipe = {
            "main": snippet("postfix", "main.cf") + f"virtual_mailbox_domains = {OWN}\n",
            "master": snippet("postfix", "master.cf.unix").replace(
                "/run/onionpow/milter.sock", socket)}

    def host(self, more="", **options):
        host = Sender(**options, **self.recipe)
        self.addCleanup(host.stop)
        host.user.configure(free_port(), more)  # where no Tor is: what it sends waits
        return host.start()

    def exercise(self, host):
        self.take_in(host)
        self.send_on(host)

    def take_in(self, host):
        bare, good = Message(), paid(BOB)
        with Smtp(host.path("queue", "public", "onion"), prefix=CIRCUIT) as client:
            self.assertIn("onionpow:1:", client.send([BOB], bare).text)
            self.assertEqual(client.send([BOB], good).code, 250)
            self.assertEqual(client.envelope([CAROL]).code, 554)
        mail, = host.mailbox(good.mark)
        self.assertIn(b"x-onion-pow=pass", mail)
        self.assertEqual(host.mailbox(bare.mark), [])

    def send_on(self, host):
        """What local users write: to their neighbour, and to a mailbox elsewhere."""
        message = Message(sender="alice@example.test")
        host.submit(message, recipients=[BOB, CAROL])
        self.assertIn("relay=virtual", host.outcome(BOB, "sent")[-1])
        self.assertIn("relay=onionpow", host.outcome(CAROL, "deferred")[-1])

    def test_by_name(self):
        self.exercise(self.host(own=OWN))

    def test_by_map(self):
        socket = os.path.join(self.at, "map.sock")
        host = self.host(f'srv = no\nown = {{ "{OWN}" }}', map_socket=socket)
        os.chown(self.at, host.user.user.pw_uid, -1)
        server = MapServer(host.user, socket)
        self.addCleanup(server.stop)
        server.start()
        self.exercise(host)

    def test_without_a_name_it_refuses_its_own_mail(self):
        """So the line is needed."""
        host = self.host()
        with Smtp(host.path("queue", "public", "onion"), prefix=CIRCUIT) as client:
            self.assertIn("relaying is not offered here", client.envelope([BOB]).text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
