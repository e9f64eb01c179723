"""A mail server for tests that a script drives: well-behaved unless a method is overridden.

Smtpd takes every message; Guard asks for stamps and judges them with the second implementation in tests/vectors.
Each connection is a Session, whose methods answer one command each: overriding one is how a server misbehaves.
"""
import os
import re
import socket
import sys
import threading

import build

sys.path.insert(0, os.path.join(build.SOURCE, "tests", "vectors"))
import verify_stamp  # noqa: E402


class Gone(Exception):
    """The session is over."""


class Mail:
    def __init__(self, sender, rcpts, data, args):
        self.sender, self.rcpts, self.data, self.args = sender, rcpts, data, args

    def stamps(self):
        head = re.split(rb"\r\n\r\n", self.data, maxsplit=1)[0].decode("latin-1")
        return [field.split(":", 1)[1] for field in re.split(r"\r\n(?![ \t])", head)
                if re.match("x-onion-pow[ \t]*:", field, re.I)]


class Session:
    extensions = ["PIPELINING", "8BITMIME", "SIZE 10485760"]

    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.stream = connection.makefile("rb")
        self.tls = False
        self.reset()

    def reset(self):
        self.sender, self.rcpts, self.args = None, [], ""

    def send(self, octets):
        self.connection.sendall(octets)

    def say(self, *lines):
        self.send("".join(line + "\r\n" for line in lines).encode("latin-1"))

    def line(self):
        line = self.stream.readline()
        if not line.endswith(b"\n"):
            raise Gone
        self.server.wire.append(line)
        return line

    def run(self):
        self.greeting()
        while True:
            line = self.line().decode("latin-1").rstrip("\r\n")
            self.server.said.append(line)
            verb = line.split(" ")[0].lower()
            getattr(self, "do_" + verb, self.unknown)(line)

    def greeting(self):
        self.say("220 mail.test ESMTP")

    def unknown(self, line):
        self.say("500 5.5.1 what?")

    def do_ehlo(self, line):
        self.say("250-mail.test", *(f"250-{word}" for word in self.extensions), "250 HELP")

    def do_helo(self, line):
        self.say("250 mail.test")

    def do_starttls(self, line):
        self.say("220 2.0.0 go ahead")
        self.start_tls()

    def start_tls(self):
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.stream = self.connection.makefile("rb")
        self.tls = True

    def do_mail(self, line):
        self.sender, self.args = re.fullmatch(r"MAIL FROM:<(.*?)>(.*)", line).groups()
        self.say("250 2.1.0 ok")

    def do_rcpt(self, line):
        self.rcpts.append(re.fullmatch(r"RCPT TO:<(.*)>", line)[1])
        self.say("250 2.1.5 ok")

    def do_data(self, line):
        self.say("354 go on")
        mail = Mail(self.sender, self.rcpts, self.read_data(), self.args)
        self.reset()
        self.message(mail)

    def read_data(self):
        """Strict: the data ends with CRLF . CRLF and nothing else."""
        data = bytearray()
        while True:
            line = self.line()
            if line == b".\r\n" and (not data or data.endswith(b"\r\n")):
                return bytes(data)
            data += line[1:] if line.startswith(b".") else line

    def message(self, mail):
        """What becomes of a whole message."""
        self.accept(mail)

    def accept(self, mail):
        with self.server.lock:
            self.server.mails.append(mail)
        self.say("250 2.0.0 taken")

    def do_noop(self, line):
        self.say("250 2.0.0 ok")

    def do_quit(self, line):
        self.say("221 2.0.0 bye")
        raise Gone


class Smtpd:
    def __init__(self, session=Session, context=None, implicit=False):
        self.session, self.context, self.implicit = session, context, implicit
        self.mails, self.lock = [], threading.Lock()
        self.wire, self.said = [], []  # lines as they came; those that were commands
        self.connections = 0
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1024)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = None
        try:
            session = self.session(self, connection)
            if self.implicit:
                session.start_tls()
            session.run()
        except (OSError, Gone, ValueError):
            pass
        finally:
            (session.connection if session else connection).close()

    def commands(self):
        return [line.split(" ")[0].upper() for line in list(self.said)]

    def close(self):
        self.socket.close()


class Guarded(Session):
    """Demands the efforts of server.price from who brings no stamp for each recipient; spends stamps."""

    def message(self, mail):
        with self.server.lock:
            self.server.asked.append(mail)
            why = self.server.judge(mail)
            price = self.server.token()
        if why is None:
            self.accept(mail)
        else:
            self.say(f"554-5.7.1 {price} {why}",
                     f"554-5.7.1 for <{mail.rcpts[0]}>: about 1 s of a laptop's time. Run: onionpow mint {mail.rcpts[0]}",
                     "554 5.7.1 Help: https://mail.test/why")


class Guard(Smtpd):
    def __init__(self, session=Guarded, price=None, **options):
        self.price = price or {"sha256": 256}
        self.asked, self.spent, self.stamps = [], set(), []
        super().__init__(session, **options)

    def token(self):
        return "onionpow:1:" + ",".join(f"{suite}/{effort}" for suite, effort in self.price.items())

    def judge(self, mail):
        """None if it is paid for, or the reason."""
        why = "proof of work required"
        for stamp in mail.stamps():
            stamp = re.sub(r"\s+", "", stamp)
            if stamp not in self.stamps:
                self.stamps.append(stamp)
            try:
                suite = verify_stamp.parse(stamp)[0].decode()
                verify_stamp.verify(stamp, mail.rcpts[0], self.price[suite], None)
            except (verify_stamp.Verdict, KeyError) as verdict:
                why = f"proof of work: {verdict}"
                continue
            if stamp in self.spent:
                why = "this stamp has paid for another message"
                continue
            self.spent.add(stamp)
            return None
        return why
