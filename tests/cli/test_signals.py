"""Signals end a run at once and cleanly, and it is nice to others."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
from command import BEYOND, Case, start


def stat(process):
    """What stands behind the name in proc_pid_stat(5)."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()


class Signals(Case):
    def interrupt(self, number, *args):
        process = start(*args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Its threads are at work: the process has used processor time.
        build.until("work", lambda: sum(map(int, stat(process)[11:13])) >= 30)
        sent = time.monotonic()
        process.send_signal(number)
        out, _ = process.communicate(timeout=build.HANG_S)
        self.assertLess(time.monotonic() - sent, 10)  # generous: the promise is 0.2 s on an idle machine
        self.assertEqual(out, b"")
        return process.returncode

    def test_stops(self):
        large = ("--suite", "argon2id-256m", "--work", "1M", "--max-time", "3650d", "--threads", "1")
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            self.assertEqual(self.interrupt(number, "mint", *BEYOND, "a@x.org"), status)
            self.assertEqual(self.interrupt(number, "mint", *large, "a@x.org"), status)

    def test_stamp_writes_nothing(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"To: b@x.org\n\nbody\n")
            file.flush()
            self.assertEqual(self.interrupt(signal.SIGTERM, "stamp", "-t", *BEYOND, file.name), 143)

    def test_exim_takes_the_ends_of_a_command_for_temporary(self):
        """What its shell says of a program that is away or half there, and of one that a signal has ended."""
        with open(os.path.join(build.SOURCE, "etc", "exim", "deliver.conf"), encoding="ascii") as file:
            known = re.search(r"^ *temp_errors = (.*)$", file.read(), re.M)[1].split(" : ")
        with tempfile.NamedTemporaryFile() as half:
            for script in ("exec /nonexistent", "exec " + half.name, "exec sh -c 'exit 75'", *(
                    f"sh -c 'kill -{number} $$'; exit $?" for number in ("INT", "TERM", "KILL"))):
                done = subprocess.run(["sh", "-c", script], stderr=subprocess.DEVNULL, timeout=build.HANG_S)
                self.assertIn(str(done.returncode), known, script)

    @staticmethod
    def catches(pid, number):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return int(re.search(r"SigCgt:\s*(\w+)", file.read())[1], 16) >> (number - 1) & 1

    def test_reading(self):
        process = subprocess.Popen([build.CLI, "stamp", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdin.write(b"To: b@x.org\n")
        process.stdin.flush()
        build.until("a handler", lambda: self.catches(process.pid, signal.SIGTERM))
        process.terminate()
        process.wait(build.HANG_S)
        self.assertEqual(process.returncode, 143)
        process.communicate()

    def test_ignored_stays_ignored(self):
        """Started in the background by a shell, a Ctrl-C meant for others does not end it."""
        process = subprocess.Popen([build.CLI, "mint", "--work", "320", "--threads", "1", "a@x.org"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=build.HANG_S)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(out.startswith(b"X-Onion-PoW: "))


class Priority(Case):
    def nice_of(self, *args):
        process = start("mint", *BEYOND, *args, "a@x.org", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            build.until("threads", lambda: int(stat(process)[17]) > 1)
            return int(stat(process)[16])
        finally:
            process.kill()
            process.communicate()

    def test_nice(self):
        own = os.nice(0)
        self.assertEqual(self.nice_of(), min(19, own + 10))
        self.assertEqual(self.nice_of("--nice", "3"), min(19, own + 3))
        self.assertEqual(self.nice_of("--nice", "0"), own)


if __name__ == "__main__":
    unittest.main()
