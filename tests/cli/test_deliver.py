"""deliver, send, sendmail and probe against scripted servers behind a SOCKS proxy that stands in for Tor."""
import base64
import hashlib
import json
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
import unittest.mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build  # noqa: E402
import smtpd  # noqa: E402
import socks  # noqa: E402

CLI = os.path.join(os.environ["ONIONPOW_BUILD"], "onionpow")
MAIL = (b"From: Alice <alice@sender.test>\nTo: bob\nSubject: hello\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n"
        b"Message-ID: <1@sender.test>\n\nHello Bob,\n.\n..\nMAIL FROM:<x@y>\nbye\n")
WIRE = MAIL.replace(b"\n", b"\r\n")
RSS_MAX_KIB = 96 * 1024  # of a run that mints nothing large; address spaces of sanitizers are not counted
SANITIZED = b"__asan_init" in open(CLI, "rb").read()
OUTER_S = 120  # a guard against hanging


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="onionpow-deliver-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.proxy = socks.Socks()
        self.addCleanup(self.proxy.close)
        self.configure()

    def configure(self, proxy=None, **keys):
        keys = {"connect-wait": "20s", "reply-wait": "20s", "max-time": "60s", "max-mem": "256MiB",
                "minters": 2, "srv": "no", "state": '"%s/state"' % self.directory} | {key.replace("_", "-"): value for key, value in keys.items()}
        with open(self.path("sender.conf"), "w", encoding="ascii") as file:
            file.write('socks = "%s"\n' % (proxy or self.proxy.address))
            for key, value in keys.items():
                file.write(f"{key} = {value}\n")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def server(self, server, seed="one"):
        """The host name of an onion service that leads to this server."""
        self.addCleanup(server.close)
        host = socks.onion(seed)
        self.proxy.hosts[host] = server.port
        return host

    def guard(self, session=smtpd.Guarded, **options):
        guard = smtpd.Guard(session, **options)
        return guard, self.server(guard)

    def run_verb(self, verb, *args, mail=MAIL):
        source = {"input": mail} if isinstance(mail, bytes) else {"stdin": mail}
        done = subprocess.run([CLI, verb, "--config", self.path("sender.conf"), *args], **source,
                              capture_output=True, timeout=OUTER_S)
        self.assertEqual(b"", done.stdout if verb == "deliver" else b"")
        return done

    def deliver(self, host, mail=MAIL, rcpt="bob", sender="alice@sender.test", more=()):
        return self.run_verb("deliver", "--sender", sender, *more, f"{rcpt}@{host}", mail=mail)

    def delivered(self, host, **options):
        done = self.deliver(host, **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def fails(self, status, enhanced, says, host, **options):
        done = self.deliver(host, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertRegex(done.stderr, rb"\A%s [ -~]+\n\Z" % enhanced.replace(".", r"\.").encode())
        self.assertIn(says.encode(), done.stderr)
        return done.stderr

    def says(self, server, commands):
        """The last of them may come when deliver has already gone."""
        build.until("the last command", lambda: len(server.commands()) >= len(commands))
        self.assertEqual(server.commands(), commands)

    def kept(self):
        try:
            return sorted(os.listdir(self.path("state", "stamps")))
        except FileNotFoundError:
            return []


class Way(Case):
    def test_demand_mint_deliver(self):
        guard, host = self.guard()
        self.delivered(host)
        self.assertEqual([mail.stamps() == [] for mail in guard.asked], [True, False])
        mail, = guard.mails
        self.assertEqual((mail.sender, mail.rcpts), ("alice@sender.test", [f"bob@{host}"]))
        self.assertTrue(mail.data.endswith(WIRE))
        head = mail.data[:-len(WIRE)]
        self.assertRegex(head, rb"\AX-Onion-PoW: v=1; a=sha256; d=256; [^\0]*\r\n\Z")
        self.assertEqual(self.kept(), [])

    def test_one_connection_and_few_round_trips(self):
        guard, host = self.guard()
        self.delivered(host)
        self.assertEqual(guard.connections, 1)
        self.says(guard, ["EHLO"] + ["MAIL", "RCPT", "DATA"] * 2 + ["QUIT"])

    def test_without_pipelining(self):
        class Plain(smtpd.Guarded):
            extensions = []

        guard, host = self.guard(Plain)
        self.delivered(host)
        self.assertEqual(len(guard.mails), 1)

    def test_a_server_of_old(self):
        class Old(smtpd.Session):
            def do_ehlo(self, line):
                self.say("500 what?")

        server = smtpd.Smtpd(Old)
        self.delivered(self.server(server))
        self.assertIn("HELO", server.commands())

    def test_pipelined_commands_come_together(self):
        seen = []

        class Watcher(smtpd.Guarded):
            def do_mail(self, line):
                seen.append(self.stream.peek().count(b"\n"))
                super().do_mail(line)

        _, host = self.guard(Watcher)
        self.delivered(host)
        self.assertEqual(seen, [2, 2])  # RCPT and DATA are there already

    def test_no_demand_no_stamp(self):
        server = smtpd.Smtpd()
        self.delivered(self.server(server))
        self.assertEqual(server.mails[0].data, WIRE)

    def test_null_sender_and_parameters(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        self.delivered(host, sender="", mail=b"Subject: \xc3\xbc\n\nx\n")
        self.assertEqual(server.mails[0].sender, "")
        self.assertEqual(server.mails[0].args, " SIZE=18 BODY=8BITMIME")

    def test_capitals_of_the_local_part_are_kept(self):
        guard, host = self.guard()
        self.delivered(host.upper(), rcpt="Bob+Tag")
        self.assertEqual(guard.mails[0].rcpts, [f"Bob+Tag@{host}"])

    def test_remembered_offer(self):
        guard, host = self.guard()
        self.delivered(host)
        self.delivered(host, mail=MAIL.replace(b"hello", b"again"), rcpt="carol")
        self.assertEqual([len(mail.stamps()) for mail in guard.asked], [0, 1, 1])
        self.assertEqual(len(set(guard.stamps)), 2)

    def test_remembered_offer_expires(self):
        self.configure(offer_age="1s")
        guard, host = self.guard()
        self.delivered(host)
        time.sleep(2.1)
        self.delivered(host)
        self.assertEqual([len(mail.stamps()) for mail in guard.asked], [0, 1, 0, 1])

    def test_remembered_offer_that_is_beyond_us_is_no_reason_not_to_ask(self):
        guard, host = self.guard()
        self.delivered(host)
        self.configure(refuse='{"sha256"}')
        guard.judge = lambda mail: None
        self.delivered(host)
        self.assertEqual(guard.mails[1].stamps(), [])

    def test_nexthop(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        self.delivered("elsewhere.test", more=("--nexthop", host + ":2525"))
        self.assertEqual(server.mails[0].rcpts, ["bob@elsewhere.test"])
        self.assertEqual(self.proxy.seen[0][2:], (host, 2525))

    def test_isolation(self):
        one, two = smtpd.Smtpd(), smtpd.Smtpd()
        hosts = self.server(one, 1), self.server(two, 2)
        for host in (*hosts, hosts[0]):
            self.delivered(host)
        users = [seen[:2] for seen in self.proxy.seen]
        self.assertEqual(users[0], users[2])
        self.assertNotEqual(users[0][0], users[1][0])
        self.assertNotEqual(users[0][1], users[1][1])
        for user, password in users:
            self.assertRegex(user + password, r"\A[0-9a-f]{64}\Z")

    def test_socks_by_unix_socket(self):
        proxy = socks.Socks(self.path("socks"))
        self.addCleanup(proxy.close)
        server = smtpd.Smtpd()
        proxy.hosts[self.server(server)] = server.port
        self.configure(proxy=proxy.address)
        self.delivered(socks.onion("one"))
        self.assertEqual(len(server.mails), 1)

    def test_the_environment_leads_around_no_proxy(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        with unittest.mock.patch.dict(os.environ, no_proxy="*", NO_PROXY="*", ALL_PROXY="socks5://127.0.0.1:1"):
            self.delivered(host)
        self.assertEqual(len(self.proxy.seen), 1)

    def test_state_tells_nothing(self):
        guard, host = self.guard()
        guard.judge = lambda mail: "always"
        self.deliver(host)
        for directory, _, names in os.walk(self.path("state")):
            self.assertEqual(os.stat(directory).st_mode & 0o077, 0)
            for name in names:
                file = os.path.join(directory, name)
                self.assertEqual(os.stat(file).st_mode & 0o177, 0)
                with open(file, "rb") as stream:
                    text = name.encode() + stream.read()
                for secret in (b"bob", b"alice", host[:20].encode(), b"hello", b"1@sender.test"):
                    self.assertNotIn(secret, text)


class Kept(Case):
    """No work is thrown away, and none is done twice."""

    def broken_once(self, where):
        """A guard whose connection breaks when the first stamp comes."""
        class Broken(smtpd.Guarded):
            broken = []

            def message(self, mail):
                if mail.stamps() and not self.broken and where == "end":
                    self.broken.append(1)
                    raise smtpd.Gone
                super().message(mail)

            def read_data(self):
                if self.server.asked and not self.broken and where == "data":
                    self.broken.append(1)
                    self.line()
                    raise smtpd.Gone
                return super().read_data()

        return self.guard(Broken)

    def check_again(self, where, says):
        guard, host = self.broken_once(where)
        self.fails(75, "4.4.2", says, host)
        self.assertEqual(len(self.kept()), 1)
        self.delivered(host)
        self.assertEqual((len(guard.stamps), len(guard.mails)), (1, 1))
        self.assertEqual(self.kept(), [])

    def test_cut_in_the_message(self):
        self.check_again("data", "4.4.2")

    def test_no_answer_to_the_end(self):
        self.check_again("end", "it may have been delivered")

    def test_service_down_mints_nothing(self):
        host = socks.onion("nobody")
        self.fails(75, "4.4.1", host, host)
        self.assertEqual(self.kept(), [])

    def test_down_after_the_demand(self):
        guard, host = self.guard()
        self.delivered(host)  # now the offer is remembered
        del self.proxy.hosts[host]
        for _ in range(2):
            self.fails(75, "4.4.1", host, host)
        self.assertEqual(len(self.kept()), 0)
        self.proxy.hosts[host] = guard.port
        self.delivered(host)
        self.assertEqual(len(guard.stamps), 2)

    def test_451_once_more_with_the_same_stamp(self):
        class Busy(smtpd.Guarded):
            busy = []

            def message(self, mail):
                if mail.stamps() and not self.busy:
                    self.busy.append(1)
                    self.server.judge(mail)
                    self.server.spent.clear()
                    self.say("451 4.3.2 too many stamps are being checked right now")
                else:
                    super().message(mail)

        guard, host = self.guard(Busy)
        self.delivered(host)
        self.assertEqual((len(guard.stamps), len(guard.mails)), (1, 1))

    def test_451_twice_is_later(self):
        class Busy(smtpd.Guarded):
            def message(self, mail):
                if mail.stamps():
                    self.say("451 4.3.2 too many stamps are being checked right now")
                else:
                    super().message(mail)

        _, host = self.guard(Busy)
        self.fails(75, "4.3.2", "said: 451 4.3.2 too many", host)
        self.assertEqual(len(self.kept()), 1)

    def test_a_stamp_of_a_refused_message_serves_the_next(self):
        class Picky(smtpd.Guarded):
            def message(self, mail):
                if mail.stamps() and b"hello" in mail.data:
                    self.say("550 5.7.0 not this one")
                else:
                    super().message(mail)

        guard, host = self.guard(Picky)
        self.fails(69, "5.7.0", "not this one", host)
        self.assertEqual(len(self.kept()), 1)
        self.delivered(host, mail=MAIL.replace(b"hello", b"better"))
        self.assertEqual((len(guard.stamps), self.kept()), (1, []))

    def test_price_rises_once(self):
        class Rising(smtpd.Guarded):
            def message(self, mail):
                if mail.stamps() and self.server.price["sha256"] == 256:
                    self.server.price = {"sha256": 300}
                super().message(mail)

        guard, host = self.guard(Rising)
        self.delivered(host)
        self.assertEqual((len(guard.stamps), len(guard.mails)), (2, 1))

    def test_price_rises_for_ever(self):
        class Rising(smtpd.Guarded):
            def message(self, mail):
                self.server.price["sha256"] += 10
                super().message(mail)

        guard, host = self.guard(Rising)
        self.fails(69, "5.7.1", "2 stamps were minted, and the server asks for another", host)
        self.assertEqual((len(guard.stamps), guard.mails), (2, []))

    def test_a_stamp_that_should_do_is_not_presented_for_ever(self):
        guard, host = self.guard()
        guard.judge = lambda mail: guard.stamps.extend(mail.stamps()) or "never enough"
        self.fails(69, "5.7.1", "asks for another", host)
        self.assertEqual((len(set(guard.stamps)), self.kept()), (2, []))

    def test_hung_up_while_minting(self):
        class Impatient(smtpd.Guarded):
            def message(self, mail):
                super().message(mail)
                if not mail.stamps():
                    self.say("421 4.4.2 idle")
                    raise smtpd.Gone

        guard, host = self.guard(Impatient)
        self.delivered(host)
        self.assertEqual((guard.connections, len(guard.stamps)), (2, 1))

    def test_five_hundred(self):
        """To 500 recipients at once: all arrive, two slots and no more, no stamp twice, little memory."""
        count = 60 if SANITIZED else 500
        self.configure(max_mem="64MiB", max_time="110s", minters=2, reply_wait="110s", connect_wait="110s")
        guard, host = self.guard(price={"sha256": 64})
        runs = [subprocess.Popen([CLI, "deliver", "--config", self.path("sender.conf"), "--sender", "a@sender.test",
                                  f"user{i}@{host}"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
                for i in range(count)]
        for run in runs:
            run.stdin.write(MAIL)
            run.stdin.close()
        failed = [run.stderr.read() for run in runs if run.wait(OUTER_S) != 0]
        for run in runs:
            run.stderr.close()
        self.assertEqual(failed, [])
        self.assertEqual(len({mail.rcpts[0] for mail in guard.mails}), count)
        self.assertEqual((len(guard.mails), len(guard.stamps)), (count, count))
        self.assertLessEqual(set(os.listdir(self.path("state", "slots"))), {"queue", "0", "1"})
        self.assertEqual(self.kept(), [])
        if not SANITIZED:
            self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, RSS_MAX_KIB)


class Refused(Case):
    def test_replies(self):
        rows = [  # method that answers, reply, exit status, enhanced code
            ("greeting", "554 5.7.0 go away", 69, "5.7.0"),
            ("greeting", "421 4.3.2 closing", 75, "4.3.2"),
            ("do_ehlo", "550 no", 69, "5.0.0"),
            ("do_mail", "451 4.7.1 later", 75, "4.7.1"),
            ("do_mail", "550 5.1.8 no", 69, "5.1.8"),
            ("do_rcpt", "550 5.1.1 unknown user", 69, "5.1.1"),
            ("do_rcpt", "450 greylisted", 75, "4.0.0"),
            ("do_data", "554 5.5.1 no valid recipients", 69, "5.5.1"),
            ("message", "550 5.6.0 spam", 69, "5.6.0"),
            ("message", "452 4.3.1 disk full", 75, "4.3.1"),
        ]
        for method, reply, status, enhanced in rows:
            with self.subTest(method=method, reply=reply):
                session = type("Refusing", (smtpd.Session,), {method: lambda self, *_, say=reply: self.say(say)})
                host = self.server(smtpd.Smtpd(session), method + reply)
                self.fails(status, enhanced, "said: " + reply, host)

    def test_input(self):
        host = self.server(smtpd.Smtpd())
        for mail in (b"A: b\n\na\rb\n", b"A: b\n\na\0b\n", b"A: b\n\na\r\n.\r\r\nMAIL FROM:<>\r\n"):
            self.fails(65, "5.6.0", "it has a", host, mail=mail)
        self.fails(65, "5.6.0", "header", host, mail=b"A: b\n" * 300000)
        self.fails(65, "5.1.7", "bracket", host, sender="a@b>\r\nRCPT TO:<c@d")
        self.fails(65, "5.1.3", "", "x" * 56 + ".onion")
        self.assertEqual(self.proxy.seen, [])

    def test_too_large(self):
        class Small(smtpd.Session):
            extensions = ["SIZE 1000"]

        server = smtpd.Smtpd(Small)
        self.fails(69, "5.3.4", "the server takes 1000", self.server(server), mail=MAIL + b"x" * 1000)
        self.assertEqual(server.commands(), ["EHLO"])

    def test_addresses_beyond_ascii(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        self.fails(69, "5.6.7", "SMTPUTF8", host, rcpt="b\u00fcb")
        server.session = type("Utf8", (smtpd.Session,), {"extensions": ["SMTPUTF8", "8BITMIME"]})
        self.delivered(host, rcpt="b\u00fcb")
        self.assertEqual(server.mails[0].args, " SMTPUTF8")

    def test_long_lines_and_large_mails_pass(self):
        server = smtpd.Smtpd(type("Large", (smtpd.Session,), {"extensions": ["PIPELINING"]}))
        mail = b"A: b\n\n" + b"x" * 5000 + b"\n" + b".dots\n" * 300000
        self.delivered(self.server(server), mail=mail)
        self.assertEqual(server.mails[0].data, mail.replace(b"\n", b"\r\n"))

    def test_what_is_no_fault_of_the_message_is_later(self):
        host = self.server(smtpd.Smtpd())
        rows = [(["--sender", "a@b.org"], "4.3.0"), (["--sender", "a@b.org", "a@b.org", "c@d.org"], "4.3.0"),
                (["--wrong"], "4.3.0"), (["bob@" + host], "4.3.0")]
        for args, enhanced in rows:
            done = self.run_verb("deliver", *args)
            self.assertEqual(done.returncode, 75, done.stderr)
            self.assertTrue(done.stderr.startswith(enhanced.encode() + b" "), done.stderr)
        self.configure(nonsense="1")
        self.fails(75, "4.3.0", "nonsense", host)
        self.configure(state='"/dev/null/x"')
        self.fails(75, "4.3.0", "/dev/null", host)


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
        self.fails(75, "4.4.1", "", host)
        self.configure(proxy="127.0.0.1:1", connect_wait="2s")
        self.fails(75, "4.4.1", "", host)


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
        self.fails(76, "5.7.4", "does not offer it", self.server(bare, "bare"))
        self.assertEqual(bare.commands(), ["EHLO"])

    def test_refused(self):
        refusing = type("Refusing", (self.Offering,), {"do_starttls": lambda s, line: s.say("454 4.7.0 not now")})
        guard, host = self.offering(refusing)
        self.delivered(host)
        self.assertFalse(guard.secure)
        self.configure(tls="required")
        self.fails(75, "4.7.0", "not now", host)

    def test_broken(self):
        broken = type("Broken", (self.Offering,), {"start_tls": lambda s: (s.connection.recv(1), s.send(b"this is no TLS\r\n"))})
        guard, host = self.offering(broken)
        self.delivered(host)
        self.assertEqual((guard.secure, guard.connections), (False, 2))
        self.configure(tls="required")
        self.fails(75, "4.4.2", "while starting TLS", host)

    def test_pin(self):
        guard, host = self.offering()
        self.delivered(f"{self.pin()}.{host}")
        self.assertTrue(guard.secure)
        self.assertEqual(guard.mails[0].rcpts, ["bob@" + host])

    def test_wrong_pin(self):
        guard, host = self.offering()
        self.fails(77, "5.7.5", "certificate", f"{self.pin('two')}.{host}")
        self.assertEqual(guard.commands(), ["EHLO", "STARTTLS"])

    def test_a_pin_makes_tls_mandatory(self):
        server = smtpd.Smtpd()
        self.fails(76, "5.7.4", "required", f"{self.pin()}.{self.server(server)}")
        self.assertEqual(server.commands(), ["EHLO"])

    def test_injection(self):
        """What is said in clear behind the reply to STARTTLS is never taken for something said under TLS."""
        def starttls(session, line):
            session.send(b"220 go\r\n250-mail.test\r\n250 PIPELINING\r\n")
            session.start_tls()

        self.configure(tls="required")
        guard, host = self.offering(type("Injecting", (self.Offering,), {"do_starttls": starttls}))
        self.fails(75, "4.5.0", "more than a reply", host)
        self.assertNotIn("MAIL", guard.commands())


class Send(Case):
    def send(self, *args, mail=MAIL):
        return self.run_verb("send", *args, mail=mail)

    def test_bad_socks(self):
        for proxy in ("http://127.0.0.1:9", "user:secret@127.0.0.1:9", "127.0.0.1:0", "127.0.0.1", ":9050"):
            with self.subTest(proxy):
                done = self.send("--socks", proxy, "--sender", "alice@sender.test", "bob@" + socks.onion("one"))
                self.assertEqual(done.returncode, 64, done.stderr)
                self.assertIn(b"--socks", done.stderr)

    def test_recipients_of_the_header(self):
        guard, host = self.guard()
        mail = (f"To: Bob <bob@{host}>,\n carol@{host}\nBcc: dave@{host}\nSubject: x\n\nbody\n").encode()
        done = self.send("-t", "--sender", "alice@sender.test", mail=mail)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([mail.rcpts for mail in guard.mails], [[f"{name}@{host}"] for name in ("bob", "carol", "dave")])
        for mail in guard.mails:
            self.assertNotIn(b"Bcc", mail.data)
            self.assertNotIn(b"dave", mail.data)
            for field in (rb"From: <alice@sender\.test>", rb"Date: \w{3}, \d+ \w{3} \d{4} [\d:]{8} \+0000",
                          rb"Message-ID: <[0-9a-f]{32}@sender\.test>"):
                self.assertRegex(mail.data, rb"\r\n" + field + rb"\r\n")
        self.assertEqual(len({mail.data.split(b"Message-ID")[1] for mail in guard.mails}), 1)

    def test_fields_that_are_there_stay(self):
        server = smtpd.Smtpd()
        self.assertEqual(self.send("bob@" + self.server(server)).returncode, 0)
        self.assertEqual((server.mails[0].data, server.mails[0].sender), (WIRE, "alice@sender.test"))

    def test_some_fail(self):
        server = smtpd.Smtpd()
        host, gone = self.server(server), socks.onion("gone")
        done = self.send(f"bob@{gone}", f"carol@{host}")
        self.assertEqual(done.returncode, 75)
        self.assertIn(f"onionpow: bob@{gone}: 4.4.1 ".encode(), done.stderr)
        self.assertIn(f"carol@{host}: delivered".encode(), done.stderr)
        done = self.send("--json", f"bob@{gone}", f"carol@{host}")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([(row["schema"], row["recipient"], row["status"], row["minted"]) for row in rows],
                         [(1, f"bob@{gone}", 75, 0), (1, f"carol@{host}", 0, 0)])

    def test_nobody_is_written_to_before_all_are_understood(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        self.assertEqual(self.send(f"bob@{host}", "carol@" + "x" * 56 + ".onion").returncode, 65)
        self.assertEqual(self.send(f"bob@{host}", mail=b"A: b\n\na\rb\n").returncode, 65)
        self.assertEqual(self.send().returncode, 64)
        self.assertEqual(self.send("--sender", "no address", f"bob@{host}").returncode, 65)
        self.configure(nonsense="1")
        self.assertEqual(self.send(f"bob@{host}").returncode, 78)
        self.assertEqual(server.connections, 0)

    def test_socks(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        self.configure(proxy="127.0.0.1:1")
        self.assertEqual(self.send("--socks", self.proxy.address, "bob@" + host).returncode, 0)
        self.assertEqual(self.send("--socks", "nonsense", "bob@" + host).returncode, 64)

    def test_progress(self):
        _, host = self.guard()
        done = self.send("--progress", "json", "bob@" + host)
        self.assertEqual(done.returncode, 0)
        self.assertTrue(any(json.loads(line)["progress"]["phase"] == "done" for line in done.stderr.splitlines() if line.startswith(b"{")),
                        done.stderr)


class Sendmail(Case):
    def sendmail(self, *args, mail=MAIL, argv=(CLI, "sendmail")):
        os.makedirs(self.path("config", "onionpow"), exist_ok=True)
        shutil.copy(self.path("sender.conf"), self.path("config", "onionpow"))
        return subprocess.run([*argv, *args], input=mail, capture_output=True, timeout=OUTER_S,
                              env=os.environ | {"XDG_CONFIG_HOME": self.path("config")})

    def test_as_programs_call_it(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        to = f"To: bob@{host}\n".encode()
        rows = [  # label, flags, message, sender
            ("mutt", ["-oem", "-oi", "-f", "alice@x.org", "--", f"bob@{host}"], MAIL, "alice@x.org"),
            ("cron", ["-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-t", "-f", "root@x.org"], to + b"\nx\n", "root@x.org"),
            ("git", ["-i", "-f", "alice@x.org", f"bob@{host}"], MAIL, "alice@x.org"),
            ("php", ["-t", "-i"], to + MAIL.replace(b"To: bob\n", b""), "alice@sender.test"),
            ("null sender", ["-f", "<>", f"bob@{host}"], MAIL, ""),
            ("glued", ["-ti", "-falice@x.org"], to + b"\nx\n", "alice@x.org"),
            ("more", ["-bm", "-B8BITMIME", "-N", "never", "-R", "hdrs", "-v", "-m", "-Am", f"bob@{host}"], MAIL,
             "alice@sender.test"),
        ]
        for label, flags, mail, sender in rows:
            with self.subTest(label):
                server.mails.clear()
                done = self.sendmail(*flags, mail=mail)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
                self.assertEqual([(mail.sender, mail.rcpts) for mail in server.mails], [(sender, [f"bob@{host}"])])
                if label == "cron":
                    self.assertIn(b'From: "CronDaemon" <root@x.org>\r\n', server.mails[0].data)

    def test_by_its_name(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        os.symlink(CLI, self.path("sendmail"))
        self.assertEqual(self.sendmail(f"bob@{host}", argv=[self.path("sendmail")]).returncode, 0)
        self.assertEqual(len(server.mails), 1)

    def test_refused(self):
        for args, says in ((["-bs"], b"SMTP on standard input"), (["-bp"], b"no queue"), (["-q"], b"no queue"),
                           (["-bd"], b"daemon"), (["-Z"], b"unknown"), ([], b"to whom")):
            done = self.sendmail(*args)
            self.assertEqual((done.returncode, done.stdout), (64, b""))
            self.assertIn(says, done.stderr)

    def test_failure_is_told(self):
        done = self.sendmail("bob@" + socks.onion("gone"))
        self.assertEqual(done.returncode, 75)
        self.assertIn(b"4.4.1", done.stderr)


class Probe(Case):
    def test_offers(self):
        guard, host = self.guard(price={"argon2id-16m": 512, "sha256": 300})
        done = self.run_verb("probe", "--yes", "bob@" + host)
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, b"onionpow:1:argon2id-16m/512,sha256/300\n", b""))
        mail, = guard.asked
        self.assertEqual((mail.sender, mail.stamps()), ("", [" v=0"]))
        self.assertEqual((guard.mails, self.kept()), ([], []))
        row = json.loads(self.run_verb("probe", "--yes", "--json", "bob@" + host).stdout)
        self.assertEqual(row["offers"][1], {"suite": "sha256", "effort": 300, "work": 4800, "quote": False})

    def test_nothing_demanded(self):
        server = smtpd.Smtpd()
        host = self.server(server)
        done = self.run_verb("probe", "--yes", "bob@" + host)
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"nothing is demanded", done.stderr)
        self.assertIn(b"Subject: onionpow probe\r\n", server.mails[0].data)

    def test_only_with_yes(self):
        server = smtpd.Smtpd()
        done = self.run_verb("probe", "bob@" + self.server(server))
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"--yes", done.stderr)
        self.assertEqual(server.connections, 0)

    def test_failure(self):
        done = self.run_verb("probe", "--yes", "bob@" + socks.onion("gone"))
        self.assertEqual((done.returncode, done.stdout), (75, b""))


if __name__ == "__main__":
    unittest.main()
