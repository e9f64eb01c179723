"""What the tests over Tor share: one network for a program, and on it a receiver, a sender, and a tap between."""
import os
import shutil
import tempfile
import time
import unittest

import ends
import tornet

import build
import postfix
from daemoncase import DaemonCase
from message import Message
from tap import Tap

DOMAIN = "friend.test"  # whose mail the receiver takes besides

LISTENERS = """
listener "free" { match-daemon = { "FREE" } mode = off }
listener "onion" { match-client = { "fc00:dead:beef:4dad::/64" } mode = enforce relay-guard = yes }
"""


def usable():
    return postfix.usable() or tornet.usable() or ends.usable()


class Way:
    """All that a mail passes. One for all the tests of a program: it takes half a minute to build."""

    def __init__(self, say=lambda text: None):
        self.scratch = tempfile.mkdtemp(prefix="onionpow-way-")
        os.chmod(self.scratch, 0o755)
        self.socket = os.path.join(self.scratch, "milter.sock")
        self.receiver = ends.Receiver(self.socket)
        self.network = tornet.Network(
            {name: self.receiver.service(name) for name in ends.Receiver.NAMES}, say)
        self.sender = ends.Sender()
        self.say = say
        self.tap = None

    def build(self):
        self.network.up()
        self.say("two Postfix, one at each end")
        self.receiver.serve([*self.network.onion.values(), DOMAIN])
        self.tap = Tap(self.network.client.socks)
        self.sender.start()
        return self

    def close(self):
        if self.tap:
            self.tap.close()
        self.sender.stop()
        self.receiver.stop()
        self.network.stop()
        shutil.rmtree(self.scratch, ignore_errors=True)


def set_up_module():
    """A test program calls this from its setUpModule()."""
    if usable():
        raise unittest.SkipTest(usable())
    TorCase.way = Way()
    unittest.addModuleCleanup(TorCase.way.close)
    TorCase.way.build()


class TorCase(DaemonCase):
    way = None

    def setUp(self):
        self.network, self.receiver, self.tap = self.way.network, self.way.receiver, self.way.tap
        self.sender = self.way.sender
        self.tap.forget()
        self.sender.forget()
        self.sender.user.configure(self.tap.port)

    def milter(self, **options):
        return self.run_daemon(self.directory(self.way.scratch), listeners=LISTENERS, at=self.way.socket, **options)

    def onion(self, service="mail"):
        return self.network.onion[service]

    def to(self, name, service="mail"):
        return f"{name}@{self.onion(service)}"

    def message(self, *recipients):
        message = Message(sender="alice@example.test")
        message.headers[1] = ("To", ", ".join(recipients))
        return message

    def copies(self, message):
        """What has arrived of it, once the receiver has nothing more to do."""
        return self.receiver.mailbox(message.mark)

    def cut(self):
        """Closes the circuits that lead to the services, under everyone's feet. At both ends: now and then Tor does
        not tell the one that the other has gone, and it would wait for its next reply until its patience ends.
        """
        for node, purpose in ((self.network.host, "HS_SERVICE_REND"), (self.network.client, "HS_CLIENT_REND")):
            with node.control() as control:
                for circuit in control.circuits(purpose):
                    control.command(f"CLOSECIRCUIT {circuit}", ("250", "552"))  # 552: it has gone by itself

    def delivered_at_last(self, message, recipient):
        """Runs the sender's queue until the message has arrived; returns the one copy."""
        def gone():
            if self.sender.lines(recipient, "sent"):
                return True
            self.sender.retry()
            time.sleep(0.5)
            return False
        build.until(f"mail for {recipient}", gone, ends.PATIENCE_S)
        mail, = self.copies(message)
        return mail
