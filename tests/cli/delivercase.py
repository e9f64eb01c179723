"""What tests of deliver, send and probe share: a configuration, servers, a proxy in place of Tor."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build  # noqa: E402
import smtpd  # noqa: E402
import socks  # noqa: E402

CLI = os.path.join(os.environ["ONIONPOW_BUILD"], "onionpow")
MAIL = (b"From: Alice <alice@sender.test>\nTo: bob\nSubject: hello\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n"
        b"Message-ID: <1@sender.test>\n\nHello Bob,\n.\n..\nMAIL FROM:<x@y>\nbye\n")
WIRE = MAIL.replace(b"\n", b"\r\n")
RSS_MAX_KIB = 96 * 1024  # of a run that mints nothing large; address spaces of sanitizers are not counted
SANITIZED = b"__asan_init" in open(CLI, "rb").read()
OUTER_S = 120  # a guard against hanging


def drip(session, line):
    """The line ten times a second for ten minutes, or until nobody listens."""
    for _ in range(6000):
        session.say(line)
        time.sleep(0.1)


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="onionpow-deliver-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.proxy = socks.Socks()
        self.addCleanup(self.proxy.close)
        self.configure()

    def configure(self, proxy=None, **keys):
        keys = {"connect-wait": "20s", "reply-wait": "20s", "max-time": "60s", "max-mem": "256MiB",
                "minters": 2, "srv": "no", "state": '"%s/state"' % self.directory} | {key.replace("_", "-"): value for key, value in keys.items()}
        with open(self.path("sender.conf"), "w", encoding="ascii") as file:
            file.write('socks = "%s"\n' % (proxy or self.proxy.address))
            for key, value in keys.items():
                file.write(f"{key} = {value}\n")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def server(self, server, seed="one"):
        """The host name of an onion service that leads to this server."""
        self.addCleanup(server.close)
        host = socks.onion(seed)
        self.proxy.hosts[host] = server.port
        return host

    def guard(self, session=smtpd.Guarded, **options):
        guard = smtpd.Guard(session, **options)
        return guard, self.server(guard)

    def run_verb(self, verb, *args, mail=MAIL):
        source = {"input": mail} if isinstance(mail, bytes) else {"stdin": mail}
        done = subprocess.run([CLI, verb, "--config", self.path("sender.conf"), *args], **source,
                              capture_output=True, timeout=OUTER_S)
        self.assertEqual(b"", done.stdout if verb == "deliver" else b"")
        return done

    def deliver(self, host, mail=MAIL, rcpt="bob", sender="alice@sender.test", more=()):
        return self.run_verb("deliver", "--sender", sender, *more, f"{rcpt}@{host}", mail=mail)

    def delivered(self, host, **options):
        done = self.deliver(host, **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def fails(self, status, enhanced, says, host, **options):
        done = self.deliver(host, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, rb"\A%s [ -~]+\n\Z" % enhanced.replace(".", r"\.").encode())
        self.assertIn(says.encode(), done.stderr)
        return done.stderr

    def says(self, server, commands):
        """The last of them may come when deliver has already gone."""
        build.until("the last command", lambda: len(server.commands()) >= len(commands))
        self.assertEqual(server.commands(), commands)

    def kept(self):
        try:
            return sorted(os.listdir(self.path("state", "stamps")))
        except FileNotFoundError:
            return []
