"""What the end-to-end tests share: one private mail server for a class, a milter of its own for each test."""
import os
import shutil
import tempfile
import unittest

import postfix

import build
import stamps
from daemoncase import DaemonCase
from message import Message
from smtp import Smtp

ONION = 'listener "onion" { match-daemon = { "ONION" } mode = enforce }'


def milters(socket, name="ONION"):
    """The -o lines that put a listener of Postfix under the milter."""
    return [f"milter_macro_daemon_name={name}",
            "{ smtpd_milters = { unix:" + socket + ", default_action=tempfail } }"]


class MailCase(DaemonCase):
    """Subclasses say by the class method serve(socket) which server it is, with the milter at the socket."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix="onionpow-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        os.chmod(cls.scratch, 0o755)
        cls.socket = os.path.join(cls.scratch, "milter.sock")
        cls.server = cls.serve(cls.socket)
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()

    def milter(self, listeners=ONION, **options):
        """A milter of its own behind the class's listeners."""
        return self.run_daemon(self.directory(self.scratch), listeners=listeners, at=self.socket, **options)

    def send(self, recipients, message, listener="onion", **options):
        with Smtp(self.server.port[listener]) as client:
            return client.send(recipients, message, **options)

    def accepted(self, recipients, message, copies=None, **options):
        """Sends it, and sees it accepted and delivered; returns the delivered copies."""
        before = len(self.server.mailbox(message.mark))
        reply = self.send(recipients, message, **options)
        self.assertEqual(reply.code, 250, reply)
        mails = self.server.mailbox(message.mark)
        self.assertEqual(len(mails) - before, copies or len(recipients), "delivered copies")
        return mails

    def refused(self, code, words, recipients, message, **options):
        """Sends it, sees it refused with code and words, and nothing of it delivered."""
        before = len(self.server.mailbox(message.mark))
        reply = self.send(recipients, message, **options)
        self.assertEqual(reply.code, code, reply)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, reply.text)
        self.assertEqual(len(self.server.mailbox(message.mark)), before, "refused, and delivered all the same")
        return reply


@unittest.skipIf(postfix.usable(), postfix.usable())
class Case(MailCase):
    """With Postfix. Subclasses may give more listeners by the class method listeners(socket)."""

    main = ""

    @classmethod
    def listeners(cls, socket):
        return {"clear": [], "onion": milters(socket)}

    @classmethod
    def serve(cls, socket):
        cls.postfix = postfix.Postfix(cls.listeners(socket), cls.main)
        return cls.postfix


def paid(*recipients, **options):
    """A new message with a good stamp for each recipient."""
    return Message(stamps.fields(*recipients, **options))


def snippet(*path):
    """A recipe of etc/."""
    with open(os.path.join(build.SOURCE, "etc", *path), encoding="utf-8") as text:
        return text.read()
