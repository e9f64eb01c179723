"""The two ends of the way: a Postfix behind onion services, and a Postfix with ordinary users in front of Tor.

Both are the recipes of etc/, pasted as they are, with nothing but paths, users and ports replaced.
"""
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from postfix import Postfix
from case import snippet
from smtp import Smtp
from tap import SALT, Tap

import build

PATIENCE_S = 240  # a guard against hanging, for what goes over many circuits

MAP_SOCKET = "/run/onionpow-map/map.sock"  # as unit and recipe have it

# Whatever Postfix would hand on to another host shows in its log as this.
RELAYED = "this went to another host"
OUTGOING = f"""
default_transport = discard:{RELAYED}
relay_transport = discard:{RELAYED}
relay_domains =
local_transport = discard:this stayed here
"""

RECEIVING = """
virtual_mailbox_domains = {dir}/domains
allow_min_user = yes
""" + OUTGOING

# A listener for everyone's relaying, if nothing but Postfix's own rules were in the way.
WIDE = """
  -o mynetworks=0.0.0.0/0,[::]/0
  -o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination
"""

PICKY = """
  -o { smtpd_recipient_restrictions = check_recipient_access regexp:{{/^refused@/ 550 5.1.1 no such mailbox here}} }
"""

TLS = """
  -o smtpd_tls_security_level=may
  -o smtpd_tls_cert_file={dir}/tls.pem
  -o smtpd_tls_key_file={dir}/tls.pem
"""

SENDER_CONF = """
socks = "127.0.0.1:{socks}"
state = "{state}"
minters = 2
{more}
"""


def usable():
    """None, or the reason why Tor cannot be let in to the listeners."""
    return None if shutil.which("setfacl") else "needs the program setfacl: Debian's package acl"


class Receiver(Postfix):
    """Its listeners are unix sockets, as the recipe has it; service(name) is what torrc says of one.

    mail: the recipe. free: the same, under another name. tls: with a certificate. open, naked: would relay for
    everyone, with the milter and without.
    """

    NAMES = ("mail", "free", "tls", "open", "naked")

    def __init__(self, milter_socket):
        recipe = snippet("postfix", "master.cf.unix").replace("/run/onionpow/milter.sock", milter_socket)

        def listener(name, more=""):
            return (recipe.replace("\nonion     unix", f"\n{name} unix")
                    .replace("daemon_name=ONION", f"daemon_name={name.upper()}").rstrip("\n") + more)
        wide = listener("open", WIDE)
        master = "\n".join([
            listener("mail", PICKY), listener("free"), listener("tls", TLS), wide,
            "naked unix n - n - - smtpd\n  -o smtpd_upstream_proxy_protocol=haproxy" + WIDE,
            "tlsmgr unix - - n 1000? 1 tlsmgr"])
        super().__init__({}, snippet("postfix", "main.cf") + RECEIVING, master)
        self.certify()

    def service(self, name):
        return (f"HiddenServicePort 25 unix:{self.path('queue', 'public', name)}\n"
                "HiddenServiceExportCircuitID haproxy")

    def serve(self, onions):
        """Takes mail for these names."""
        self._write("domains", "\n".join(onions) + "\n")
        self.start()
        self.let_tor_in()
        return self

    def let_tor_in(self):
        """By the command that the recipe has."""
        command = re.search(r"(?m)^# +(setfacl .*)$", snippet("postfix", "master.cf.unix"))[1]
        done = build.run(*command.replace("/var/spool/postfix", self.path("queue")).split())
        if done.returncode != 0:
            raise AssertionError(f"{command}: {done.stderr}")

    def certify(self):
        done = build.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                         "-days", "2", "-subj", "/CN=mx.test", "-keyout", self.path("tls.key"),
                         "-out", self.path("tls.crt"))
        if done.returncode != 0:
            raise AssertionError(f"openssl: {done.stderr}")
        texts = []
        for name in ("tls.key", "tls.crt"):
            with open(self.path(name), encoding="ascii") as text:
                texts.append(text.read())
        self._write("tls.pem", "".join(texts))

    def fingerprint(self):
        """SHA-256 of the certificate, in hexadecimal."""
        done = build.run("openssl", "x509", "-in", self.path("tls.crt"), "-noout", "-fingerprint", "-sha256")
        return done.stdout.split("=")[1].strip().replace(":", "").lower()

    def relayed(self):
        return [line for line in self.log().splitlines() if RELAYED in line]

    def arrived(self, message):
        """When the message's file came into being, for each copy."""
        folder = self.path("mail", "all", "new")
        found = []
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            with open(os.path.join(folder, name), "rb") as mail:
                if message.mark.encode() in mail.read():
                    found.append(os.stat(os.path.join(folder, name)).st_ctime)
        return found


class SendingUser:
    """What a sender keeps: a program that its user may run, a configuration and a state directory.

    The directory is its home too, for a program that knows no --config.
    """

    def __init__(self, directory):
        self.dir = directory
        self.user = pwd.getpwnam("nobody")
        self.cli = shutil.copy(build.CLI, os.path.join(directory, "onionpow"))
        self.state = os.path.join(directory, "state")
        self.conf = os.path.join(directory, ".config", "onionpow", "sender.conf")
        os.makedirs(os.path.dirname(self.conf))
        os.mkdir(self.state, 0o700)
        os.chown(self.state, self.user.pw_uid, self.user.pw_gid)

    def configure(self, socks, more=""):
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(SENDER_CONF.format(socks=socks, state=self.state, more=more))

    def command(self, verb):
        return f"{self.cli} {verb} --config={self.conf}"

    def run(self, *argv, octets=b"", **env):
        """A program as this user runs it."""
        return subprocess.run(argv, input=octets, capture_output=True, timeout=300, cwd=self.dir,
                              user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[],
                              env={"PATH": os.defpath, "HOME": self.dir, "EMAIL": "alice@example.test"} | env)

    def forget(self):
        """What it remembers: offers, stamps."""
        for name in os.listdir(self.state):
            path = os.path.join(self.state, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    def salts(self):
        """Those of the stamps that wait for their mail."""
        found = []
        for folder, _, names in os.walk(self.state):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    found += re.findall(SALT, file.read())
        return set(found)


class Outbox(Postfix):
    """Takes mail from local users, and for users of example.test; hands on nothing unless `main` says how."""

    def __init__(self, main="", master=""):
        super().__init__({}, OUTGOING + "myhostname = sender.test\n" + main, master)
        self.read = 0

    def submit(self, message, sender="alice@example.test", recipients=()):
        """As a mail client does: sendmail -t, or with recipients on the command line."""
        to = ["--", *recipients] if recipients else ["-t"]
        done = subprocess.run(["sendmail", "-C", self.path("conf"), "-i", "-f", sender, *to],
                              input=message.text().replace(b"\r\n", b"\n"), capture_output=True, timeout=build.HANG_S)
        if done.returncode != 0:
            raise AssertionError(f"sendmail: {done.stderr}")

    def lines(self, recipient, status):
        """Of the log, since forget()."""
        return [line for line in self.log()[self.read:].splitlines()
                if f"to=<{recipient}>" in line and f"status={status}" in line]

    def forget(self):
        """Begins anew: what is in the queue, what the log has."""
        self.command("postsuper", "-d", "ALL")
        self.read = len(self.log())

    def outcome(self, recipient, status):
        """The log lines with this status for the recipient, once there is one."""
        try:
            return build.until(f"status={status} for {recipient}", lambda: self.lines(recipient, status), PATIENCE_S)
        except TimeoutError as late:
            raise AssertionError(f"{late}\n{self.log()}") from None

    def retry(self):
        self.command("postqueue", "-f")

    def empty(self):
        build.until("the sender's queue to be empty", lambda: not self._files() and not self.queued(), PATIENCE_S)


class Sender(Outbox):
    """Onion mail by the recipe; by its other lines with map_socket, for ordinary domains too, and
    with own, a name whose mail stays here. main and master: what the host has besides.
    """

    def __init__(self, map_socket=None, own=None, main="", master=""):
        main += snippet("postfix", "sender.main.cf")
        for mark, value in ((MAP_SOCKET, map_socket), ("NAME.onion", own)):
            if value:
                line = re.search(rf"(?m)^#(transport_maps = .*{re.escape(mark)}.*)$", main)[1]
                main += line.replace(mark, value) + "\n"
        super().__init__(main, master)
        self.user = SendingUser(self.dir)
        master = snippet("postfix", "sender.master.cf").replace("onionpow-sender", "nobody").replace(
            "/usr/bin/onionpow deliver", self.user.command("deliver"))
        with open(self.path("conf", "master.cf"), encoding="utf-8") as text:
            jailed = re.sub(r"(?m)^(rewrite +unix +- - )n", r"\1y", text.read())  # as Debian has it
        self._write("conf/master.cf", jailed + master)

    def forget(self):
        """What its user remembers too."""
        super().forget()
        self.user.forget()


class Forward(Tap):
    """A local port that leads to an onion service, as somebody sets it up whose mail server knows nothing of Tor."""

    def __init__(self, socks, onion):
        self.onion = onion
        super().__init__(socks)

    def connect(self):
        return socks_connect(self.target, self.onion, 25, "forward")


class MapServer:
    """Answers a Postfix as the unit of etc/ does: its command, with nothing but the paths replaced."""

    def __init__(self, user, path):
        command = re.search(r"(?m)^ExecStart=/usr/bin/onionpow (.*)$", snippet("systemd", "onionpow-map.service"))[1]
        self.argv = [user.cli, *command.replace(MAP_SOCKET, path).split(), f"--config={user.conf}"]
        self.user, self.path = user.user, path
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[])
        build.until("the map server to listen", lambda: os.path.exists(self.path))

    def stop(self):
        """Safe in every state."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(build.HANG_S)
            self.process = None


class OnionSmtp(Smtp):
    """An SMTP client at an onion service: OnionSmtp(socks, onion). Another user, another circuit."""

    def __init__(self, socks, onion, user="test", hello="sender.test"):
        self.sock = socks_connect(socks, onion, 25, user)
        self.stream = self.sock.makefile("rb")
        self.greeting = self.reply()
        if self.greeting.code == 220 and hello:
            self.command(f"EHLO {hello}")


def socks_connect(port, host, host_port, user):
    sock = socket.create_connection(("127.0.0.1", port), build.HANG_S)
    sock.settimeout(3 * build.HANG_S)
    for request, reply in ((b"\5\1\2", b"\5\2"),
                           (bytes([1, len(user)]) + user.encode() + b"\1x", b"\1\0"),
                           (b"\5\1\0\3" + bytes([len(host)]) + host.encode() + host_port.to_bytes(2, "big"),
                            b"\5\0\0\1" + bytes(6))):
        sock.sendall(request)
        answer = b""
        while len(answer) < len(reply):
            octets = sock.recv(len(reply) - len(answer))
            if not octets:
                break
            answer += octets
        if answer != reply:
            sock.close()
            raise ConnectionError(f"SOCKS: {answer!r}")
    return sock
