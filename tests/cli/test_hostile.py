"""deliver against servers, proxies and certificates that are not what they should be."""
import base64
import hashlib
import os
import resource
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build  # noqa: E402
import smtpd  # noqa: E402
import socks  # noqa: E402
from delivercase import Case, CLI, MAIL, RSS_MAX_KIB, SANITIZED, drip  # noqa: E402


class Hostile(Case):
    """Bounded time and memory, a clear reason, and nothing is ever taken for sent."""

    def setUp(self):
        super().setUp()
        self.configure(reply_wait="2s", connect_wait="2s", max_time="2s")

    def hostile(self, status, enhanced, says, **methods):
        session = type("Hostile", (smtpd.Guarded,), methods)
        guard = smtpd.Guard(session)
        host = self.server(guard, repr((says, sorted(methods))))
        begin = time.monotonic()
        text = self.fails(status, enhanced, says, host)
        self.assertLess(time.monotonic() - begin, 60)
        self.assertLess(len(text), 5000)
        self.assertEqual(guard.mails, [])
        if not SANITIZED:
            self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, RSS_MAX_KIB)
        return guard

    def demanding(self, token, status, enhanced, says):
        def message(self, mail):
            self.say(f"554 5.7.1 {token} proof of work required")

        return self.hostile(status, enhanced, says, message=message)

    def test_demands(self):
        quote = base64.urlsafe_b64encode(b"q" * 49152).decode()
        for token, says in ((f"onionpow:1:sha256/{2**60}", "unknown or refused"),
                            (f"onionpow:1:sha256/{2**56}", "beyond this sender's limits"),
                            ("onionpow:1:argon2id-16m/67108864", "beyond this sender's limits"),
                            ("onionpow:1:argon2id-256m/1", "memory"),
                            ("onionpow:1:rot13/1,randomx/5", "unknown or refused")):
            with self.subTest(token=token):
                self.assertEqual(self.demanding(token, 69, "5.7.1", says).stamps, [])
        self.demanding(f"onionpow:1:sha256/256/{quote}", 75, "4.5.0", "beyond")  # a line of 64 KiB

    def test_endless_reply(self):
        def endless(self, *_):
            while True:
                self.say(*["250-more"] * 100)

        for method in ("do_ehlo", "do_mail"):
            self.hostile(75, "4.5.0", "without an end", **{method: endless})
        self.hostile(75, "4.5.0", "may have been delivered", message=endless)

    def test_long_line(self):
        def long(self, *_):
            self.say("250 " + "x" * 1000000)

        for method in ("greeting", "do_ehlo", "do_mail"):
            self.hostile(75, "4.5.0", "beyond 4096 octets", **{method: long})

    def test_silence(self):
        def silent(self, *_):
            while True:
                self.line()

        for method in ("greeting", "do_ehlo", "do_mail", "do_rcpt", "do_data"):
            with self.subTest(method=method):
                self.hostile(75, "4.4.2", "no answer in time", **{method: silent})
        self.hostile(75, "4.4.2", "it may have been delivered", message=silent)

    def test_drip(self):
        def drip(self, *_):
            while True:
                self.send(b"2")
                time.sleep(0.1)

        self.hostile(75, "4.4.2", "no answer in time", greeting=drip)

    def test_drip_of_whole_lines(self):
        """Each line and each reply comes in time, but there is an end to all waiting together."""
        self.configure(trip_wait="2s", reply_wait="10m", connect_wait="10m")
        for method in ("greeting", "do_ehlo", "do_mail", "do_rcpt", "do_data", "message"):
            with self.subTest(method=method):
                if method == "message":  # the reply to it has twice its own time
                    self.configure(trip_wait="2s", reply_wait="1s")
                ended = threading.Event()

                def slow(self, *_, code={"greeting": 220, "do_data": 354}.get(method, 250)):
                    drip(self, f"{code}-more")
                    ended.set()

                says = "may have been delivered" if method == "message" else "(trip-wait) is over"
                self.hostile(75, "4.4.2", says, **{method: slow})
                self.assertFalse(ended.is_set())

    def test_reply_to_the_message(self):
        """Neither trip-wait nor buffers on the way have us leave before it: the mail would come twice."""
        class Slow(smtpd.Session):
            def message(self, mail):
                time.sleep(6)
                self.accept(mail)

        server = smtpd.Smtpd(Slow)
        host = self.server(server)
        self.configure(trip_wait="3s")
        self.delivered(host)
        self.configure(reply_wait="2s")
        self.delivered(host, mail=MAIL + b"x" * 71 + b"\n" + (b"y" * 71 + b"\n") * 600)
        self.assertEqual(len(server.mails), 2)

    def test_ways_that_all_fail(self):
        """Mail does not bounce while one of them may work later."""
        class Closed(smtpd.Session):
            def greeting(self):
                self.say("554 5.3.2 being mended")

        closed = [self.server(smtpd.Smtpd(Closed), seed) for seed in ("a", "b")]
        down = socks.onion("c")
        self.configure(map='"%s"' % self.path("map"))
        for ways, status, enhanced, says in (
                ([closed[0], down], 75, "4.4.1", down), ([down, closed[0]], 75, "4.4.1", down),
                (closed, 69, "5.3.2", closed[0])):
            with self.subTest(ways=ways):
                with open(self.path("map"), "w", encoding="ascii") as file:
                    file.writelines(f"example.test {way}\n" for way in ways)
                self.fails(status, enhanced, says, "example.test")

    def test_drip_over_connections(self):
        """A server that wears us down twice: TLS that does not work makes a second connection."""
        def greeting(self):
            time.sleep(1.5)
            self.say("220 mail.test")

        self.configure(trip_wait="2s", reply_wait="10m", connect_wait="10m")
        guard = self.hostile(75, "4.4.2", "(trip-wait) is over", greeting=greeting,
                             extensions=["STARTTLS"],
                             do_starttls=lambda self, line: self.say("421 4.3.2 bye"))
        self.assertLessEqual(guard.connections, 2)

    def test_drip_of_the_proxy(self):
        self.proxy.mute = True
        self.configure(trip_wait="1s", connect_wait="10m")
        self.fails(75, "4.4.2", "(trip-wait) is over while connecting", socks.onion("x"))

    def test_a_server_that_does_not_read(self):
        def deaf(self, line):
            self.say("354 go on")
            threading.Event().wait(30)

        guard = smtpd.Smtpd(type("Deaf", (smtpd.Session,), {"do_data": deaf, "extensions": []}))
        with tempfile.TemporaryFile() as mail:  # more than all sockets on the way can hold; not in our own memory
            mail.write(b"A: b\n\n")
            for _ in range(48):
                mail.write(b"x" * 1000000)
            mail.seek(0)
            self.fails(75, "4.4.2", "while the message was sent", self.server(guard), mail=mail)

    def test_yes_to_everything(self):
        def yes(self, *_):
            while True:
                self.line()
                self.say("250 ok")

        guard = self.hostile(75, "4.5.0", "at DATA", do_ehlo=lambda self, line: (self.say("250 ok"), yes(self)))
        self.assertNotIn(b"Hello Bob,\r\n", guard.wire)

    def test_answers_before_questions(self):
        answers = b"250-a\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n"
        self.hostile(75, "4.5.0", "", greeting=lambda self: self.send(b"220 hi\r\n" + answers))

    def test_taken_before_it_is_sent(self):
        def early(self, line):
            self.send(b"354 go\r\n250 2.0.0 taken\r\n")
            self.read_data()

        self.hostile(75, "4.5.0", "means nothing", do_data=early)

    def test_refused_while_it_is_sent(self):
        def early(self, line):
            self.say("354 go", "552 5.3.4 too much")
            self.stream.read(1000)

        self.hostile(69, "5.3.4", "said: 552 5.3.4 too much", do_data=early)

    def test_no_smtp(self):
        for octets in (b"HTTP/1.1 400 Bad Request\r\n", b"\0\1\2\3\r\n", b"\r\n", b"999 x\r\n"):
            self.hostile(75, "4.5.0", "no SMTP", greeting=lambda self, say=octets: self.send(say))

    def test_closed_at_once(self):
        def close(self, *_):
            raise smtpd.Gone

        self.hostile(75, "4.4.2", "closed the connection", greeting=close)

    def test_control_characters_do_not_get_through(self):
        self.hostile(69, "5.7.1", "no??[31m?",
                     do_rcpt=lambda self, line: self.send(b"550 5.7.1 no\0\x1b[31m\xff\r\n"))

    def test_proxy_trouble(self):
        host = socks.onion("x")
        self.proxy.mute = True
        self.fails(75, "4.4.1", "timed out", host)
        self.proxy.mute, self.proxy.hosts = False, {}
        self.fails(75, "4.4.1", "(240)", host)
        talker = smtpd.Smtpd()
        self.addCleanup(talker.close)
        for proxy, says in (("127.0.0.1:1", "Couldn't connect"),
                            ("[::1]:1", "the SOCKS proxy [::1]:1: "),
                            ("localhost:1", "Couldn't connect"),
                            ("nobody.invalid:1", "nobody.invalid:1: "),
                            (self.path("nothing"), "Couldn't connect"),
                            (self.path("x" * 200), "too long"),
                            (f"127.0.0.1:{talker.port}", "version")):
            with self.subTest(proxy):
                self.configure(proxy=proxy, connect_wait="2s")
                self.fails(75, "4.4.1", says, host)


class Dearer(smtpd.Session):
    """Takes no stamp: asks for more each time, or says after two that it is busy."""
    demands = 0

    def message(self, mail):
        self.demands += 1
        with self.server.lock:
            self.server.asked += 1
            stamps = {"".join(stamp.split()) for stamp in mail.stamps()} - self.server.stamps
            self.server.stamps |= stamps
            if stamps:
                self.server.price = self.server.price * 9 // 8
            token = f"onionpow:1:sha256/{self.server.price}"
        if self.server.busy and self.demands > 2:
            self.say("451 4.3.2 try again")
        else:
            self.say(f"554 5.7.1 {token} proof of work required")


class Greedy(Case):
    """Servers that have us mint, and nothing else in mind."""

    # A single thread of no machine mints it within a test, and any does within a day.
    ENDLESS = 2**33

    def dearer(self, seed, price=500000, busy=False):
        server = smtpd.Smtpd(Dearer)
        server.stamps, server.asked, server.price, server.busy = set(), 0, price, busy
        return server, self.server(server, seed)

    def accounts(self):
        try:
            return os.listdir(self.path("state", "credit"))
        except FileNotFoundError:
            return []

    def mail(self, i):
        return MAIL.replace(b"<1@", b"<%d@" % i)

    def background(self, host, i, sender="alice@sender.test"):
        """A delivery of another mail, that the test need not wait for."""
        with open(self.path(f"mail{i}"), "wb") as mail:
            mail.write(self.mail(i))
        with open(self.path(f"mail{i}"), "rb") as mail:
            run = subprocess.Popen([CLI, "deliver", "--config", self.path("sender.conf"),
                                    "--sender", sender, f"u{i}@{host}"],
                                   stdin=mail, stderr=subprocess.DEVNULL)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        return run

    def spend(self, milliseconds):
        """As if so much had been minted for the one destination that has an account."""
        with open(self.path("state", "credit", *self.accounts()), "w", encoding="ascii") as file:
            file.write(f"minted {milliseconds} since {int(time.time())}\n")

    def test_work_for_nothing_has_an_end(self):
        self.configure(max_time="1h", threads=1)  # the price fits on any machine
        for busy in (False, True):
            with self.subTest(busy=busy):
                server, host = self.dearer(f"busy {busy}", busy=busy)
                self.deliver(host)
                self.assertEqual(len(server.stamps), 2)
                self.spend(9000000)
                done = self.deliver(host)
                self.assertEqual(done.returncode, 75)
                self.assertRegex(done.stderr, rb"\A4\.7\.1 .*has taken no stamp since.* enough for"
                                              rb" this one in \d.* said: 554 5\.7\.1 onionpow:1:sha256/")
                minted, asked = len(server.stamps), server.asked
                for i in range(2, 5):  # nor for another mail
                    self.fails(75, "4.7.1", "has taken no stamp since", host, mail=self.mail(i),
                               rcpt=f"user{i}")
                self.assertEqual((len(server.stamps), server.asked - asked), (minted, 3))
                shutil.rmtree(self.path("state"))

    def test_a_stamp_that_is_taken_ends_it(self):
        self.configure(max_time="1h", threads=1)
        guard, host = self.guard()
        guard.session = type("Busy", (smtpd.Guarded,),
                             {"accept": lambda session, mail: session.say("451 4.3.2 no")})
        self.fails(75, "4.3.2", "said: 451", host)
        self.spend(9000000)
        self.fails(75, "4.7.1", "of minting and has taken no stamp", host, mail=self.mail(2),
                   rcpt="carol")
        guard.session, guard.spent = smtpd.Guarded, set()
        self.delivered(host)
        self.assertEqual(self.accounts(), [])
        self.delivered(host, mail=self.mail(2), rcpt="carol")
        self.assertEqual(self.accounts(), [])

    def test_who_is_killed_has_had_it(self):
        self.configure(max_time="1d", threads=1)
        _, host = self.dearer("killed", self.ENDLESS)
        run = self.background(host, 1)
        build.until("the mint", self.accounts)
        run.kill()
        run.wait()
        with open(self.path("state", "credit", *self.accounts()), encoding="ascii") as file:
            self.assertGreater(int(file.read().split()[1]), 60000)

    def test_starves_nobody(self):
        """Ten mails wait for a stamp that takes for ever, and one of them has a slot."""
        self.configure(max_time="1d", threads=1, minters=2)
        server, evil = self.dearer("evil", self.ENDLESS)
        _, host = self.guard()
        for i in range(10):
            self.background(evil, i)
        build.until("ten demands", lambda: server.asked == 10 and self.accounts())
        for i in range(3):
            self.delivered(host, rcpt=f"user{i}", mail=self.mail(100 + i))

    def test_bounces_leave_a_slot(self):
        self.configure(max_time="1d", bounce_max_time="1d", threads=1, minters=2)
        evil = [self.dearer(f"evil {i}", self.ENDLESS) for i in range(3)]
        _, host = self.guard()
        for i, (_, name) in enumerate(evil):
            self.background(name, i, sender="")
        build.until("demands", lambda: all(server.asked for server, _ in evil) and
                    self.accounts())
        for i in range(3):
            self.delivered(host, rcpt=f"user{i}", mail=self.mail(100 + i))
        self.configure(max_time="1d", bounce_max_time="0")
        self.fails(69, "5.7.1", "no stamp is minted for a bounce here", host, sender="",
                   mail=self.mail(200))


class Tls(Case):
    @classmethod
    def setUpClass(cls):
        cls.certificates = tempfile.mkdtemp(prefix="onionpow-deliver-")
        for name in ("one", "two"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=" + name, "-keyout", f"{cls.certificates}/{name}.key",
                            "-out", f"{cls.certificates}/{name}.crt"], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.certificates)

    def context(self, name="one"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.certificates}/{name}.crt", f"{self.certificates}/{name}.key")
        return context

    def pin(self, name="one"):
        with open(f"{self.certificates}/{name}.crt", encoding="ascii") as file:
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()[:40]

    class Offering(smtpd.Guarded):
        extensions = ["PIPELINING", "STARTTLS"]

        def do_ehlo(self, line):
            self.extensions = ["PIPELINING"] + ["STARTTLS"] * (not self.tls)
            super().do_ehlo(line)

        def do_mail(self, line):
            self.server.secure = self.tls
            super().do_mail(line)

    def offering(self, session=Offering, **options):
        return self.guard(session, context=self.context(), **options)

    def test_offered(self):
        guard, host = self.offering()
        self.delivered(host)
        self.assertTrue(guard.secure)
        self.says(guard, ["EHLO", "STARTTLS", "EHLO"] + ["MAIL", "RCPT", "DATA"] * 2 + ["QUIT"])

    def test_never(self):
        self.configure(tls="never")
        guard, host = self.offering()
        self.delivered(host)
        self.assertFalse(guard.secure)

    def test_implicit(self):
        self.configure(tls="implicit")
        guard, host = self.offering(implicit=True)
        self.delivered(host)
        self.assertTrue(guard.secure)

    def test_required(self):
        self.configure(tls="required")
        guard, host = self.offering()
        self.delivered(host)
        self.assertTrue(guard.secure)
        bare = smtpd.Smtpd()
        self.fails(75, "4.7.4", "does not offer it", self.server(bare, "bare"))
        self.assertEqual(bare.commands(), ["EHLO"])

    def test_refused(self):
        refusing = type("Refusing", (self.Offering,), {"do_starttls": lambda s, line: s.say("454 4.7.0 not now")})
        guard, host = self.offering(refusing)
        self.delivered(host)
        self.assertFalse(guard.secure)
        self.configure(tls="required")
        self.fails(75, "4.7.4", "the server refuses it: 454 4.7.0 not now", host)
        guard.session = type("Never", (self.Offering,),
                             {"do_starttls": lambda s, line: s.say("554 5.7.0 never")})
        self.fails(75, "4.7.4", "the server refuses it: 554 5.7.0 never", host)

    def test_broken(self):
        broken = type("Broken", (self.Offering,), {"start_tls": lambda s: (s.connection.recv(1), s.send(b"this is no TLS\r\n"))})
        guard, host = self.offering(broken)
        self.delivered(host)
        self.assertEqual((guard.secure, guard.connections), (False, 2))
        self.configure(tls="required")
        self.fails(75, "4.7.5", "TLS is required, and cannot be started", host)

    def test_pin(self):
        guard, host = self.offering()
        self.delivered(f"{self.pin()}.{host}")
        self.assertTrue(guard.secure)
        self.assertEqual(guard.mails[0].rcpts, ["bob@" + host])

    def test_wrong_pin(self):
        guard, host = self.offering()
        self.fails(75, "4.7.5", "the certificate is not the one", f"{self.pin('two')}.{host}")
        self.assertEqual(guard.commands(), ["EHLO", "STARTTLS"])

    def test_a_pin_makes_tls_mandatory(self):
        server = smtpd.Smtpd()
        self.fails(75, "4.7.4", "required", f"{self.pin()}.{self.server(server)}")
        self.assertEqual(server.commands(), ["EHLO"])

    def test_injection(self):
        """What is said in clear behind the reply to STARTTLS is never taken for something said under TLS."""
        def starttls(session, line):
            session.send(b"220 go\r\n250-mail.test\r\n250 PIPELINING\r\n")
            session.start_tls()

        self.configure(tls="required")
        guard, host = self.offering(type("Injecting", (self.Offering,), {"do_starttls": starttls}))
        self.fails(75, "4.5.0", "more than was asked for", host)
        self.assertNotIn("MAIL", guard.commands())


if __name__ == "__main__":
    unittest.main()
