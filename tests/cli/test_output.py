"""Where the output goes: full disks, readers that leave, progress, terminals."""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
from command import BEYOND, CHEAP, Case, run, start


class Output(Case):
    def test_full_disk(self):
        message = b"To: b@x.org\n\n" + b"x" * 100000
        for args, stdin in ((("mint", *CHEAP, "a@x.org"), b""), (("stamp", "-t", *CHEAP), message),
                            (("verify", "--rcpt", "a@x.org"), b""), (("explain", "onionpow:1:sha256/1"), b""),
                            (("suites",), b""), (("--help",), b""), (("mint", "--version"), b"")):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([build.CLI, *args], input=stdin, stdout=full, stderr=subprocess.PIPE,
                                      timeout=build.HANG_S)
            self.assertEqual(done.returncode, 74, args)
            self.assertIn(b"standard output: No space left", done.stderr)

    def test_closed_output(self):
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" suites >&-', build.CLI],
                              stderr=subprocess.PIPE, timeout=build.HANG_S)
        self.assertEqual(done.returncode, 74)

    def test_reader_gone(self):
        for args in (("mint", *CHEAP, "a@x.org"), ("suites",), ("--help",)):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([build.CLI, *args], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                                  timeout=build.HANG_S)
            os.close(writer)
            self.assertEqual((done.returncode, done.stderr), (74, b""), args)

    def test_unreadable_input(self):
        done = subprocess.run([build.CLI, "verify", "--rcpt", "a@x.org"], stdin=os.open("/", os.O_RDONLY),
                              capture_output=True, timeout=build.HANG_S)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"input: ", done.stderr)


class Progress(Case):
    def test_json(self):
        done = run("mint", "--progress", "json", "--work", "64", "--threads", "1", "a@x.org", "b@x.org")
        self.assertEqual(done.returncode, 0)
        lines = [json.loads(line)["progress"] for line in done.stderr.splitlines()]
        for index, rcpt in ((1, "a@x.org"), (2, "b@x.org")):
            own = [line for line in lines if line["index"] == index]
            self.assertTrue(all(line["recipient"] == rcpt and line["count"] == 2 for line in own))
            solved = [line["solved"] for line in own]
            self.assertEqual(solved, sorted(solved))
            self.assertEqual((own[-1]["phase"], own[-1]["solved"], own[-1]["puzzles"]), ("done", 32, 32))
            self.assertEqual([line["phase"] for line in own].count("done"), 1)

    def test_none_by_default_without_a_terminal(self):
        self.ok("mint", "--work", "32", "a@x.org")

    def test_always(self):
        done = run("mint", "--progress", "always", *CHEAP, "a@x.org")
        self.assertRegex(done.stderr, rb"\rsha256 16/16 \[#+\] done in .*\n\Z")
        self.assertEqual(run("mint", "--progress", "always", "--quiet", *CHEAP, "a@x.org").stderr, b"")

    def terminal(self, *args, columns=80, term="xterm", then=None):
        """A run with its stderr on a pseudo terminal: status, stdout, what the terminal got."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = start(*args, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": term})
        os.close(slave)
        seen, stdout, deadline = b"", b"", time.monotonic() + build.HANG_S
        open_ends = [master, process.stdout.fileno()]
        while open_ends:
            self.assertGreater(deadline, time.monotonic(), "hangs")
            for end in select.select(open_ends, [], [], 1)[0]:
                try:
                    data = os.read(end, 65536)
                except OSError:  # EIO: the other side of a terminal is gone
                    data = b""
                if not data:
                    open_ends.remove(end)
                elif end == master:
                    seen += data
                else:
                    stdout += data
            if then is not None and b"[" in seen:
                then(process)
                then = None
        os.close(master)
        process.stdout.close()
        return process.wait(build.HANG_S), stdout, seen

    def test_terminal(self):
        for columns in (200, 80, 60, 40, 20):
            status, stdout, seen = self.terminal("mint", "--work", "64", "a@x.org", columns=columns)
            self.assertEqual(status, 0)
            self.assertTrue(stdout.startswith(b"X-Onion-PoW: "))
            self.assertTrue(seen.endswith(b"\r\n"))
            lines = [line for line in seen.replace(b"\r\n", b"\r").split(b"\r") if line]
            self.assertTrue(all(len(line) < columns for line in lines), lines)
            self.assertEqual(seen.count(b"\n"), 1)  # one final line stays
            self.assertIn(b"32/32", lines[-1])
            self.assertNotIn(b"\x1b", seen)

    def test_dumb_terminal(self):
        self.assertEqual(self.terminal("mint", *CHEAP, "a@x.org", term="dumb")[2], b"")

    def test_quiet_terminal(self):
        self.assertEqual(self.terminal("mint", "--quiet", *CHEAP, "a@x.org")[2], b"")
        self.assertEqual(self.terminal("mint", "--progress", "never", *CHEAP, "a@x.org")[2], b"")

    def test_interrupted_terminal(self):
        """The shell's prompt starts on a line of its own."""
        status, stdout, seen = self.terminal("mint", *BEYOND, "a@x.org",
                                             then=lambda process: process.send_signal(signal.SIGINT))
        self.assertEqual((status, stdout), (130, b""))
        self.assertTrue(seen.endswith(b"/s\r\n"), seen[-100:])

    def test_bench_on_a_terminal(self):
        status, stdout, seen = self.terminal("bench", "--suite", "sha256", "--seconds", "0.1")
        self.assertEqual(status, 0)
        self.assertIn(b"measuring sha256", seen)
        self.assertTrue(seen.endswith(b"\r"))
        self.assertTrue(stdout.startswith(b"sha256: "))


if __name__ == "__main__":
    unittest.main()
