"""A private Tor network on loopback: three authorities, three relays, a client and a host of onion services.

All of it runs from Debian's package tor, on free ports, in a directory of its own, as an ordinary
user. For root that is the package's, and every process becomes it by itself, as the system's does:
so it has no group but its own. It is up in some twenty seconds. Three things make that certain rather than likely: the first vote
falls when the relays have made themselves known, relays ask for a consensus only when there is one, and the two ends
start only when the consensus lists every relay.
"""
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "harness"))
import build
from control import Control, settled
from port import free_port

USER = "debian-tor"

INTERVAL_S = 20  # between two votes
VOTE_S = 5       # from the launch to the first vote
UP_S = 120       # a guard against hanging; twenty is what it takes

ALL = """
TestingTorNetwork 1
{authorities}
DataDirectory {dir}
ControlSocket {dir}/control
Log notice file {dir}/log
RunAsDaemon 0
# Nobody is left behind if the test is killed.
__OwningControllerProcess {pid}
Nickname {name}
EnforceDistinctSubnets 0
ExtendAllowPrivateAddresses 1
DirAllowPrivateAddresses 1
ClientRejectInternalAddresses 0
AssumeReachable 1
PathsNeededToBuildCircuits 0.75
# Times learnt on loopback are so small that a busy moment looks like a dead circuit.
LearnCircuitBuildTimeout 0
CircuitBuildTimeout 10
NumCPUs 1
AvoidDiskWrites 1
ShutdownWaitLength 0
GeoIPFile {empty}
GeoIPv6File {empty}
"""

RELAYING = """
SocksPort 0
Address 127.0.0.1
ORPort 127.0.0.1:{or_port} IPv4Only
ExitRelay 0
ExitPolicy reject *:*
ServerDNSResolvConfFile {resolver}
ServerDNSDetectHijacking 0
# All clients have one address.
DoSConnectionEnabled 0
DoSCircuitCreationEnabled 0
"""

RELAY = """
# Not before there is a consensus: whoever asks in vain waits long.
TestingServerConsensusDownloadInitialDelay 9
"""

AUTHORITY = """
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
ContactInfo nobody@{name}.test
DirPort 127.0.0.1:{dir_port} IPv4Only
V3AuthVotingInterval {interval} seconds
V3AuthVoteDelay 2
V3AuthDistDelay 2
TestingV3AuthInitialVotingInterval {interval} seconds
TestingV3AuthInitialVoteDelay 2
TestingV3AuthInitialDistDelay 2
V3AuthNIntervalsValid 6
TestingV3AuthVotingStartOffset {offset}
TestingAuthDirTimeToLearnReachability 0
AuthDirTestReachability 0
AuthDirMaxServersPerAddr 0
MinUptimeHidServDirectoryV2 0
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
TestingMinExitFlagThreshold 0
TestingMinFastFlagThreshold 0
"""

END = """
ConnectionPadding 0
CircuitPadding 0
"""

# There is no exit here: what is no onion is refused at once, where it would hang otherwise.
CLIENT = END + """
SocksPort 127.0.0.1:{socks} OnionTrafficOnly IsolateSOCKSAuth ExtendedErrors
"""

HOST = END + """
SocksPort 0
"""


def usable():
    """None, or the reason why no private Tor network can run here."""
    for name in ("tor", "tor-gencert"):
        if not program(name):
            return f"needs the program {name}: Debian's package tor"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(USER)
        except KeyError:
            return f"needs the user {USER}: Debian's package tor"
    return None


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/bin")


class Node:
    """One Tor process."""

    def __init__(self, network, name, torrc):
        self.network, self.name, self.torrc = network, name, torrc
        self.dir = network.directory(name)
        self.process = None
        self.or_port, self.dir_port, self.socks = network.port(), network.port(), network.port()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write_torrc(self, **values):
        become = f"User {USER}\n" if self.network.user else ""
        text = (ALL + become + self.torrc).format(name=self.name, dir=self.dir, or_port=self.or_port, dir_port=self.dir_port,
                                         socks=self.socks, empty=self.network.path("empty"),
                                         resolver=self.network.path("resolv.conf"), interval=INTERVAL_S,
                                         pid=os.getpid(), **values)
        with open(self.path("torrc"), "w", encoding="utf-8") as out:
            out.write(text)

    def start(self):
        with open(self.path("errors"), "wb") as errors:
            self.process = subprocess.Popen(**self.network.command("tor", "-f", self.path("torrc"), "--defaults-torrc",
                                                                   self.network.path("empty")),
                                            stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    def stop(self):
        """Ends it at once; safe in every state."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(build.HANG_S)
            self.process = None

    def check(self):
        """One that cannot have its port, say, ends at once."""
        if self.process.poll() is not None:
            raise AssertionError(f"tor ({self.name}) ended with {self.process.returncode}: {self.log()}")

    def control(self):
        def connect():
            self.check()
            with contextlib.suppress(OSError):
                return Control(self.path("control"))
            return None
        return build.until(f"the control port of {self.name}", connect)

    def wait_bootstrapped(self, percent):
        with self.control() as control:
            build.until(f"{self.name} to be at {percent} %", lambda: control.bootstrapped() >= percent, UP_S)

    def log(self):
        found = ""
        for name in ("errors", "log"):
            with contextlib.suppress(FileNotFoundError), open(self.path(name), encoding="utf-8",
                                                             errors="replace") as log:
                found += log.read()
        return found

    def make_keys(self):
        """An authority's keys and what others say of it in their torrc."""
        keys = self.path("keys")
        os.mkdir(keys, 0o700)
        self.network.own(keys)
        self.network.run("tor-gencert", "--create-identity-key", "-m", "12", "-a", f"127.0.0.1:{self.dir_port}",
                         "-i", f"{keys}/authority_identity_key", "-s", f"{keys}/authority_signing_key",
                         "-c", f"{keys}/authority_certificate", "--passphrase-fd", "0")
        with open(f"{keys}/authority_certificate", encoding="ascii") as certificate:
            identity = next(line.split()[1] for line in certificate if line.startswith("fingerprint "))
        nobody = f"nobody 127.0.0.1:1 {'f' * 40}"
        listed = self.network.run("tor", "--list-fingerprint", "-f", self.network.path("empty"), "--defaults-torrc",
                                  self.network.path("empty"), "--orport", "1", "--dirserver", nobody,
                                  "--nickname", self.name, "--datadirectory", self.dir, "--quiet")
        fingerprint = "".join(listed.split()[1:])
        self.authority = (f"DirAuthority {self.name} orport={self.or_port} no-v2 v3ident={identity} "
                          f"127.0.0.1:{self.dir_port} {fingerprint}")


class Network:
    """Network() makes directories and names the ports; up() starts it, stop() ends all and takes the files away.

    `services` maps a name to the lines of torrc that follow its HiddenServiceDir; onion[name] is its address, as soon
    as it is up.
    """

    def __init__(self, services, say=lambda text: None):
        self.dir = tempfile.mkdtemp(prefix="onionpow-tor-")
        os.chmod(self.dir, 0o711)
        self.say = say
        self.user = pwd.getpwnam(USER) if os.geteuid() == 0 else None
        self.ports = set()
        for name, text in (("empty", ""), ("resolv.conf", "nameserver 127.0.0.1\n")):
            with open(self.path(name), "w", encoding="ascii") as out:
                out.write(text)
        self.authorities = [Node(self, f"authority{i}", RELAYING + AUTHORITY) for i in range(3)]
        self.relays = [Node(self, f"relay{i}", RELAYING + RELAY) for i in range(3)]
        self.client = Node(self, "client", CLIENT)
        self.services = services
        self.host = Node(self, "host", HOST + "".join(
            f"HiddenServiceDir {self.path('host', name)}\n{text}\n" for name, text in services.items()))
        self.nodes = [*self.authorities, *self.relays, self.client, self.host]
        self.onion = {}

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def directory(self, name):
        os.mkdir(self.path(name), 0o700)
        self.own(self.path(name))
        return self.path(name)

    def port(self):
        """A free one that is nobody else's here: none of them is in use before all are given away."""
        port = free_port()
        while port in self.ports:
            port = free_port()
        self.ports.add(port)
        return port

    def own(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def command(self, name, *argv):
        """How to run a program of Tor: arguments for subprocess."""
        return {"args": [program(name), *argv], "cwd": "/", "start_new_session": True,
                "env": {"PATH": os.defpath, "HOME": self.dir}}

    def run(self, name, *argv):
        become = {}
        if self.user:
            become = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        done = subprocess.run(**self.command(name, *argv), **become,
                              input="\n", capture_output=True, text=True, timeout=build.HANG_S)
        if done.returncode != 0:
            raise AssertionError(f"{name}: {done.stdout}{done.stderr}")
        return done.stdout

    def up(self):
        self.say("making the keys of three directory authorities")
        with ThreadPoolExecutor() as pool:
            list(pool.map(Node.make_keys, self.authorities))
        # The consensus of a vote is for the moment four seconds later, when all have had time to sign it.
        offset = int(time.time() + VOTE_S + 4) % INTERVAL_S
        authorities = "\n".join(node.authority for node in self.authorities)
        for node in self.nodes:
            node.write_torrc(authorities=authorities, offset=offset)
        self.say("three authorities and three relays start, and vote on a consensus")
        for node in self.authorities + self.relays:
            node.start()
        build.until("a consensus on all relays", lambda: self._listed() == len(self.authorities + self.relays), UP_S)
        for node in self.relays:
            node.wait_bootstrapped(75)
        self.say("a client and a host of onion services join")
        self.client.start()
        self.start_host()
        self.client.wait_bootstrapped(100)
        return self

    def _listed(self):
        """How many relays the consensus has."""
        for node in self.authorities + self.relays:
            node.check()
        where = f"http://127.0.0.1:{self.authorities[0].dir_port}/tor/status-vote/current/consensus"
        try:
            with urllib.request.urlopen(where, timeout=5) as reply:
                return reply.read().count(b"\nr ")
        except (urllib.error.URLError, OSError):
            return 0

    def start_host(self):
        """Starts the host of the services, and returns when they can be found."""
        self.host.start()
        with self.host.control() as control:
            control.watch("HS_DESC")
            settled(control, 0.5, UP_S)
        for name in self.services:
            with open(self.path("host", name, "hostname"), encoding="ascii") as text:
                self.onion[name] = text.read().strip()

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()
        shutil.rmtree(self.dir, ignore_errors=True)
