"""What the end-to-end tests share: one private Postfix for a class, a milter of its own for each test."""
import os
import shutil
import tempfile
import unittest

from postfix import Postfix, usable

import stamps
from daemon import Daemon
from message import Message
from smtp import Smtp

ONION = 'listener "onion" { match-daemon = { "ONION" } mode = enforce }'


def milters(socket, name="ONION"):
    """The -o lines that put a listener under the milter."""
    return [f"milter_macro_daemon_name={name}",
            "{ smtpd_milters = { unix:" + socket + ", default_action=tempfail } }"]


@unittest.skipIf(usable(), usable())
class Case(unittest.TestCase):
    """Subclasses may give more listeners by the class method listeners(socket)."""

    main = ""

    @classmethod
    def listeners(cls, socket):
        return {"clear": [], "onion": milters(socket)}

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix="onionpow-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        os.chmod(cls.scratch, 0o755)
        cls.socket = os.path.join(cls.scratch, "milter.sock")
        cls.postfix = Postfix(cls.listeners(cls.socket), cls.main)
        cls.addClassCleanup(cls.postfix.stop)
        cls.postfix.start()

    def milter(self, listeners=ONION, start=True, **options):
        """A milter of its own behind the class's listeners."""
        directory = tempfile.mkdtemp(dir=self.scratch)
        os.chmod(directory, 0o755)
        daemon = Daemon(directory, listeners=listeners, at=self.socket, **options)
        self.addCleanup(self.finish, daemon)
        return daemon.start() if start else daemon

    @staticmethod
    def finish(daemon):
        try:
            if daemon.running():
                status = daemon.stop()
                assert status == 0, f"milter ended with {status}: {daemon.log()}"
        finally:
            daemon.discard()

    def send(self, recipients, message, listener="onion", **options):
        with Smtp(self.postfix.port[listener]) as client:
            return client.send(recipients, message, **options)

    def accepted(self, recipients, message, copies=None, **options):
        """Sends it, and sees it accepted and delivered; returns the delivered copies."""
        before = len(self.postfix.mailbox(message.mark))
        reply = self.send(recipients, message, **options)
        self.assertEqual(reply.code, 250, reply)
        mails = self.postfix.mailbox(message.mark)
        self.assertEqual(len(mails) - before, copies or len(recipients), "delivered copies")
        return mails

    def refused(self, code, words, recipients, message, **options):
        """Sends it, sees it refused with code and words, and nothing of it delivered."""
        before = len(self.postfix.mailbox(message.mark))
        reply = self.send(recipients, message, **options)
        self.assertEqual(reply.code, code, reply)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, reply.text)
        self.assertEqual(len(self.postfix.mailbox(message.mark)), before, "refused, and delivered all the same")
        return reply


def paid(*recipients, **options):
    """A new message with a good stamp for each recipient."""
    return Message(stamps.fields(*recipients, **options))
