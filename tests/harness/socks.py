"""A SOCKS5 proxy that stands in for Tor: names of onion services lead to ports of the loopback address."""
import hashlib
import os
import base64
import socket
import threading


def onion(seed="test"):
    """A valid version 3 onion address, the same for the same seed."""
    key = hashlib.sha256(str(seed).encode()).digest()
    checksum = hashlib.sha3_256(b".onion checksum" + key + b"\x03").digest()[:2]
    return base64.b32encode(key + checksum + b"\x03").decode().lower() + ".onion"


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        try:
            end.shutdown(how)
        except OSError:
            pass


class Socks:
    """`hosts` maps a name to a local port; other names get the reply 0xF0, as Tor says of a service unknown to it.

    `seen` lists what each client asked for: (user, password, host, port), and `offered` its
    methods. `mute` = True never answers; `bare` = True takes no user names, `method` makes it
    choose this one whatever is offered; `login` is its answer to user and password."""

    def __init__(self, path=None):
        self.hosts, self.seen, self.offered = {}, [], []
        self.mute, self.bare, self.method, self.login = False, False, None, b"\1\0"
        self.path = path
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(path)
        else:
            self.socket = socket.socket()
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(1024)
        self.address = path or "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                self.talk(client)
            except (OSError, EOFError, AssertionError):
                pass

    def talk(self, client):
        stream = client.makefile("rb")

        def read(count):
            octets = stream.read(count)
            if len(octets) != count:
                raise EOFError
            return octets

        version, count = read(2)
        methods = read(count)
        self.offered.append(methods)
        if self.mute:
            client.recv(1)
            return
        user = password = None
        method = self.method
        if method is None:
            method = 2 if 2 in methods and not self.bare else 0 if 0 in methods else 255
        client.sendall(bytes([5, method]))
        if method == 2:
            read(1)
            user = read(read(1)[0]).decode()
            password = read(read(1)[0]).decode()
            client.sendall(self.login)
        elif method != 0:
            return
        version, command, _, kind = read(4)
        assert (version, command) == (5, 1)
        host = read(read(1)[0]).decode() if kind == 3 else f"address of kind {kind}"
        if kind != 3:
            read(4 if kind == 1 else 16)
        port = int.from_bytes(read(2), "big")
        self.seen.append((user, password, host, port))
        if host not in self.hosts:
            client.sendall(b"\5\xf0\0\1\0\0\0\0\0\0")
            return
        try:
            server = self.reach(host)
        except OSError:
            client.sendall(b"\5\5\0\1\0\0\0\0\0\0")
            return
        with server:
            for end in (client, server):
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join()

    def reach(self, host):
        return socket.create_connection(("127.0.0.1", self.hosts[host]))

    def close(self):
        self.socket.close()
        if self.path:
            os.unlink(self.path)
