"""A small SMTP client that shows every reply as it came, and can write what a real client would not."""
import socket

import build


class Reply:
    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3])

    @property
    def text(self):
        return "\n".join(self.lines)

    def __repr__(self):
        return repr(self.text)


class Smtp:
    """Smtp(port) or Smtp(path) connects, sends the prefix (a PROXY line) if there is one, and reads the greeting."""

    def __init__(self, where, prefix=None, hello="sender.test"):
        if isinstance(where, int):
            self.sock = socket.create_connection(("127.0.0.1", where), build.HANG_S)
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(build.HANG_S)
            self.sock.connect(where)
        self.sock.settimeout(3 * build.HANG_S)
        self.stream = self.sock.makefile("rb")
        if prefix:
            self.write(prefix)
        self.greeting = self.reply()
        if self.greeting.code == 220 and hello:
            self.command(f"EHLO {hello}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.sock.close()

    def write(self, octets):
        self.sock.sendall(octets if isinstance(octets, bytes) else octets.encode())

    def reply(self):
        lines = []
        while True:
            line = self.stream.readline()
            if not line:
                raise ConnectionError(f"closed after {lines}")
            lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            if line[3:4] != b"-":
                return Reply(lines)

    def command(self, line):
        self.write(line + "\r\n")
        return self.reply()

    def envelope(self, recipients, sender="alice@sender.test", parameters=""):
        """None, or the first reply that was no 2xx."""
        for line in [f"MAIL FROM:<{sender}>{parameters}"] + [f"RCPT TO:<{r}>" for r in recipients]:
            reply = self.command(line)
            if reply.code // 100 != 2:
                return reply
        return None

    def content(self, message):
        """DATA and all of the message, without waiting for the final reply."""
        reply = self.command("DATA")
        if reply.code != 354:
            return reply
        text = message.text()
        text = text.replace(b"\r\n.", b"\r\n..")
        self.write(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return None

    def send(self, recipients, message, sender="alice@sender.test", parameters=""):
        return (self.envelope(recipients, sender, parameters) or self.content(message) or self.reply())
