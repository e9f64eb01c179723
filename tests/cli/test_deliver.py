"""deliver, send, sendmail and probe against scripted servers; a SOCKS proxy stands in for Tor."""
import json
import os
import resource
import shutil
import signal
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
from delivercase import CLI, Case, MAIL, OUTER_S, RSS_MAX_KIB, SANITIZED, WIRE, drip  # noqa: E402


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

    def test_proxy_without_user_names(self):
        host = self.server(smtpd.Smtpd())
        self.proxy.bare = True
        self.delivered(host)
        self.proxy.bare, self.proxy.login = False, b"\1\1"
        self.fails(75, "4.4.1", "User was rejected", host)

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

    def test_too_slow_with_a_stamp(self):
        """The time for all waiting is over at the second transaction: the stamp waits for the third."""
        class Slow(smtpd.Guarded):
            def do_mail(self, line):
                if self.server.asked and not self.server.stamps:
                    drip(self, "250-more")
                super().do_mail(line)

        guard, host = self.guard(Slow)
        self.configure(trip_wait="3s")
        self.fails(75, "4.4.2", "(trip-wait) is over at MAIL", host)
        self.assertEqual(len(self.kept()), 1)
        guard.session = smtpd.Guarded
        self.configure()
        self.delivered(host)
        self.assertEqual((len(guard.stamps), len(guard.mails), self.kept()), (1, 1, []))

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

    def test_price_that_rises_with_each_mail(self):
        """What is remembered is too little by the next one. That costs one stamp, not one for each mail."""
        class Rising(smtpd.Guarded):
            def accept(self, mail):
                self.server.price["sha256"] += 10
                super().accept(mail)

        guard, host = self.guard(Rising)
        for number in range(6):
            self.delivered(host, rcpt=f"user{number}")
        self.assertEqual((len(guard.mails), len(guard.stamps)), (6, 7))

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

    def test_disk_full(self):
        """The mail goes on; if it cannot, it is told that the stamp has gone."""
        def deliver_without_disk(host):
            return subprocess.run(
                [CLI, "deliver", "--config", self.path("sender.conf"), "--sender", "a@sender.test", f"bob@{host}"],
                input=MAIL, capture_output=True, timeout=OUTER_S,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))

        self.delivered(self.server(smtpd.Smtpd(), seed="other"))  # which makes the directory
        guard, host = self.broken_once("data")
        done = deliver_without_disk(host)
        self.assertEqual(done.returncode, 75)
        self.assertIn(b"the stamp for it is lost, it cannot be kept: File too large", done.stderr)
        self.assertEqual(self.kept(), [])
        done = deliver_without_disk(host)
        self.assertEqual((done.returncode, done.stderr, len(guard.mails)), (0, b"", 1))

    def test_ended_by_a_signal(self):
        """The mail server would return the message on any other status; the stamp is for the next try."""
        presented, ended = threading.Event(), threading.Event()

        class Slow(smtpd.Guarded):
            def message(self, mail):
                if mail.stamps() and not ended.is_set():
                    presented.set()
                    ended.wait(OUTER_S)
                    raise smtpd.Gone
                super().message(mail)

        for number in signal.SIGTERM, signal.SIGINT:
            with self.subTest(number):
                presented.clear()
                ended.clear()
                guard, host = self.guard(Slow)
                process = self.start(host)
                self.assertTrue(presented.wait(OUTER_S))
                process.send_signal(number)
                self.assertEqual(process.communicate(), (b"", b"4.3.0 ended by a signal\n"))
                self.assertEqual(process.returncode, 75)
                ended.set()
                self.assertEqual(len(self.kept()), 1)
                self.delivered(host)
                self.assertEqual((len(guard.mails), len(guard.stamps), self.kept()), (1, 1, []))

    def test_ended_while_it_mints(self):
        guard, host = self.guard(price={"sha256": 1 << 33})
        self.configure(max_time="1d")
        process = self.start(host)
        build.until("the mint", lambda: os.path.exists(self.path("state", "credit")))
        process.terminate()
        self.assertEqual(process.communicate(), (b"", b"4.3.0 ended by a signal\n"))
        self.assertEqual((process.returncode, guard.mails), (75, []))

    def start(self, host):
        """deliver, with the whole message."""
        with tempfile.TemporaryFile() as mail:
            mail.write(MAIL)
            mail.seek(0)
            process = subprocess.Popen([CLI, "deliver", "--config", self.path("sender.conf"), "--sender",
                                        "a@sender.test", f"bob@{host}"], stdin=mail,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_ends_with_its_mail_server(self):
        """That begins anew with the same mail when it is started again: two agents would deliver it twice."""
        left = []

        class Silent(smtpd.Session):
            def greeting(self):
                left.append("connected")
                left.append(self.connection.recv(1))

        host = self.server(smtpd.Smtpd(Silent))
        self.configure(reply_wait="10m")
        with open(self.path("mail"), "wb") as mail:
            mail.write(MAIL)
        parent = subprocess.Popen(["sh", "-c", '"$@" < "$0" & wait', self.path("mail"), CLI, "deliver", "--config",
                                   self.path("sender.conf"), "--sender", "a@sender.test", f"bob@{host}"])
        build.until("the connection", lambda: left)
        parent.kill()
        parent.wait()
        build.until("its end", lambda: left == ["connected", b""])

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
        locks = set(os.listdir(self.path("state", "slots")))
        self.assertEqual(len([name for name in locks if name.startswith("to-")]), 1)
        self.assertLessEqual({name for name in locks if not name.startswith("to-")},
                             {"queue", "0", "1"})
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

    def test_lost_after_the_end(self):
        """It may have been delivered: this is told of the one, and not of the others."""
        class Lost(smtpd.Session):
            def message(self, mail):
                raise smtpd.Gone

        lost, good = smtpd.Smtpd(Lost), smtpd.Smtpd()
        hosts = self.server(lost, "lost"), socks.onion("gone"), self.server(good, "good")
        rcpts = [f"bob@{host}" for host in hosts]
        done = self.send(*rcpts)
        self.assertEqual(done.returncode, 75)
        self.assertEqual([b"it may have been delivered" in line for line in done.stderr.splitlines()],
                         [True, False, False])
        rows = [json.loads(line) for line in self.send("--json", *rcpts).stdout.splitlines()]
        self.assertEqual([(row["status"], row["maybe_delivered"]) for row in rows],
                         [(75, True), (75, False), (0, False)])

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
        self.assertEqual((mail.sender, mail.stamps()), ("onionpow-probe@localhost", [" v=0"]))
        self.assertEqual((guard.mails, self.kept()), ([], []))
        row = json.loads(self.run_verb("probe", "--yes", "--json", "bob@" + host).stdout)
        self.assertEqual(row["offers"][1], {"suite": "sha256", "effort": 300, "work": 4800, "quote": False})

    def test_the_price_is_that_of_mail(self):
        class Tender(smtpd.Guarded):  # bounces for less, as the filter has it
            def message(self, mail):
                self.server.price = {"argon2id-16m": 128 if mail.sender == "" else 512}
                super().message(mail)

        _, host = self.guard(Tender)
        for args, effort in (((), 512), (("--sender", "alice@sender.test"), 512), (("--sender", ""), 128),
                             (("--sender=<>",), 128)):
            with self.subTest(args):
                done = self.run_verb("probe", "--yes", *args, "bob@" + host)
                self.assertEqual((done.returncode, done.stdout), (0, b"onionpow:1:argon2id-16m/%d\n" % effort))

    def test_as_another_sender(self):
        guard, host = self.guard()
        self.run_verb("probe", "--yes", "--sender", "Alice@sender.test", "bob@" + host)
        self.assertEqual([mail.sender for mail in guard.asked], ["Alice@sender.test"])
        done = self.run_verb("probe", "--yes", "--sender", "alice@sender.test> SIZE=1", "bob@" + host)
        self.assertEqual((done.returncode, done.stdout), (65, b""))
        self.assertEqual(len(guard.asked), 1)

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
