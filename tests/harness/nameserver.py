"""DNS servers of a test's own, on loopback: one with a signed root, made of Debian's nsd and ldnsutils, and one in
Python that says what a test wants, or nothing."""
import glob
import os
import shutil
import socket
import struct
import subprocess
import threading

import build
import port

SRV = 33
NXDOMAIN, SERVFAIL = 3, 2


UNPACKED = os.environ.get("ONIONPOW_NSD", "")  # where the package nsd is unpacked, if it is not installed


def tools():
    """The programs for the signed one; None: they are not here."""
    paths = [shutil.which(name, path=f"{UNPACKED}/usr/sbin:/usr/sbin:/usr/bin")
             for name in ("nsd", "ldns-keygen", "ldns-signzone")]
    return paths if all(paths) else None


def libraries():
    return ":".join(sorted({os.path.dirname(path) for path in glob.glob(f"{UNPACKED}/usr/lib/**/*.so.*", recursive=True)})
                    if UNPACKED else [])


HEAD = "$TTL 300\n@ IN SOA ns.example. admin.example. 1 3600 600 86400 60\n@ IN NS ns.example.\n"


class Signed:
    """A root zone of these records, signed, and zones below it that are not. `forge`: what to replace in the signed
    text, so that its signatures no longer fit."""

    def __init__(self, directory, records, unsigned=None, forge=()):
        self.directory, self.port = directory, port.free_port()
        nsd, keygen, signzone = tools()
        root = "$ORIGIN .\n" + HEAD + "ns.example. IN A 127.0.0.1\n" + "".join(f"{r}\n" for r in records)
        for name in unsigned or {}:
            root += f"{name}. IN NS ns.example.\n"
        self.write("root", root)
        key = subprocess.run([keygen, "-a", "ECDSAP256SHA256", "-k", "."], cwd=directory, check=True,
                             capture_output=True, text=True).stdout.strip()
        self.anchor = os.path.join(directory, key + ".key")
        subprocess.run([signzone, "-o", ".", "-f", "root.signed", "root", key], cwd=directory, check=True)
        with open(os.path.join(directory, "root.signed")) as file:
            signed = file.read()
        for old, new in forge:
            assert old in signed, old
            signed = signed.replace(old, new)
        self.write("root.signed", signed)
        zones = 'zone:\n  name: "."\n  zonefile: "root.signed"\n'
        for name, lines in (unsigned or {}).items():
            self.write(name, f"$ORIGIN {name}.\n" + HEAD + "".join(f"{line}\n" for line in lines))
            zones += f'zone:\n  name: "{name}."\n  zonefile: "{name}"\n'
        self.write("nsd.conf", f"""server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  chroot: ""
  zonesdir: "{directory}"
  database: ""
  pidfile: ""
  xfrdfile: ""
  xfrdir: "{directory}"
  zonelistfile: "{directory}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
{zones}""")
        self.process = subprocess.Popen([nsd, "-d", "-c", os.path.join(directory, "nsd.conf")],
                                        env={**os.environ, "LD_LIBRARY_PATH": libraries()},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        build.until("nsd listens", lambda: port.listens(self.port))

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w") as file:
            file.write(text)

    def stop(self):
        self.process.terminate()
        self.process.wait(build.HANG_S)


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def srv(priority, weight, port_, target):
    return struct.pack("!HHH", priority, weight, port_) + wire_name(target)


class Plain:
    """Answers by a table: name -> a list of SRV data, or a code; None: no answer at all. Other names do not exist.
    `asked` is what it was asked for."""

    def __init__(self, table):
        self.table, self.asked = table, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, client = self.socket.recvfrom(4096)
            except OSError:
                return
            reply = self.answer(query)
            if reply:
                self.socket.sendto(reply, client)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        name, kind = ".".join(labels), struct.unpack("!H", query[at + 1:at + 3])[0]
        if kind == SRV:
            self.asked.append(name)
        found = self.table.get(name, NXDOMAIN)
        if found is None:
            return None
        data = found if isinstance(found, list) and kind == SRV else []
        code = found if isinstance(found, int) else 0
        records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", SRV, 1, 300, len(d)) + d for d in data)
        return (query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(data), 0, 0) + query[12:at + 5] + records)

    def stop(self):
        self.socket.close()
