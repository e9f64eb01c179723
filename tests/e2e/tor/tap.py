"""A tap between a sender and Tor's SOCKS port: hands octets on, counts turns, and lets a test step in.

It counts in turns because they are what a far server costs, and they are the same on a busy machine. A turn is
one burst of the client's octets after something of the server's; the server's first word needs none.
"""
import contextlib
import re
import socket
import threading
import time

SALT = rb"[ \t;]s=([\w-]{22});"  # of a stamp, which has one of its own
SOCKS_TURNS = 2  # method and password: answered by the client's own Tor


class Stream:
    """One connection: who said what when, in order."""

    def __init__(self):
        self.said = []  # ("C" or "S", octets, when)

    def hear(self, who, octets):
        if self.said and self.said[-1][0] == who:
            octets = self.said.pop()[1] + octets
        self.said.append((who, octets, time.monotonic()))

    def turns(self):
        """Round trips over the onion so far."""
        return max(0, sum(who == "C" for who, _, _ in self.said) - SOCKS_TURNS)

    def of(self, who):
        return b"".join(octets for speaker, octets, _ in self.said if speaker == who)

    def pause_after(self, pattern):
        """Seconds from the server's words that match to the client's next ones."""
        for (_, words, heard), (_, _, answered) in zip(self.said, self.said[1:]):
            if re.search(pattern, words):
                return answered - heard
        return 0.0

    def pause_before(self, pattern):
        """Seconds from the client's words to the server's answer that matches."""
        for (_, _, asked), (_, words, answered) in zip(self.said, self.said[1:]):
            if re.search(pattern, words):
                return answered - asked
        return 0.0


class Tap:
    """Tap(port) listens on a port of its own and leads to the port; close() ends it and all its connections."""

    def __init__(self, target):
        self.target = target
        self.streams = []
        self.hooks = []
        self.sockets = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def once(self, who, pattern, action):
        """When `who` ("C" or "S") next says what matches, action() comes first; only then is it handed on."""
        self.hooks.append((who, re.compile(pattern, re.S), action))

    def forget(self):
        self.streams, self.hooks = [], []

    def drop(self):
        """Ends all connections; what was not handed on is lost."""
        for sock in self.sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.drop()
        for sock in [self.listener, *self.sockets]:
            sock.close()

    def turns(self):
        return sum(stream.turns() for stream in self.streams)

    def said(self, who):
        return b"".join(stream.of(who) for stream in self.streams)

    def salts(self):
        """The salts of all stamps that went by: one for each mint."""
        return set(re.findall(SALT, self.said("C")))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.target))

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = self.connect()
            except OSError:
                near.close()
                continue
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [near, far]
            stream = Stream()
            self.streams.append(stream)
            for who, source, sink in (("C", near, far), ("S", far, near)):
                threading.Thread(target=self._pump, args=(who, source, sink, stream), daemon=True).start()

    def _pump(self, who, source, sink, stream):
        try:
            while octets := source.recv(65536):
                stream.hear(who, octets)
                self._step_in(who, octets)
                sink.sendall(octets)
        except OSError:
            pass
        finally:
            for sock, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
                with contextlib.suppress(OSError):
                    sock.shutdown(how)

    def _step_in(self, who, octets):
        for hook in list(self.hooks):
            if hook[0] == who and hook[1].search(octets):
                self.hooks.remove(hook)
                hook[2]()
