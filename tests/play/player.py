"""The mail server's side of the milter protocol, version 6, over a unix socket.

Knows packets and the rules of negotiation (which steps the filter wants, which it answers), and nothing of
proof of work. A step that the filter did not ask for is not sent, one it does not answer is not waited for: a
filter that answers all the same gets its answer taken for that of the next step, which shows.
"""
import socket
import struct

VERSION = 6
ACTIONS = 0x1FF
STEPS = 0x1FFFFF  # what Postfix offers

NO_STEP = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "B": 0x10, "L": 0x20, "N": 0x40, "U": 0x100, "T": 0x200}
NO_REPLY = {"L": 0x80, "C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "T": 0x10000, "U": 0x20000,
            "N": 0x40000, "B": 0x80000}
SKIP = 0x400
LEADING_SPACE = 0x100000
STAGE_NUMBERS = {0: "C", 1: "H", 2: "M", 3: "R", 4: "T", 5: "E", 6: "N"}
HANG_S = 120


class Closed(Exception):
    """The filter closed the connection."""


class Answer:
    """What the filter said to one step: kind is its letter ('c' continue, 'y' reply code, 'a', 'r', 't', 's', 'd')."""

    def __init__(self, kind, text="", edits=(), progress=0):
        self.kind = kind
        self.text = text
        self.edits = list(edits)
        self.progress = progress

    @property
    def code(self):
        return self.text[:3] if self.kind == "y" else {"r": "550", "t": "451"}.get(self.kind, "")

    @property
    def accepted(self):
        return self.kind in "ac"

    def __repr__(self):
        return f"Answer({self.kind!r}, {self.text!r}, {self.edits!r})"


def zstr(*texts):
    return b"".join((t if isinstance(t, bytes) else t.encode("utf-8", "surrogateescape")) + b"\0" for t in texts)


class Player:
    def __init__(self, path, timeout=HANG_S):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(path)
        self.steps = 0
        self.actions = 0
        self.let_go = False  # accepted at connect or HELO: the server asks no more
        self.symbols = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    # Packets

    def write(self, command, data=b""):
        self.sock.sendall(struct.pack("!I", len(data) + 1) + command.encode() + data)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise Closed
            data += part
        return data

    def read(self):
        (length,) = struct.unpack("!I", self._exactly(4))
        packet = self._exactly(length)
        return chr(packet[0]), packet[1:]

    def silent(self):
        """Is there nothing to read? For filters that must not answer."""
        self.sock.settimeout(0.05)
        try:
            return self.sock.recv(1, socket.MSG_PEEK) == b"never"
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(HANG_S)

    # Steps

    def negotiate(self, steps=STEPS, actions=ACTIONS, version=VERSION):
        self.write("O", struct.pack("!III", version, actions, steps))
        kind, data = self.read()
        if kind != "O":
            raise AssertionError(f"negotiation answered with {kind!r}")
        _, self.actions, self.steps = struct.unpack("!III", data[:12])
        if self.steps & ~steps or self.actions & ~actions:
            raise AssertionError("the filter took what it was not offered")
        rest = data[12:]
        while rest:
            (stage,) = struct.unpack("!I", rest[:4])
            names, _, rest = rest[4:].partition(b"\0")
            self.symbols[STAGE_NUMBERS[stage]] = names.decode().split()
        return self

    def macros(self, stage, values):
        if values:
            self.write("D", stage.encode() + zstr(*[part for pair in values.items() for part in pair]))

    def step(self, command, data=b""):
        """One step; None if the filter did not want it or gives no answer to it."""
        if self.steps & NO_STEP.get(command, 0):
            return None
        self.write(command, data)
        if self.steps & NO_REPLY.get(command, 0):
            return None
        return self.answer()

    def answer(self):
        edits, progress = [], 0
        while True:
            kind, data = self.read()
            if kind == "p":
                progress += 1
            elif kind in "im":
                (index,) = struct.unpack("!I", data[:4])
                name, value = data[4:].split(b"\0")[:2]
                edits.append((kind, index, name.decode(), value.decode()))
            elif kind == "h":
                name, value = data.split(b"\0")[:2]
                edits.append((kind, None, name.decode(), value.decode()))
            else:
                return Answer(kind, data.rstrip(b"\0").decode("utf-8", "replace"), edits, progress)

    def connect(self, host="localhost", address="127.0.0.1", port=4711, macros=None):
        self.macros("C", {"j": "mx.test", "{daemon_name}": "ONION", "{daemon_addr}": "127.0.0.1",
                          "v": "Postfix 3.7.11", "_": f"{host} [{address}]"} if macros is None else macros)
        family = b"6" if ":" in address else b"4"
        return self.step("C", zstr(host) + family + struct.pack("!H", port) + zstr(address))

    def helo(self, name="sender.test"):
        return self.step("H", zstr(name))

    def mail(self, sender="<alice@sender.test>", *parameters, macros=None):
        self.macros("M", macros or {})
        return self.step("M", zstr(sender, *parameters))

    def rcpt(self, recipient, *parameters, mailer="virtual", macros=None):
        self.macros("R", {"{rcpt_mailer}": mailer, "{rcpt_host}": "example.test",
                          "{rcpt_addr}": recipient.strip("<>")} if macros is None else macros)
        return self.step("R", zstr(recipient, *parameters))

    def data(self, queue_id="QID1"):
        self.macros("T", {"i": queue_id} if queue_id else {})
        return self.step("T")

    def header(self, name, value):
        return self.step("L", zstr(name, (" " if self.steps & LEADING_SPACE else "") + value))

    def eoh(self, queue_id="QID1"):
        self.macros("N", {"i": queue_id} if queue_id else {})
        return self.step("N")

    def body(self, octets):
        return self.step("B", octets)

    def eom(self, queue_id="QID1", macros=None):
        self.eom_begin(queue_id, macros)
        return self.answer()

    def eom_begin(self, queue_id="QID1", macros=None):
        """End of message without waiting for the answer."""
        self.macros("E", macros if macros is not None else ({"i": queue_id} if queue_id else {}))
        self.write("E")

    def abort(self):
        self.write("A")

    def quit(self):
        self.write("Q")
        self.sock.close()

    # A whole message

    def envelope(self, recipients, sender="<alice@sender.test>", mailer="virtual", login=""):
        """MAIL and RCPTs; the answers that were no 'continue', by recipient."""
        refused = {}
        answer = self.mail(sender, macros={"{auth_authen}": login} if login else None)
        if answer is not None and not answer.accepted:
            return {"": answer}
        for recipient in recipients:
            answer = self.rcpt(f"<{recipient}>", mailer=mailer)
            if answer is not None and not answer.accepted:
                refused[recipient] = answer
        return refused

    def content(self, message, queue_id="QID1"):
        """DATA to the last piece of the body. An answer that ends the message early, or None."""
        answer = self.data(queue_id)
        for name, value in message.fields():
            if answer is not None and answer.kind != "c":
                return answer
            answer = self.header(name, value)
        for step in (self.eoh, lambda _: self.body(message.body.encode()) if message.body else None):
            if answer is not None and answer.kind not in "cs":
                return answer
            answer = step(queue_id)
        return answer if answer is not None and answer.kind not in "cs" else None

    def deliver(self, recipients, message, sender="<alice@sender.test>", queue_id="QID1"):
        """A message from MAIL to the verdict; as a mail server does, an early refusal ends it."""
        if self.let_go:
            return Answer("a")
        refused = self.envelope(recipients, sender)
        if refused:
            self.abort()
            return next(iter(refused.values()))
        early = self.content(message, queue_id)
        if early is not None:
            if early.kind != "a":
                self.abort()
            return early
        return self.eom(queue_id)


def session(path, **connect):
    """A connection that has negotiated and said hello."""
    player = Player(path).negotiate()
    for step in (lambda: player.connect(**connect), player.helo):
        answer = step()
        if answer is not None and answer.kind != "c":
            player.let_go = answer.kind == "a"
            break
    return player


def edited(headers, edits, renumber=True):
    """The header after the filter's edits, as Postfix does it (deleting renumbers) or as Sendmail (it does not)."""
    fields = [[name, value] for name, value in headers]
    for kind, index, name, value in edits:
        if kind == "i":
            fields.insert(index, [name, value])
        elif kind == "h":
            fields.append([name, value])
        else:
            same = [f for f in fields if f[0].lower() == name.lower() and (f[1] is not None or not renumber)]
            field = same[index - 1]
            field[1] = value or None
    return [(name, value) for name, value in fields if value is not None]
