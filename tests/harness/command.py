"""What the tests of the command share: runs of onionpow, and what its users may count on in each of them."""
import re
import signal
import subprocess
import unittest

import build

CHEAP = ("--suite", "sha256", "--work", "1k")
BEYOND = ("--suite", "sha256", "--work", "900G", "--max-time", "3650d")  # never ends by itself


def run(*args, stdin=b"", **options):
    return subprocess.run([build.CLI, *args], input=stdin, capture_output=True, timeout=build.HANG_S, **options)


def start(*args, **options):
    """A run that is to be interrupted: SIGINT may have been ignored by whoever started the tests."""
    return subprocess.Popen([build.CLI, *args], stdin=subprocess.DEVNULL,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **options)


def fields_of(message):
    """The header fields with their line ends, and the rest."""
    head, gap, body = re.match(rb"((?:[^\r\n].*\r?\n)*)(\r?\n)?((?s:.*))\Z", message).groups()
    return re.findall(rb"[^ \t].*\n(?:[ \t].*\n)*", head), gap, body


class Case(unittest.TestCase):
    def ok(self, *args, **options):
        done = run(*args, **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""), args)
        return done.stdout

    def fails(self, status, *args, says=b"", hint=b"", **options):
        done = run(*args, **options)
        self.assertEqual(done.returncode, status, (args, done.stderr))
        self.assertEqual(done.stdout, b"", args)
        self.assertTrue(done.stderr.startswith(b"onionpow: "), done.stderr)
        self.assertIn(says, done.stderr)
        if hint:
            self.assertIn(b"\nhint: ", done.stderr)
            self.assertIn(hint, done.stderr.split(b"\nhint: ")[1])
        return done.stderr

    def judged(self, *args, **options):
        done = run("verify", *args, **options)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
        self.assertEqual(done.returncode, int(any(row[1] != "pass" for row in rows)))
        return rows
