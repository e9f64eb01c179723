"""onionpow map and config as their users meet them: lists that are imported, DNS with and without signatures, mail
servers that ask. Every name server and mail server is on loopback."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
import nameserver
import port

A = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"  # Tor's own examples
B = "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion"
C = "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd.onion"
FORGED = A.replace("pg6", "pg7")
OLD = "cssj56utefk3wxsv.onion"
PIN = "03d66dd08835c1ca3f12"
POSTMAP = shutil.which("postmap", path="/usr/sbin:/usr/bin")


class Case(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="onionpow-map-")
        self.addCleanup(shutil.rmtree, self.top)
        self.env = {**os.environ, "HOME": self.top, "XDG_CONFIG_HOME": os.path.join(self.top, "config")}

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def run_(self, *args, **options):
        return build.run(build.CLI, *args, env=self.env, **options)

    def ok(self, *args, **options):
        done = self.run_(*args, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), args)
        return done.stdout

    def fails(self, status, *args, says, **options):
        done = self.run_(*args, **options)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertIn(says, done.stderr)


class Config(Case):
    def test_dump_reads_back(self):
        text = self.ok("config")
        self.assertIn('socks = "127.0.0.1:9050"\n', text)
        self.assertEqual(self.ok("config", "--config", self.write("c", text)), text)

    def test_user_file(self):
        os.makedirs(self.path("config/onionpow"))
        self.write("config/onionpow/sender.conf", f'nice = 3\nown = {{ "Example.org", "{A}" }}\n')
        text = self.ok("config")
        self.assertIn("nice = 3\n", text)
        self.assertIn(f'own = {{ "example.org", "{A}" }}\n', text)
        self.assertIn("nice = 10\n", self.ok("config", "--config", os.devnull))

    def test_check(self):
        self.assertEqual(self.ok("config", "-n"), "")
        self.assertEqual(self.ok("config", "--check", "--config", self.write("c", "tls = never\n")), "")
        wrong = self.write("wrong", "\n\ntls = sometimes\n")
        for flag in ([], ["-n"]):
            self.fails(78, "config", *flag, "--config", wrong,
                       says=f'{wrong}:3: key "tls": got "sometimes", allowed: never, offered')
        self.fails(78, "config", "-n", "--config", self.path("none"), says="No such file")
        self.fails(64, "config", "file", says="takes no argument")

    def test_json(self):
        rows = [json.loads(line) for line in self.ok("config", "--json").splitlines()]
        self.assertTrue(all(row["schema"] == 1 for row in rows))
        values = {row["key"]: row["value"] for row in rows}
        self.assertEqual((values["tls"], values["own"], values["max-time"]), ("offered", [], "10m"))
        self.assertEqual(len(rows), len(self.ok("config").splitlines()))

    def test_every_verb_that_reads_it_refuses_a_wrong_one(self):
        wrong = self.write("wrong", "tls = sometimes\n")
        for args in (["--lookup", "example.org"], ["--listen", "-"]):
            self.fails(78, "map", *args, "--config", wrong, says="got \"sometimes\"")


class Import(Case):
    YAML = f"# A static mapping\n---\n'{OLD}':\n  - 'calyx.com'\n'{A}':\n  - 'koumbit.org'\n  - 'lists.koumbit.org'\n"

    def test_yaml(self):
        for source, text in ((self.write("map.yml", self.YAML), ""), ("-", self.YAML)):
            done = subprocess.run([build.CLI, "map", "--import", source], env=self.env, capture_output=True,
                                  text=True, timeout=build.HANG_S, input=text)
            lines = done.stdout.splitlines()
            self.assertEqual(done.returncode, 0)
            self.assertEqual([line for line in lines if line[0] != "#"],
                             [f"koumbit.org {A}", f"lists.koumbit.org {A}"])
            self.assertEqual(len([line for line in lines if line.startswith(f"# left out: calyx.com {OLD}: ")]), 1)
            self.assertEqual(done.stderr, "onionpow: note: 2 taken, 1 left out\n")

    def test_transport(self):
        source = self.write("tor_transport", f".onion smtptor:\nriseup.net   smtptor:[{A}]\na.example smtp:[{B}]:26\n")
        self.assertEqual(self.run_("map", "--import", source).stdout,
                         "# left out: .onion : only whole domains have lines in the map\n"
                         f"riseup.net {A}\na.example {B}:26\n")

    def test_imported_map_is_used(self):
        text = self.ok("map", "--quiet", "--import", self.write("map.yml", self.YAML))
        conf = self.write("conf", f'map = "{self.write("map", text)}"\nsrv = no\n')
        self.assertEqual(self.ok("map", "--lookup", "bob@koumbit.org", "--config", conf), f"koumbit.org {A}\n")
        self.fails(1, "map", "--lookup", "calyx.com", "--config", conf, says="not in the map")

    def test_refused(self):
        self.fails(65, "map", "--import", self.write("x", f"'{OLD}':\n - calyx.com\n"), says="no domain with")
        self.fails(65, "map", "--import", self.write("x", "<html>\n"), says="line 1: got")
        self.fails(65, "map", "--import", self.write("x", f"a.example {A}\n\n  what\n"), says="line 3: got")
        self.fails(66, "map", "--import", self.path("none"), says="No such file")
        self.fails(64, "map", says="one of --import")
        self.fails(64, "map", "--import", "-", "--lookup", "a.example", says="one of --import")
        self.fails(64, "map", "--lookup", "a.example", "b.example", says="one of --import")


class Lookup(Case):
    def test_without_dns(self):
        server = nameserver.Plain({})
        self.addCleanup(server.stop)
        table = self.write("map", f"two.example {B}:2525 tls=required\ntwo.example {A} pin={PIN}\n")
        conf = self.write("conf", f'map = "{table}"\nown = {{ "own.example", "{C}" }}\n'
                                  f'resolver = "127.0.0.1@{server.port}"\nsrv-insecure = yes\n')
        self.assertEqual(self.ok("map", "--lookup", "Two.Example", "--config", conf),
                         f"two.example {B}:2525 tls=required\ntwo.example {A} tls=required pin={PIN}\n")
        self.assertEqual(self.ok("map", "--lookup", f"bob@{A}", "--config", conf), f"{A} {A}\n")
        rows = [json.loads(line)
                for line in self.ok("map", "--json", "--lookup", "two.example", "--config", conf).splitlines()]
        self.assertEqual(rows[1], {"schema": 1, "domain": "two.example", "host": A, "port": 25, "tls": "required",
                                   "pin": PIN})
        self.fails(69, "map", "--lookup", "own.example", "--config", conf, says="own.example is ours")
        self.fails(69, "map", "--lookup", C, "--config", conf, says="is ours")
        self.fails(65, "map", "--lookup", FORGED, "--config", conf, says="checksum")
        self.fails(65, "map", "--lookup", f"bob@{OLD}", "--config", conf, says="version 2")
        self.fails(1, "map", "--lookup", "bob@[192.0.2.1]", "--config", conf, says="no onion service")
        self.assertEqual(server.asked, [])  # not one of them went to DNS
        self.fails(1, "map", "--lookup", "else.example", "--config", conf, says="DNS has no")
        self.assertEqual(set(server.asked), {"_onion-mx._tcp.else.example"})

    def test_unreadable_map(self):
        conf = self.write("conf", f'map = "{self.write("map", f"a.example {FORGED}")}"\n')
        self.fails(75, "map", "--lookup", "b.example", "--config", conf, says="map:1: the onion address has a wrong")


class PlainDns(Case):
    def setUp(self):
        super().setUp()
        self.server = nameserver.Plain({
            "_onion-mx._tcp.one.example": [nameserver.srv(0, 5, 25, A)],
            "_onion-mx._tcp.three.example": [nameserver.srv(20, 0, 25, C), nameserver.srv(10, 0, 2525, B),
                                             nameserver.srv(5, 1, 25, A)],
            "_onion-mx._tcp.old.example": [nameserver.srv(0, 5, 25, OLD)],
            "_onion-mx._tcp.forged.example": [nameserver.srv(0, 5, 25, FORGED)],
            "_onion-mx._tcp.mixed.example": [nameserver.srv(0, 0, 25, OLD), nameserver.srv(1, 0, 25, A)],
            "_onion-mx._tcp.clear.example": [nameserver.srv(0, 5, 25, "mx.example.org")],
            "_onion-mx._tcp.port.example": [nameserver.srv(0, 5, 0, A)],
            "_onion-mx._tcp.never.example": [nameserver.srv(0, 0, 0, "")],
            "_onion-mx._tcp.wrong.example": [b"\0\0\0\0\0\x19\x07no name"],
            "_onion-mx._tcp.many.example": [nameserver.srv(i, 0, 25 + i, A) for i in range(20)],
            "_onion-mx._tcp.empty.example": [],
            "_onion-mx._tcp.xn--bcher-kva.example": [nameserver.srv(0, 0, 25, A.upper())],
            "_onion-mx._tcp.fails.example": nameserver.SERVFAIL,
            "_onion-mx._tcp.silent.example": None,
        })
        self.addCleanup(self.server.stop)
        self.conf = self.config("srv-insecure = yes\nsrv-wait = 2s\n")

    def config(self, text):
        return self.write("conf", f'resolver = "127.0.0.1@{self.server.port}"\n{text}')

    def lookup(self, domain):
        return self.ok("map", "--lookup", domain, "--config", self.conf)

    def test_found(self):
        self.assertEqual(self.lookup("one.example"), f"one.example {A}\n")
        self.assertEqual(self.lookup("three.example"),
                         f"three.example {A}\nthree.example {B}:2525\nthree.example {C}\n")
        self.assertEqual(self.lookup("mixed.example"), f"mixed.example {A}\n")
        self.assertEqual(self.lookup("B\u00fccher.example"), f"xn--bcher-kva.example {A}\n")
        self.assertEqual(len(self.lookup("many.example").splitlines()), 8)

    def test_refused(self):
        for domain, says in (("old", "version 2"), ("forged", "checksum"), ("clear", "not a name in"),
                             ("port", "cannot be used")):
            self.fails(69, "map", "--lookup", f"{domain}.example", "--config", self.conf, says=says)

    def test_none(self):
        for domain in ("none", "empty"):
            self.fails(1, "map", "--lookup", f"{domain}.example", "--config", self.conf, says="DNS has no")
        self.fails(1, "map", "--lookup", "never.example", "--config", self.conf, says="no onion service")

    def test_ours(self):
        """Whose record names an onion service of ours cannot make us write to ourselves."""
        self.conf = self.config(f'srv-insecure = yes\nown = {{ "{A}" }}\n')
        self.fails(69, "map", "--lookup", "one.example", "--config", self.conf, says="one.example: its onion")
        self.assertEqual(self.lookup("three.example"), f"three.example {B}:2525\nthree.example {C}\n")

    def test_later(self):
        for domain in ("fails", "silent"):
            self.fails(75, "map", "--lookup", f"{domain}.example", "--config", self.conf, says="DNS")

    def test_not_signed(self):
        """Without DNSSEC there is no chain from the anchor, and so nothing is believed: with the system's anchor, or
        with a file that is not there."""
        conf = self.config(f'trust-anchor = "{self.path("none")}"\n')
        self.fails(75, "map", "--lookup", "one.example", "--config", conf, says="no key for DNSSEC to begin with")
        anchor = self.write("anchor", ". IN DS 20326 8 2 "
                            "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n")
        conf = self.config(f'trust-anchor = "{anchor}"\nsrv-wait = 5s\n')
        self.fails(75, "map", "--lookup", "one.example", "--config", conf, says="DNS")


@unittest.skipUnless(nameserver.tools(), "needs the Debian packages nsd and ldnsutils")
class SignedDns(Case):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("dns"))
        self.server = nameserver.Signed(self.path("dns"), [
            f"_onion-mx._tcp.good.example. IN SRV 0 5 25 {A}.",
            f"_onion-mx._tcp.good.example. IN SRV 1 5 2525 {B}.",
            f"_onion-mx._tcp.forged.example. IN SRV 0 5 1111 {A}.",
            f"_onion-mx._tcp.old.example. IN SRV 0 5 25 {OLD}.",
        ], unsigned={"plain.example": [f"_onion-mx._tcp IN SRV 0 5 25 {A}."]}, forge=[("1111", "1112")])
        self.addCleanup(self.server.stop)
        self.conf = self.config("")

    def config(self, text, anchor=None):
        return self.write("conf", f'resolver = "127.0.0.1@{self.server.port}"\n{text}'
                                  f'trust-anchor = "{anchor or self.server.anchor}"\n')

    def test_secure(self):
        self.assertEqual(self.ok("map", "--lookup", "good.example", "--config", self.conf),
                         f"good.example {A}\ngood.example {B}:2525\n")
        self.fails(1, "map", "--lookup", "none.example", "--config", self.conf, says="DNS has no")
        self.fails(69, "map", "--lookup", "old.example", "--config", self.conf, says="version 2")

    def test_insecure(self):
        self.fails(69, "map", "--lookup", "plain.example", "--config", self.conf, says="DNSSEC does not vouch")
        conf = self.config("srv-insecure = yes\n")
        self.assertEqual(self.ok("map", "--lookup", "plain.example", "--config", conf), f"plain.example {A}\n")

    def test_forged(self):
        self.fails(75, "map", "--lookup", "forged.example", "--config", self.conf, says="DNSSEC fails")

    def test_wrong_anchor(self):
        anchor = self.write("anchor", ". IN DS 20326 8 2 "
                            "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n")
        self.fails(75, "map", "--lookup", "good.example", "--config", self.config("", anchor), says="DNSSEC fails")


class Service(Case):
    def setUp(self):
        super().setUp()
        self.dns = nameserver.Plain({"_onion-mx._tcp.dns.example": [nameserver.srv(0, 5, 2525, B)],
                                     "_onion-mx._tcp.silent.example": None,
                                     "_onion-mx._tcp.fails.example": nameserver.SERVFAIL})
        self.addCleanup(self.dns.stop)
        self.table = self.write("map", f"one.example {A}\n")
        self.conf = self.config('own = { "own.example" }\n')
        self.socket = self.path("map.sock")

    def config(self, text):
        return self.write("conf", f'map = "{self.table}"\nresolver = "127.0.0.1@{self.dns.port}"\n'
                                  f'srv-insecure = yes\nsrv-wait = 60s\n{text}')

    def start(self, *args, listen=None):
        process = subprocess.Popen([build.CLI, "map", "--config", self.conf, "--listen",
                                    listen or f"local:{self.socket}", *args],
                                   env=self.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        build.until("it listens", lambda: process.poll() is not None or listen or self.listens())
        return process

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket) == 0

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.connect(self.socket)  # waits if it has to queue
        client.settimeout(build.HANG_S)
        self.addCleanup(client.close)
        return client

    def is_open(self, client):
        client.setblocking(False)
        try:
            return client.recv(1) != b""
        except BlockingIOError:
            return True
        finally:
            client.settimeout(build.HANG_S)

    def ask(self, client, key):
        request = f"transport {key}".encode()
        client.sendall(b"%d:%s," % (len(request), request))

    def answer(self, client):
        text = b""
        while b":" not in text:
            text += self.octet(client)
        length, reply = int(text[:-1]), b""
        while len(reply) < length + 1:
            reply += client.recv(length + 1 - len(reply))
        self.assertEqual(reply[-1:], b",")
        return reply[:-1].decode()

    def octet(self, client):
        octet = client.recv(1)
        self.assertTrue(octet, "the connection was closed")
        return octet

    def asked(self, client, key):
        self.ask(client, key)
        return self.answer(client)

    def test_answers(self):
        self.start()
        client = self.connect()
        for key, want in ((f"bob@one.example", f"OK onionpow:[{A}]:25"), ("one.example", f"OK onionpow:[{A}]:25"),
                          ("dns.example", f"OK onionpow:[{B}]:2525"), ("own.example", "NOTFOUND "),
                          ("none.example", "NOTFOUND "), ("*", "NOTFOUND "), ("", "NOTFOUND "),
                          (f"bob@{C}", f"OK onionpow:[{C}]:25")):
            self.assertEqual(self.asked(client, key), want, key)
        self.assertTrue(self.asked(client, f"bob@{OLD}").startswith("OK error:5.1.2 a version 2"))
        self.assertTrue(self.asked(client, "fails.example").startswith("TEMP "))
        self.assertFalse([name for name in self.dns.asked if "onion" in name[10:] or "own" in name])

    def test_transport_name(self):
        self.start("--transport", "smtptor:")
        self.assertEqual(self.asked(self.connect(), "one.example"), "OK smtptor:")
        self.fails(64, "map", "--listen", "-", "--transport", "a:b", says="want a name such as")

    def test_one_does_not_wait_for_another(self):
        self.start()
        slow, quick = self.connect(), self.connect()
        self.ask(slow, "silent.example")
        build.until("DNS is asked", lambda: self.dns.asked)
        self.assertEqual(self.asked(quick, "one.example"), f"OK onionpow:[{A}]:25")
        self.assertEqual(self.asked(quick, "dns.example"), f"OK onionpow:[{B}]:2525")
        slow.close()  # while it waits
        self.assertEqual(self.asked(quick, "one.example"), f"OK onionpow:[{A}]:25")

    def test_dns_does_not_answer(self):
        with open(self.conf) as file:
            text = file.read().replace("srv-wait = 60s", "srv-wait = 1s")
        self.conf = self.write("conf", text)
        self.start()
        self.assertTrue(self.asked(self.connect(), "silent.example").startswith("TEMP "))

    def test_nonsense(self):
        self.start()
        for text in (b"EHLO x\r\n", b"99999:", b"5:a", b"\0" * 9000):
            client = self.connect()
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            try:
                self.assertEqual(client.recv(100), b"")
            except ConnectionResetError:
                pass
        client = self.connect()
        client.sendall(b"3:abc,")
        self.assertEqual(self.answer(client), "PERM not a request for a value")
        self.assertEqual(self.asked(client, "one.example"), f"OK onionpow:[{A}]:25")

    def test_clients_are_bounded(self):
        process = self.start()
        waiting = self.connect()
        self.ask(waiting, "silent.example")
        build.until("DNS is asked", lambda: self.dns.asked)
        silent = [self.connect() for _ in range(140)]
        late = self.connect()
        self.assertEqual(self.asked(late, "one.example"), f"OK onionpow:[{A}]:25")
        self.assertLess(len(os.listdir(f"/proc/{process.pid}/fd")), 150)
        self.assertEqual(silent[0].recv(1), b"")  # it has been silent longest
        self.assertEqual(self.asked(silent[-1], "one.example"), f"OK onionpow:[{A}]:25")
        live = [waiting, late, *silent[14:]]
        self.assertEqual(len(live), 128)
        for client in live[1:]:
            self.ask(client, "silent.example")
        more = self.connect()  # nobody is silent now, and nobody is sent away
        self.ask(more, "one.example")
        late.close()
        self.assertEqual(self.answer(more), f"OK onionpow:[{A}]:25")
        self.assertTrue(all(self.is_open(client) for client in live if client is not late))

    def test_map_changes(self):
        process = self.start()
        client = self.connect()
        self.assertEqual(self.asked(client, "two.example"), "NOTFOUND ")
        self.write("map", f"two.example {B}\n")
        self.assertEqual(self.asked(client, "two.example"), f"OK onionpow:[{B}]:25")
        self.assertEqual(self.asked(client, "one.example"), "NOTFOUND ")
        self.write("map", f"two.example {FORGED}\n")
        for key in ("two.example", "one.example", "dns.example"):
            self.assertEqual(self.asked(client, key), "TEMP the map cannot be read")
        self.write("map", "")
        self.assertEqual(self.asked(client, "one.example"), "TEMP the map cannot be read")
        self.write("map", f"two.example {C}\n")
        self.assertEqual(self.asked(client, "two.example"), f"OK onionpow:[{C}]:25")
        process.terminate()
        log = process.communicate(timeout=build.HANG_S)[1]
        self.assertEqual(log.count(b"wrong checksum"), 1)
        self.assertEqual(log.count(b"the map is read again"), 2)

    def test_signals(self):
        process = self.start()
        client = self.connect()
        waiting = self.connect()
        self.ask(waiting, "silent.example")
        build.until("DNS is asked", lambda: self.dns.asked)
        self.write("conf", "own = 1 2\n")
        process.send_signal(signal.SIGHUP)
        line = process.stderr.readline()
        self.assertIn(b"the old configuration stays: " + self.conf.encode() + b":1:", line)
        self.assertEqual(self.asked(client, "one.example"), f"OK onionpow:[{A}]:25")
        self.config('own = { "one.example" }\nsrv = no\n')
        process.send_signal(signal.SIGHUP)
        self.assertIn(b"read again", process.stderr.readline())
        self.assertEqual(self.asked(client, "one.example"), "NOTFOUND ")
        self.assertEqual(self.answer(waiting), "NOTFOUND ")  # by the new one
        process.terminate()
        self.assertEqual(process.wait(build.HANG_S), 0)
        self.assertFalse(os.path.exists(self.socket))

    def test_interrupted(self):
        process = self.start()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(build.HANG_S), 0)

    def test_second_at_the_same_place(self):
        first = self.start()
        self.fails(69, "map", "--config", self.conf, "--listen", f"local:{self.socket}", says="cannot listen")
        first.kill()
        first.wait()
        self.start()  # what is left of the first is no hindrance
        self.assertEqual(self.asked(self.connect(), "one.example"), f"OK onionpow:[{A}]:25")

    def test_cannot_begin(self):
        self.write("map", "one.example\n")
        self.fails(78, "map", "--config", self.conf, "--listen", f"local:{self.socket}", says="map:1: the onion")
        self.write("map", "")
        self.fails(78, "map", "--config", self.conf, "--listen", f"local:{self.socket}", says="map: got no line")
        self.write("map", f"one.example {A}\n")
        self.fails(69, "map", "--config", self.conf, "--listen", "inet:25@0.0.0.0", says="of this machine alone")

    def test_standard_streams(self):
        """As spawn(8) of Postfix or inetd runs it: one client, and its end is the end."""
        done = subprocess.run([build.CLI, "map", "--config", self.conf, "--listen", "-", "--protocol", "tcp_table"],
                              env=self.env, input=b"get one.example\nget bob%40none.example\nput a b\n",
                              capture_output=True, timeout=build.HANG_S)
        self.assertEqual(done.stdout, f"200 onionpow:[{A}]:25\n".encode() + b"500 not%20found\n"
                         b"400 not%20a%20request%20for%20a%20value\n")
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    @unittest.skipUnless(POSTMAP, "needs Postfix")
    def test_postfix_asks(self):
        self.start()
        number = port.free_port()
        self.start("--protocol", "tcp_table", listen=f"inet:{number}@127.0.0.1")
        build.until("it listens", lambda: port.listens(number))
        os.mkdir(self.path("postfix"))
        self.write("postfix/main.cf", "compatibility_level = 3.6\n")
        for table in (f"socketmap:unix:{self.socket}:transport", f"tcp:127.0.0.1:{number}"):
            def query(key):
                return build.run(POSTMAP, "-c", self.path("postfix"), "-q", key, table)
            self.assertEqual(query("bob@one.example").stdout, f"onionpow:[{A}]:25\n")
            self.assertEqual(query("dns.example").stdout, f"onionpow:[{B}]:2525\n")
            self.assertEqual(query(f"bob@{OLD}").stdout.split()[0], "error:5.1.2")
            for key in ("bob@own.example", "none.example", "a b%@none.example"):
                done = query(key)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", ""), key)
            self.assertNotEqual(query("fails.example").stderr, "")  # an error, and not a "no"


if __name__ == "__main__":
    unittest.main()
