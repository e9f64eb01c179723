#!/usr/bin/python3
"""A whole queue at once: one Postfix lets go of many mails to as many onion mailboxes, and each of
them costs one stamp.

The two ends are the recipes of etc/; a SOCKS proxy stands in for Tor. ONIONPOW_QUEUE says how many
mails (120).
"""
import ctypes
import http.client
import os
import random
import re
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tor"))
import postfix
from case import snippet
from ends import Sender

import build
import exposition
from daemon import SUITES
from daemoncase import DaemonCase
from message import Message
from socks import Socks, onion

MAILS = int(os.environ.get("ONIONPOW_QUEUE", "120"))
SERVICES = 5       # Postfix sends to each of them side by side, up to the recipe's maxproc
MINTERS = 2        # of ends.SENDER_CONF
SHARE_MIB = 32     # of max-mem, for each of them
PROGRAM_MIB = 16   # what a delivery takes besides
OWN_MIB = 4        # of that, what it has for itself
LOOK_S = 0.03      # between two samples
LONGER = 20        # times, for a mint that is to be interrupted
PATIENCE_S = 600   # a guard against hanging
AT_ONE = int(re.search(r"(?m)^onionpow_destination_concurrency_limit = (\d+)$",
                       snippet("postfix", "sender.main.cf"))[1])
SANITIZED = b"__asan_init" in open(build.CLI, "rb").read()
IN_MOVED_TO, IN_EVENT = 0x80, struct.Struct("iIII")

LISTENER = 'listener "onion" { match-client = { "fc00:dead:beef:4dad::/64" } mode = enforce }'

# A mailbox for each.
RECEIVING = """
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{{dir}}/mailboxes
default_transport = discard:
relay_transport = discard:
relay_domains =
allow_min_user = yes
"""


class Tor(Socks):
    """Leads all names to the onion listener of a Postfix, with the line that tells one circuit from
    another: Tor has one for each SOCKS user, and onionpow one user for each destination. To
    `silent` it leads too, but nobody says a word there.
    """

    def __init__(self, hosts, path):
        super().__init__()
        self.hosts = {host: number for number, host in enumerate(hosts)}
        self.listener = path
        self.silent, self.hanging = None, []

    def reach(self, host):
        if host == self.silent:
            here, there = socket.socketpair()
            self.hanging.append(there)
            return here
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.listener)
        circuit = f"fc00:dead:beef:4dad::0:{self.hosts[host] + 1}"
        server.sendall(f"PROXY TCP6 {circuit} ::1 68 25\r\n".encode())
        return server


class Minted:
    """Counts the stamps that are put into a purse, by the kernel's own account of the directory."""

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, directory.encode(), IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify")

    def names(self):
        """Of the files, since it was last asked."""
        found = []
        try:
            while events := os.read(self.fd, 1 << 16):
                while events:
                    watch, _, _, length = IN_EVENT.unpack_from(events)
                    if watch < 0:
                        raise OverflowError("events were lost")
                    end = IN_EVENT.size + length
                    found.append(events[IN_EVENT.size:end].rstrip(b"\0").decode())
                    events = events[end:]
        except BlockingIOError:
            return found

    def close(self):
        os.close(self.fd)


def words(*path):
    """The lines of a file of /proc as words; of a process that is gone, none."""
    try:
        with open(os.path.join("/proc", *path), encoding="utf-8", errors="replace") as file:
            return [line.split() for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return []


class Watch(threading.Thread):
    """Looks at a user's deliveries again and again: how many there are, what they take, and who
    has a slot.
    """

    def __init__(self, user):
        super().__init__(daemon=True)
        self.slots = os.path.join(user.state, "slots")
        self.program = os.stat(user.cli).st_ino
        self.over = threading.Event()
        self.looks = self.processes = self.minters = self.one_kib = self.all_kib = 0

    def run(self):
        while not self.over.wait(LOOK_S):
            self.look()

    def finish(self):
        self.over.set()
        self.join()

    def look(self):
        sizes = [self.sizes(pid) for pid in self.deliveries()]
        self.looks += 1
        self.processes = max(self.processes, len(sizes))
        self.one_kib = max([self.one_kib, *(peak for peak, _ in sizes)])
        self.all_kib = max(self.all_kib, sum(now for _, now in sizes))
        # While it looks a slot may change hands: who has one before and after had it meanwhile.
        self.minters = max(self.minters, len(self.holders() & self.holders()))

    def deliveries(self):
        return [pid for pid in os.listdir("/proc") if pid.isdigit() and self.is_delivery(pid)]

    def is_delivery(self, pid):
        try:
            return os.stat(f"/proc/{pid}/exe").st_ino == self.program
        except OSError:
            return False

    @staticmethod
    def sizes(pid):
        """The most it ever had of memory, and what it has now that no other process has too."""
        size = {line[0]: int(line[1]) for line in words(pid, "status")
                if line[0] in ("VmHWM:", "RssAnon:")}
        return size.get("VmHWM:", 0), size.get("RssAnon:", 0)

    def holders(self):
        """Who has locked a slot; the queue before them is none. A line with an arrow waits."""
        if not os.path.isdir(self.slots):
            return set()
        slots = {str(os.stat(os.path.join(self.slots, name)).st_ino)
                 for name in os.listdir(self.slots) if name.isdigit()}
        return {line[4] for line in words("locks")
                if line[1] == "FLOCK" and line[5].split(":")[-1] in slots}


@unittest.skipIf(postfix.usable(), postfix.usable())
class Queue(DaemonCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix="onionpow-queue-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        os.chmod(cls.scratch, 0o755)
        cls.hosts = [onion(number) for number in range(SERVICES)]
        cls.recipients = [f"user{number}@{cls.hosts[number % SERVICES]}" for number in range(MAILS)]
        cls.receiver = cls.serve(os.path.join(cls.scratch, "milter.sock"))
        cls.tor = Tor(cls.hosts, cls.receiver.path("queue", "public", "onion"))
        cls.addClassCleanup(cls.tor.close)
        cls.sender = Sender()
        cls.addClassCleanup(cls.sender.stop)
        cls.sender.command("postconf", "-e", "header_checks=static:HOLD")
        cls.sender.start()

    @classmethod
    def serve(cls, milter):
        recipe = snippet("postfix", "master.cf.unix").replace("/run/onionpow/milter.sock", milter)
        receiving = RECEIVING.format(domains=", ".join(cls.hosts))
        receiver = postfix.Postfix({}, snippet("postfix", "main.cf") + receiving, recipe)
        cls.addClassCleanup(receiver.stop)
        with open(receiver.path("mailboxes"), "w", encoding="ascii") as out:
            out.writelines(f"{address} {address.split('@')[0]}/\n" for address in cls.recipients)
        return receiver.start()

    def setUp(self):
        self.place = self.directory(self.scratch)
        self.metrics = os.path.join(self.place, "metrics.sock")
        self.sender.forget()
        for end in (self.sender, self.receiver):
            for box in os.listdir(end.path("mail")):
                shutil.rmtree(end.path("mail", box))
        self.sender.user.configure(self.tor.address.split(":")[1],
                                   f"max-mem = {MINTERS * SHARE_MIB}MiB")

    def milter(self, **options):
        return self.run_daemon(
            self.place, at=os.path.join(self.scratch, "milter.sock"), privacy="debug",
            listeners=LISTENER,
            extra=f'metrics {{ listen = "local:{self.metrics}" }}', **options)

    def purse(self):
        """The directory of the sender's stamps, and who counts what is put into it."""
        user = self.sender.user
        stamps = os.path.join(user.state, "stamps")
        minted = Minted(stamps)
        self.addCleanup(minted.close)
        os.chown(stamps, user.user.pw_uid, user.user.pw_gid)
        return stamps, minted

    def spent(self):
        """Entries of the ledger."""
        connection = http.client.HTTPConnection("localhost", timeout=build.HANG_S)
        self.addCleanup(connection.close)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.metrics)
        connection.request("GET", "/metrics")
        return exposition.value(connection.getresponse().read().decode(), "onionpow_ledger_entries")

    def held(self, count):
        build.until("all to be held", lambda: len(self.sender.queued()) == count, PATIENCE_S)

    def hold(self, recipients):
        """Queues a mail for each of them; {recipient: message}."""
        mails = {}
        for recipient in recipients:
            message = mails[recipient] = Message(sender="alice@example.test")
            message.body += ".\r\n..two\r\n" + "".join(
                f"{random.getrandbits(8 * length):x}\r\n"
                for length in random.sample(range(1, 400), 9))
            self.sender.submit(message, recipients=[recipient])
        self.held(len(mails))
        return mails

    def release(self):
        """Lets go of all at once."""
        self.sender.command("postsuper", "-H", "ALL")
        self.sender.retry()

    def done(self):
        def empty():
            time.sleep(0.2)  # looking takes time from those who are watched
            return not self.sender.queued()
        build.until("an empty queue", empty, PATIENCE_S)

    def mailbox(self, recipient):
        folder = self.receiver.path("mail", recipient.split("@")[0], "new")
        found = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as mail:
                found.append(mail.read())
        return found

    def check_arrived(self, mails):
        """To each its own, once, and whole."""
        self.receiver.settle()
        for recipient, message in mails.items():
            mail, = self.mailbox(recipient)
            self.assertIn(f"\nDelivered-To: {recipient}\n".encode(), b"\n" + mail)
            self.assertEqual(mail.split(b"\n\n", 1)[1], message.body.replace("\r\n", "\n").encode())
        self.assertEqual(len(os.listdir(self.receiver.path("mail"))), len(mails), "mailboxes")

    def check_sent(self, mails):
        """One delivery of each by the sender's own account, none that failed first, no bounce."""
        log = self.sender.log()[self.sender.read:]
        ends = re.findall(r"(?m) to=<(.*?)>, .* status=(\w+)", log)
        self.assertEqual(sorted(ends), [(recipient, "sent") for recipient in sorted(mails)])
        self.assertEqual(os.listdir(self.sender.path("mail")), [], "bounces")

    def test_queue(self):
        daemon, user = self.milter(), self.sender.user
        mails = self.hold(self.recipients)
        stamps, minted = self.purse()
        watch = Watch(user)
        watch.start()
        began = time.monotonic()
        self.release()
        self.done()
        seconds = time.monotonic() - began
        watch.finish()
        names = minted.names()
        print(f"\n{MAILS} mails in {seconds:.1f} s: {len(names)} stamps minted, {self.spent():.0f} "
              f"spent; at most {watch.processes} deliveries, {watch.minters} minting, "
              f"{watch.one_kib >> 10} MiB in one and {watch.all_kib >> 10} MiB in all "
              f"({watch.looks} looks)", file=sys.stderr)
        self.check_arrived(mails)
        self.check_sent(mails)
        self.check_stamps(daemon, names, len(mails))
        self.assertEqual(os.listdir(stamps), [], "left over")
        self.check_bounds(watch, user)

    def test_stopped_while_it_mints(self):
        """Postfix leaves its deliveries running, and begins with the same mail once it is back."""
        daemon = self.milter(suites=SUITES.replace("work = 32 ", f"work = {32 * LONGER} "))
        mails = self.hold(self.recipients[:1])
        _, minted = self.purse()
        watch = Watch(self.sender.user)
        self.release()
        build.until("a delivery to mint", lambda: self.sender.retry() or watch.holders())
        for verb in ("stop", "start"):
            self.assertEqual(self.sender.command("postfix", verb).returncode, 0)
        self.sender.retry()
        self.done()
        build.until("the last delivery to end", lambda: not watch.deliveries())
        self.check_arrived(mails)
        self.check_stamps(daemon, minted.names(), 1)

    def test_mailbox_that_hangs(self):
        """Its mails take a few deliveries and no more; the others go on."""
        self.milter()
        stuck, well = self.recipients[:2]
        self.tor.silent = stuck.split("@")[1]
        self.addCleanup(self.let_go)
        self.sender.user.configure(self.tor.address.split(":")[1],
                                   "reply-wait = 1h\ntrip-wait = 1h")
        for _ in range(2 * AT_ONE):
            self.sender.submit(Message(sender="alice@example.test"), recipients=[stuck])
        self.held(2 * AT_ONE)
        self.release()
        build.until("some to hang", lambda: len(self.tor.hanging) >= AT_ONE)
        self.sender.submit(Message(sender="alice@example.test"), recipients=[well])
        self.held(2 * AT_ONE + 1)
        self.release()
        self.sender.outcome(well, "sent")
        self.assertEqual(len(self.tor.hanging), AT_ONE)
        self.assertEqual(self.sender.lines(stuck, "deferred"), [])

    def let_go(self):
        """Ends what hangs."""
        self.sender.command("postsuper", "-d", "ALL")
        self.tor.silent = None
        while self.tor.hanging:
            self.tor.hanging.pop().close()

    def check_stamps(self, daemon, names, count):
        passed = [re.search(r" stamp=(\w+)", line)[1] for line in daemon.lines("verdict=pass ")]
        self.assertEqual((len(passed), len(set(passed))), (count, count), "stamps that paid")
        self.assertEqual([line for line in daemon.lines("verdict=fail ")
                          if " reason=missing " not in line], [], "stamps that were refused")
        self.assertEqual(self.spent(), count, "entries of the ledger")
        self.assertEqual((len(names), len(set(names))), (count, count), "stamps that were minted")

    def check_bounds(self, watch, user):
        self.assertGreater(watch.looks, MAILS // 10)
        self.assertGreater(watch.processes, MINTERS)
        self.assertEqual(watch.minters, MINTERS)
        self.assertEqual({name for name in os.listdir(os.path.join(user.state, "slots"))
                          if name.isdigit()}, set(map(str, range(MINTERS))))
        if SANITIZED:
            return
        self.assertLessEqual(watch.one_kib >> 10, SHARE_MIB + PROGRAM_MIB)
        self.assertLessEqual(watch.all_kib >> 10,
                             MINTERS * SHARE_MIB + watch.processes * OWN_MIB)


if __name__ == "__main__":
    unittest.main(verbosity=2)
