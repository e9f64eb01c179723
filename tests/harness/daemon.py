"""One onionpow-milter with a configuration and files of its own."""
import os
import re
import signal
import socket
import subprocess

import build

SANITIZER = re.compile(r"ERROR: (Address|Leak|Undefined)\w*Sanitizer|WARNING: ThreadSanitizer|runtime error:")

SUITES = """
suite "sha256"        { enabled = yes work = 4096 deprecated-since = "" }
suite "argon2id-16m"  { enabled = yes work = 32 }
suite "argon2id-64m"  { enabled = no }
suite "argon2id-256m" { enabled = no }
"""


# All of a test's clients are one circuit, which must not grow dearer by what another test case did.
PATIENCE = "circuit { growth = 1 surcharge = 1 }"


class Daemon:
    """Daemon(directory, listeners=..., verify=...) writes directory/onionpow.conf; start() runs it.

    Ends with stop() or kill(); stop() returns the exit status and fails on a sanitizer's report.
    """

    def __init__(self, directory, listeners="", verify="", ledger="memory", ledger_size="16MiB",
                 privacy="strict", suites=SUITES, extra="", at=None):
        self.directory = directory
        self.socket = at or os.path.join(directory, "milter.sock")
        self.conf = os.path.join(directory, "onionpow.conf")
        self.ledger_path = os.path.join(directory, "ledger")
        self.process = None
        self.log_path = os.path.join(directory, "log")
        self.write_conf(f"""
socket = "local:{self.socket}"
socket-mode = 0666
user = ""
log = stderr
log-privacy = {privacy}
key-file = "{directory}/site.key"
ledger {{ backend = {ledger} path = "{self.ledger_path}" max-size = {ledger_size} }}
{f'verify {{ {verify} }}' if verify else ''}
{suites}
{extra if "circuit" in extra else PATIENCE + extra}
{listeners}
""")

    def write_conf(self, text):
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(text)
        self.text = text

    def start(self, preexec=None):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([build.MILTER, "-c", self.conf], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=preexec)
        build.until("the milter to listen", self._listening)
        return self

    def _listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"onionpow-milter ended with {self.process.returncode}: {self.log()}")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket)
                return True
            except OSError:
                return False

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def lines(self, word):
        return [line for line in self.log().splitlines() if word in line]

    def signal(self, number):
        self.process.send_signal(number)

    def freeze(self):
        """Until SIGCONT or the end. The signal takes a moment to reach every thread."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def wait(self):
        status = self.process.wait(build.HANG_S)
        self.process = None
        report = SANITIZER.search(self.log())
        if report:
            raise AssertionError(f"a sanitizer reports:\n{self.log()[report.start():][:6000]}")
        return status

    def stop(self):
        if self.process is None:
            return None
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait(build.HANG_S)
            self.process = None

    def discard(self):
        """For clean-up: whatever state it is in, and no check."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(build.HANG_S)
        self.process = None
