"""The control port of a Tor process: commands with their replies, and events that are waited for."""
import socket
import time

import build


class Control:
    """Control(path) talks to the control socket at the path, without a password."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(build.HANG_S)
        try:
            self.sock.connect(path)
        except OSError:
            self.sock.close()
            raise
        self.stream = self.sock.makefile("rb")
        self.pending = []  # events that came between a command and its reply
        self.command("AUTHENTICATE")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.sock.close()

    def command(self, line, good=("250",)):
        """The lines of the reply without their codes; raises what is not good."""
        self.sock.sendall(line.encode() + b"\r\n")
        lines = []
        while True:
            code, last, text = self._line()
            if code == "650":
                self.pending.append(text)
                continue
            lines.append(text)
            if last:
                if code not in good:
                    raise AssertionError(f"tor answers {line} with {code} {lines}")
                return lines

    def _line(self):
        line = self.stream.readline().decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            raise ConnectionError("tor closed its control port")
        text = line[4:]
        if line[3] == "+":
            data = iter(lambda: self.stream.readline().decode("utf-8", "replace").rstrip("\r\n"), ".")
            text = "\n".join([text, *data])
        return line[:3], line[3] == " ", text

    def info(self, key):
        """GETINFO's value of one key."""
        return self.command(f"GETINFO {key}")[0].split("=", 1)[1].lstrip("\n")

    def watch(self, *events):
        self.command("SETEVENTS " + " ".join(events))

    def event(self, within_s):
        """The next event, or None if there is none within that time."""
        if self.pending:
            return self.pending.pop(0)
        self.sock.settimeout(within_s)
        try:
            return self._line()[2]
        except TimeoutError:
            # A makefile() is of no use after that: see io.BufferedReader.
            self.stream = self.sock.makefile("rb")
            return None
        finally:
            self.sock.settimeout(build.HANG_S)

    def bootstrapped(self):
        """Per cent."""
        return int(self.info("status/bootstrap-phase").split("PROGRESS=")[1].split()[0])

    def circuits(self, purpose):
        """Ids of the built circuits with this purpose (HS_SERVICE_REND, ...)."""
        return [line.split()[0] for line in self.info("circuit-status").splitlines()
                if " BUILT " in line and f"PURPOSE={purpose}" in line]


def settled(control, quiet_s, limit_s):
    """Waits until every descriptor that this process uploads has arrived, and none has been added for a while."""
    started, arrived, deadline = 0, 0, time.monotonic() + limit_s
    while time.monotonic() < deadline:
        event = control.event(quiet_s)
        if event is None:
            if started and started == arrived:
                return
            continue
        kind = event.split()[1]
        started += kind == "UPLOAD"
        arrived += kind in ("UPLOADED", "FAILED")
    raise TimeoutError(f"descriptors after {limit_s} s: {arrived} of {started} uploaded")
