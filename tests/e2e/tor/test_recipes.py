#!/usr/bin/python3
"""The recipes of etc/ for senders other than Postfix, each pasted as it is: Exim by onionpow deliver and by its own
SMTP, Sendmail, and mail programs that call onionpow as their sendmail.
"""
import grp
import os
import re
import subprocess
import unittest

import ends
import exim
from case import snippet
from torcase import TorCase, set_up_module

import build
import sendmail
from message import headers

DEMAND = b"554-5.7.1 onionpow:1:"

PATCH = """From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
From: Alice <alice@example.test>
Subject: [PATCH] a test

{mark}
---
diff --git a/a b/a
--- a/a
+++ b/a
@@ -0,0 +1 @@
+a
--
2
"""


def setUpModule():
    set_up_module()


class Recipe(TorCase):
    def setUp(self):
        super().setUp()
        self.filter = self.milter()

    def arrived_once(self, message):
        build.until("the mail", lambda: self.receiver.arrived(message), ends.PATIENCE_S)
        mail, = self.copies(message)
        self.assertEqual([name for name, _ in headers(mail)].count("X-Onion-PoW"), 1)
        self.assertIn(b"x-onion-pow=pass", mail)
        return mail


@unittest.skipIf(exim.usable(), exim.usable())
class Exim(Recipe):
    def instance(self, recipe):
        instance = exim.Exim(recipe)
        self.addCleanup(instance.stop)
        user = ends.SendingUser(instance.dir)
        user.configure(self.tap.port)
        return instance, user

    def by_deliver(self):
        instance, user = self.instance("")
        recipe = (snippet("exim", "deliver.conf").replace("onionpow-sender", instance.user.pw_name)
                  .replace("/usr/bin/onionpow deliver", user.command("deliver")))
        with open(instance.path("conf"), "a", encoding="utf-8") as out:
            out.write(recipe)
        return instance

    def test_deliver(self):
        instance = self.by_deliver()
        for name in ("Bob", '"bob smith"', "o'bob", "bob$HOME", "-bob"):
            with self.subTest(name):
                message = self.message(self.to(name))
                instance.submit(message, recipients=[self.to(name)])
                mail = self.arrived_once(message)
                self.assertIn(f"RCPT TO:<{self.to(name)}>".lower().encode(), self.tap.said("C").lower())
                self.assertNotIn(b"\nFrom alice", mail)
        self.assertEqual(instance.queued(), "")

    def test_deliver_when_one_of_two_is_refused(self):
        instance = self.by_deliver()
        message = self.message(self.to("bob"), self.to("refused"))
        instance.submit(message)
        self.arrived_once(message)
        self.assertIn(" ** refused@", instance.log())
        self.assertIn("no such mailbox here", instance.log())

    def test_deliver_when_tor_is_down(self):
        instance = self.by_deliver()
        self.network.client.stop()
        message = self.message(self.to("bob"))
        try:
            instance.submit(message)
            self.assertIn(" == bob@", instance.log())
        finally:
            self.network.client.start()
            self.network.client.wait_bootstrapped(100)
        build.until("the retry", lambda: instance.retry() or self.receiver.arrived(message), ends.PATIENCE_S)
        self.arrived_once(message)

    def test_its_own_smtp(self):
        """Tor has an address for the service, and Exim stamps for the mailbox that is listed."""
        instance, user = self.instance("")
        with self.network.client.control() as control:
            control.command(f"MAPADDRESS 10.192.0.1={self.onion()}")
        for name, text in (("onion-hosts", f"{self.onion()}: 10.192.0.1\n"),
                           ("onion-mailboxes", f"{self.to('bob')}: 32\n")):
            instance.write(name, text)
        recipe = (snippet("exim", "socks.conf").replace("/etc/exim4", instance.dir)
                  .replace("=9050", f"={self.tap.port}")
                  .replace("/usr/bin/onionpow", f"/usr/bin/env -u LD_PRELOAD {user.cli}"))
        with open(instance.path("conf"), "a", encoding="utf-8") as out:
            out.write(recipe)
        message = self.message(self.to("bob"))
        instance.submit(message)
        self.arrived_once(message)
        self.assertNotIn(DEMAND, self.tap.said("S"))
        with self.subTest("a mailbox that is not listed has no stamp"):
            other = self.message(self.to("carol"))
            instance.submit(other)
            self.assertIn(DEMAND, self.tap.said("S"), instance.log())
            self.assertEqual(self.copies(other), [])


@unittest.skipIf(sendmail.usable(), sendmail.usable())
class Sendmail(Recipe):
    def instance(self):
        """The recipe in a Sendmail of its own."""
        directory = self.directory(self.way.scratch)
        user = ends.SendingUser(directory)
        user.configure(self.tap.port)
        owner = f"{user.user.pw_name}:{grp.getgrgid(user.user.pw_gid).gr_name}"
        recipe = (snippet("sendmail", "sender.mc").replace("onionpow-sender:onionpow-sender", owner)
                  .replace("P=/usr/bin/onionpow", f"P={user.cli}")
                  .replace("onionpow deliver", f"onionpow deliver --config={user.conf}"))
        instance = sendmail.Sendmail({"clear": ("MTA", "")}, recipe, name="sender.test")
        self.addCleanup(instance.stop)
        return instance

    def submit(self, instance, message, *recipients, sender="alice@example.test", status=0):
        done = subprocess.run(**instance.command("-i", "-f", sender, "--", *recipients) | {"stdin": None},
                              input=message.text().replace(b"\r\n", b"\n"), capture_output=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stderr + instance.log().encode())

    def test_deliver(self):
        instance = self.instance()
        for name in ("Bob", '"bob smith"', "o'bob", "bob$HOME", "-bob"):
            with self.subTest(name):
                message = self.message(self.to(name))
                self.submit(instance, message, self.to(name))
                mail = self.arrived_once(message)
                self.assertIn(f"RCPT TO:<{self.to(name)}>".lower().encode(), self.tap.said("C").lower())
                self.assertNotIn(b"\nFrom alice", mail)
        self.assertEqual(instance.queued(), [])

    def test_deliver_when_one_of_two_is_refused(self):
        instance = self.instance()
        message = self.message(self.to("bob"), self.to("refused"))
        self.submit(instance, message, self.to("bob"), self.to("refused"), status=os.EX_UNAVAILABLE)
        self.arrived_once(message)
        bounce, = instance.mailbox(message.mark)
        self.assertIn(f"Final-Recipient: RFC822; {self.to('refused')}".encode(), bounce)
        self.assertIn(b"no such mailbox here", bounce)

    def test_bounce_goes_out_without_a_sender(self):
        instance = self.instance()
        message = self.message(self.to("bob"))
        self.submit(instance, message, self.to("bob"), sender="<>")
        self.arrived_once(message)
        self.assertIn(b"MAIL FROM:<>", self.tap.said("C"))


class MailPrograms(Recipe):
    """onionpow sendmail in place of /usr/sbin/sendmail: no mail server on this side at all."""

    def setUp(self):
        super().setUp()
        self.home = self.directory(self.way.scratch)
        self.user = ends.SendingUser(self.home)
        self.user.configure(self.tap.port)
        os.chown(self.home, self.user.user.pw_uid, self.user.user.pw_gid)

    def install(self, name, *recipe):
        """A file of the user's, out of etc/."""
        text = (snippet(*recipe).replace("/usr/bin/onionpow", self.user.cli).replace("NAME.onion", self.onion())
                .replace("9050", str(self.tap.port)))
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chown(path, self.user.user.pw_uid, self.user.user.pw_gid)
        return path

    def root(self, name):
        """Where the package is unpacked, and the libraries that it has brought."""
        variable = f"ONIONPOW_{name.upper().replace('-', '_')}"
        root = os.environ.get(variable)
        if not root:
            self.skipTest(f"needs Debian's package {name} unpacked in ${variable}, as tools/run-tests does")
        return root, ":".join(sorted({at for at, _, names in os.walk(root) if any(".so" in name for name in names)}))

    def run_mutt(self, name):
        root, libraries = self.root(name)
        message = self.message(self.to("bob"))
        done = self.user.run(os.path.join(root, "usr", "bin", name), "-n", "-F",
                             self.install("muttrc", "clients", "muttrc"), "-e", "set copy=no",
                             "-e", "set from=alice@example.test", "-s", "a test", "--", self.to("bob"),
                             octets=message.body.encode(), LD_LIBRARY_PATH=libraries)
        self.assertEqual(done.returncode, 0, done.stderr)
        mail = self.arrived_once(message)
        self.assertRegex(mail, rb"(?m)^From: .*\balice@example\.test>?$")
        self.assertIn(b"MAIL FROM:<alice@example.test>", self.tap.said("C"))

    def test_mutt(self):
        self.run_mutt("mutt")

    def test_neomutt(self):
        self.run_mutt("neomutt")

    def run_msmtp(self, command, message):
        """A line of the shell, in which msmtp and onionpow are what their names say."""
        root, libraries = self.root("msmtp")
        self.install(".msmtprc", "clients", "msmtprc")
        return self.user.run("/bin/sh", "-c", command, octets=message.text().replace(b"\r\n", b"\n"),
                             LD_LIBRARY_PATH=libraries, PATH=f"{self.home}:{root}/usr/bin:{os.defpath}")

    def test_msmtp(self):
        """The command that its recipe has."""
        command = re.search(r"(?m)^# +(onionpow stamp.*) < draft.eml (.*)$", snippet("clients", "msmtprc"))
        message = self.message(self.to("bob"))
        done = self.run_msmtp(" ".join(command.groups()).replace("bob@NAME.onion", self.to("bob")), message)
        self.assertEqual(done.returncode, 0, done.stderr)
        mail = self.arrived_once(message)
        self.assertIn(b"MAIL FROM:<alice@example.org>", self.tap.said("C"))
        self.assertIn(b"Subject: a test", mail)

    def test_msmtp_without_a_stamp(self):
        """What it says then is enough to mint from."""
        message = self.message(self.to("bob"))
        done = self.run_msmtp("msmtp -a NAME -t", message)
        self.assertEqual((done.returncode, self.receiver.arrived(message)), (os.EX_UNAVAILABLE, []))
        with open(os.path.join(self.home, "said"), "wb") as said:
            said.write(done.stderr)
        done = self.run_msmtp("onionpow stamp -t --offer @said | msmtp -a NAME -t", message)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.arrived_once(message)

    def test_git_send_email(self):
        root, _ = self.root("git-email")
        self.install(".gitconfig", "clients", "gitconfig")
        message = self.message(self.to("bob"))
        with open(os.path.join(self.home, "0001.patch"), "w", encoding="utf-8") as patch:
            patch.write(PATCH.format(mark=message.mark))
        done = self.user.run(os.path.join(root, "email/usr/lib/git-core/git-send-email"), "--confirm=never",
                             f"--to={self.to('bob')}", "0001.patch", GIT_AUTHOR_NAME="Alice",
                             GIT_COMMITTER_NAME="Alice", PERL5LIB=os.path.join(root, "mailtools/usr/share/perl5"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"\nSubject: [PATCH] a test\n", self.arrived_once(message))

    def test_as_sendmail_itself(self):
        """Called by that name, as cron calls it."""
        name = os.path.join(self.home, "sendmail")
        os.symlink(self.user.cli, name)
        message = self.message(self.to("bob"))
        message.headers.append(("Bcc", self.to("carol")))
        done = self.user.run(name, "-t", "-i", "-oi", "-f", "alice@example.test",
                                octets=message.text().replace(b"\r\n", b"\n"))
        self.assertEqual(done.returncode, 0, done.stderr)
        copies = build.until("both", lambda: len(self.receiver.arrived(message)) == 2 and self.copies(message),
                             ends.PATIENCE_S)
        self.assertNotIn(b"\nBcc:", b"".join(copies))
        self.assertEqual(len({re.search(rb"; s=(\S+);", b" ".join(mail.split()))[1] for mail in copies}), 2)

    def test_refused_mail_is_heard_of(self):
        """There is no queue to give it back: the exit status and a sentence do."""
        message = self.message(self.to("refused"))
        done = self.user.run(self.user.cli, "sendmail", "-i", self.to("refused"),
                                octets=message.text().replace(b"\r\n", b"\n"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"no such mailbox here", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
