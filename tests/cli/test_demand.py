#!/usr/bin/python3
"""demand and retry: what servers ask for out of texts and bounces, and messages that go out again, or must not."""
import glob
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
import smtpd
import socks

DEMANDS = os.path.join(build.SOURCE, "tests", "demands")
QUOTE = "AciUswFWXNwpq5WnvzpiHzjwYn__"
SUITES = ["argon2id-16m", "argon2id-256m", "argon2id-64m", "sha256"]


def run(*args, stdin=b"", **options):
    return subprocess.run([build.CLI, *args], input=stdin, capture_output=True, timeout=build.HANG_S, **options)


def fixture(name):
    return os.path.join(DEMANDS, name)


class Case(unittest.TestCase):
    def ok(self, *args, **options):
        done = run(*args, **options)
        self.assertEqual(done.returncode, 0, (args, done.stderr))
        return done.stdout

    def fails(self, status, *args, says=b"", hint=b"", **options):
        done = run(*args, **options)
        self.assertEqual(done.returncode, status, (args, done.stdout, done.stderr))
        self.assertEqual(done.stdout, b"", args)
        self.assertIn(says, done.stderr)
        self.assertIn(hint, done.stderr.partition(b"\nhint: ")[2])
        return done.stderr


class Demand(Case):
    def rows(self, *args, **options):
        return [line.split("\t") for line in self.ok("demand", *args, **options).decode().splitlines()]

    def quick(self, name):
        """Without measuring suites that take memory."""
        return self.rows("--max-mem", "1KiB", fixture(name))

    def test_captured(self):
        for name, rcpt in (("postfix.dsn", "bob@example.test"), ("postfix.log", "bob@example.test"),
                           ("sendmail.dsn", "bob@other.test"), ("exim.dsn", "bob@example.test"),
                           ("exim-headers.dsn", "bob@example.test"), ("exim-mixed.dsn", "bob@example.test")):
            with self.subTest(name):
                rows = self.quick(name)
                self.assertEqual([row[:2] for row in rows], [[rcpt, suite] for suite in SUITES])
                with open(fixture(name), "rb") as file:
                    text = file.read().decode()
                for row in rows:
                    self.assertIn(row[5].removeprefix("onionpow:1:"), text)
        self.assertEqual([row[:2] for row in self.quick("sendmail.log")], [["bob@other.test", SUITES[0]]])
        self.assertEqual(sorted(row[0] for row in self.quick("exim-two.dsn")),
                         ["bob@example.test"] * 4 + ["carol@example.test"] * 4)
        self.assertEqual(len(self.quick("exim.log")), 5 * 4)

    def test_columns(self):
        row, = self.rows(stdin=b"554 5.7.1 onionpow:1:sha256/134217728 required")
        self.assertEqual(row[:4] + row[5:], ["-", "sha256", "2147483648", "17.0", "onionpow:1:sha256/134217728"])
        self.assertGreater(float(row[4]), 0)

    def test_json(self):
        line, = self.ok("demand", "--json", stdin=f"554-5.7.1 onionpow:1:sha256/5/{QUOTE},sha256/6,md5/7 "
                        "required\r\n554 5.7.1 for <Bob@X.org>: 1 s \xb5\n".encode("latin-1")).splitlines()
        got = json.loads(line)
        self.assertEqual({name: got[name] for name in ("schema", "recipient", "unknown", "text")},
                         {"schema": 1, "recipient": "bob@x.org", "unknown": 1,
                          "text": "required for <Bob@X.org>: 1 s \ufffd"})
        first, second = got["offers"]
        self.assertIsInstance(first.pop("seconds_here"), float)
        self.assertAlmostEqual(first.pop("seconds"), 5 * 16 / 126322567, places=3)
        self.assertEqual(first.pop("quoted_until") % 60, 0)
        self.assertEqual(first, {"suite": "sha256", "effort": 5, "work": 80,
                                 "token": f"onionpow:1:sha256/5/{QUOTE}"})
        self.assertIsNone(second["quoted_until"])

    def test_without_enough_memory(self):
        row, = self.rows("--max-mem", "100MiB", stdin=b"onionpow:1:argon2id-256m/1")
        self.assertEqual(row[4], "-")

    def test_unknown_suites(self):
        done = run("demand", stdin=b"onionpow:1:md5/7 x")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"not known here: 1", done.stderr)

    def test_none(self):
        for text in (b"", b"554 5.7.1 go away", b"onionpow:1:sha256/0", b"\0" * 5000):
            self.fails(1, "demand", stdin=text)
        self.fails(66, "demand", "/nonexistent")
        self.fails(64, "demand", "a", "b")

    def test_controls_do_not_reach_the_terminal(self):
        done = self.ok("demand", "--json", stdin=b"onionpow:1:sha256/5 \x1b[2J\n")
        self.assertNotIn(b"\x1b", done)

    def test_hostile(self):
        """Bounded: what is too large is refused, and what repeats itself is read in no time."""
        self.fails(65, "demand", stdin=b"x" * (65 << 20), says=b"more than")
        for text in (b"onionpow:1:" * 1_000_000, b"onionpow:1:sha256/5," * 500_000, b"<" * 10_000_000,
                     b"onionpow:1:a\n" * 800_000, b" " * 5_000_000 + b"onionpow:1:sha256/5",
                     b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 2_000_000):
            self.assertIn(run("demand", stdin=text).returncode, (0, 1))

    def test_mint_takes_the_same(self):
        with open(fixture("exim-two.dsn"), "rb") as file:
            text = re.sub(rb"argon2id-16m/512", b"argon2id-16m/1", file.read())
        done = run("mint", "--offer", "@-", "bob@example.test", stdin=text)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"first of 2 demands", done.stderr)
        quote = re.search(rb"argon2id-16m/1/([\w-]+)", text)[1]
        self.assertIn(b"a=argon2id-16m; d=1;", done.stdout)
        self.assertIn(b"c=" + quote, re.sub(rb"\s+", b"", done.stdout))
        encoded = (b"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n"
                   b"554 5.7.1 onionpow:1:sha=\n256=2F5 x\n")
        self.assertIn(b"a=sha256; d=5;", self.ok("mint", "--offer", "@-", "a@x.org", stdin=encoded))


MESSAGE = (b"Return-Path: <alice@home.test>\n"
           b"X-Onion-PoW: v=1; a=sha256;\n\td=1; old\n"
           b"Received: from here\n\tby there\n"
           b"From: Alice <alice@home.test>\n"
           b"To: %s\n"
           b"Subject: lunch\n"
           b"Message-ID: <1@home.test>\n"
           b"\n"
           b"Hello\n.dot\n-- \nlast\n")
KEPT = b"Received: from here\n\tby there\nFrom: "


def group(rcpt, token, action=b"failed"):
    return (b"\nFinal-Recipient: rfc822; %s\nAction: %s\nStatus: 5.7.1\nDiagnostic-Code: smtp; 554-5.7.1 %s\n"
            b" proof of work required\n" % (rcpt, action, token))


def bounce(groups, message, to=b"alice@home.test", returned=b"message/rfc822", end=b"\n--=b--\n"):
    return (b"From: MAILER-DAEMON@home.test\nTo: %s\nSubject: bounced\nMIME-Version: 1.0\n"
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=\"=b\"\n\n--=b\n\nSorry.\n\n"
            b"--=b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; home.test\n%s\n"
            b"--=b\nContent-Type: %s\n\n%s%s" % (to, b"".join(groups), returned, message, end))


class Retry(Case):
    def setUp(self):
        self.server = smtpd.Guard(price={"sha256": 64})
        self.addCleanup(self.server.close)
        self.proxy = socks.Socks()
        self.addCleanup(self.proxy.close)
        self.onion = socks.onion(self.id())
        self.proxy.hosts[self.onion] = self.server.port
        self.rcpt = f"bob@{self.onion}".encode()
        self.token = self.server.token().encode()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.config = self.write("sender.conf", f'socks = "{self.proxy.address}"\nstate = "{self.directory}/state"\n'
                                 .encode())
        self.options = ("--config", self.config, "--quiet")

    def write(self, name, octets):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(octets)
        return path

    def usual(self, **options):
        return bounce([group(self.rcpt, self.token)], MESSAGE % self.rcpt, **options)

    def retry(self, text, *args):
        return run("retry", *self.options, *args, stdin=text)

    def refused(self, status, text, *args, **expected):
        self.fails(status, "retry", *self.options, *args, stdin=text, **expected)
        self.assertEqual(self.proxy.seen, [], "something went out")

    def result(self, done):
        return [line.split("\t")[:2] for line in done.stdout.decode().splitlines()]

    def test_sent(self):
        done = self.retry(self.usual(), "--yes")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.result(done), [[self.rcpt.decode(), "sent"]])
        mail, = self.server.mails
        self.assertEqual((mail.sender, mail.rcpts), ("alice@home.test", [self.rcpt.decode()]))
        self.assertEqual(len(self.server.asked), 1, "the demand was known: no need to ask again")
        stamp, = mail.stamps()
        rest = mail.data.replace(b"\r\n", b"\n").split(KEPT)[1]
        self.assertEqual(KEPT + rest, KEPT + (MESSAGE % self.rcpt).split(KEPT)[1])
        self.assertNotIn(b"Return-Path", mail.data)

    def test_threads_and_nice_count_when_it_sends(self):
        """Whatever the configuration says; a mint that takes for ever, to look at it."""
        with open(self.config, "a", encoding="ascii") as file:
            file.write("threads = 6\nnice = 10\n")
        text = bounce([group(self.rcpt, b"onionpow:1:sha256/8589934592")], MESSAGE % self.rcpt)
        for threads, nice in (("1", "0"), ("3", "7")):
            with tempfile.TemporaryFile() as mail:
                mail.write(text)
                mail.seek(0)
                process = subprocess.Popen(
                    [build.CLI, "retry", *self.options, "--yes", "--max-time", "1d",
                     "--threads", threads, "--nice", nice], stdin=mail, stdout=subprocess.DEVNULL)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            build.until("the mint", lambda: glob.glob(f"{self.directory}/state/credit/*"))
            tasks = f"/proc/{process.pid}/task"
            build.until("its threads", lambda: len(os.listdir(tasks)) == 1 + int(threads))
            with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                self.assertEqual(int(stat.read().split()[18]) - os.nice(0), int(nice))
            process.kill()
            process.wait()
            shutil.rmtree(f"{self.directory}/state")

    def test_once(self):
        self.assertEqual(self.retry(self.usual(), "--yes").returncode, 0)
        again = self.usual().replace(b"Subject: bounced", b"Subject: bounced\nStatus: RO").replace(b"\n", b"\r\n")
        done = self.retry(again, "--yes")
        self.assertEqual((done.returncode, self.result(done)), (1, [[self.rcpt.decode(), "before"]]))
        self.assertIn(b"--again", done.stdout)
        self.assertEqual(len(self.server.mails), 1)
        self.assertEqual(self.retry(self.usual(), "--yes", "--again").returncode, 0)
        self.assertEqual(len(self.server.mails), 2)

    def test_the_next_bounce_counts_anew(self):
        self.assertEqual(self.retry(self.usual(), "--yes").returncode, 0)
        stamped = self.usual().replace(b"d=1; old", b"d=2; newer")
        self.assertEqual(self.retry(stamped, "--yes").returncode, 0)
        self.assertEqual(len(self.server.mails), 2)

    def test_failure_leaves_no_mark(self):
        hosts, self.proxy.hosts = self.proxy.hosts, {}
        done = self.retry(self.usual(), "--yes")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotEqual(self.result(done)[0][1], "sent")
        self.proxy.hosts = hosts
        done = self.retry(self.usual(), "--yes")
        self.assertEqual(self.result(done), [[self.rcpt.decode(), "sent"]])

    def test_failure_leaves_the_mark_of_before(self):
        self.assertEqual(self.retry(self.usual(), "--yes").returncode, 0)
        self.proxy.hosts = {}
        self.assertEqual(self.retry(self.usual(), "--yes", "--again").returncode, 75)
        done = self.retry(self.usual(), "--yes")
        self.assertEqual(self.result(done), [[self.rcpt.decode(), "before"]])

    def test_lost_after_the_end_is_told_and_not_tried_again_unasked(self):
        class Lost(smtpd.Guarded):
            def message(self, mail):
                raise smtpd.Gone

        self.server.session = Lost
        done = self.retry(self.usual(), "--yes")
        self.assertEqual(done.returncode, 75)
        self.assertEqual(self.result(done), [[self.rcpt.decode(), "unsure"]])
        self.assertIn(b"it may have been delivered", done.stdout)
        self.assertEqual(self.result(self.retry(self.usual(), "--yes")), [[self.rcpt.decode(), "before"]])
        row = json.loads(self.retry(self.usual(), "--yes", "--again", "--json").stdout)
        self.assertEqual((row["result"], row["status"], row["maybe_delivered"]), ("unsure", 75, True))
        self.server.session = smtpd.Guarded
        row = json.loads(self.retry(self.usual(), "--yes", "--again", "--json").stdout)
        self.assertEqual((row["result"], row["maybe_delivered"], row["minted"]), ("sent", False, 0))

    def test_state_tells_nothing(self):
        self.retry(self.usual(), "--yes")
        self.assertEqual(os.listdir(os.path.join(self.directory, "state", "resent"))[0].strip("0123456789abcdef"), "")
        for top, _, names in os.walk(os.path.join(self.directory, "state")):
            for name in names:
                path = os.path.join(top, name)
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
                with open(path, "rb") as file:
                    content = file.read()
                for secret in (b"bob@", b"alice", b"lunch", b"1@home"):
                    self.assertNotIn(secret, content)

    def test_only_who_failed_with_a_demand(self):
        others = [b"delivered", b"delayed", b"relayed", b"expanded"]
        groups = [group(b"%s@%s" % (word, self.onion.encode()), self.token, word) for word in others]
        groups.append(group(b"nobody@" + self.onion.encode(), b"no such user"))
        groups.append(group(self.rcpt, self.token))
        groups.append(group(b"twice@" + self.onion.encode(), self.token))
        groups.append(group(b"twice@" + self.onion.encode(), self.token, b"delivered"))
        to = b", ".join(b"%s@%s" % (word, self.onion.encode()) for word in others + [b"nobody", b"bob", b"twice"])
        done = run("retry", *self.options[:2], "--yes", stdin=bounce(groups, MESSAGE % to))
        self.assertEqual(self.result(done), [[self.rcpt.decode(), "sent"]])
        self.assertEqual([mail.rcpts for mail in self.server.mails], [[self.rcpt.decode()]])
        self.assertEqual(done.stderr.count(b"left out"), 6)

    def test_chosen_recipients(self):
        carol = b"carol@" + self.onion.encode()
        groups = [group(self.rcpt, self.token), group(carol, self.token)]
        text = bounce(groups, MESSAGE % (self.rcpt + b", " + carol))
        done = self.retry(text, "--yes", "--rcpt", carol.decode())
        self.assertEqual(self.result(done), [[carol.decode(), "sent"]])
        done = self.retry(text, "--yes")
        self.assertEqual(self.result(done), [[self.rcpt.decode(), "sent"], [carol.decode(), "before"]])
        self.assertEqual(len(self.server.mails), 2)
        self.assertEqual(self.retry(text, "--yes", "--rcpt", "dave@" + self.onion).returncode, 1)

    def test_nobody_says_yes(self):
        self.refused(64, self.usual(), says=b"without a terminal", hint=b"--yes")

    def on_terminal(self, text, answer):
        path = self.write("bounce.eml", text)
        child, terminal = pty.fork()
        if child == 0:
            os.execv(build.CLI, [build.CLI, "retry", *self.options, path])
        seen = b""
        try:
            while select.select([terminal], [], [], build.HANG_S)[0]:
                seen += os.read(terminal, 4096)
                if answer and seen.endswith(b"[y/N] "):
                    os.write(terminal, answer)
                    answer = None
        except OSError:
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(terminal)
        return status, seen

    def test_the_user_is_asked(self):
        text = self.usual().replace(b"Subject: lunch", b"Subject: lu\x1b[2Jnch")
        status, seen = self.on_terminal(text, b"n\n")
        self.assertEqual((status, self.proxy.seen), (1, []))
        for word in (b"alice@home.test", b"lu?[2Jnch", b"<1@home.test>", self.rcpt, b"of a laptop's time"):
            self.assertIn(word, seen)
        self.assertEqual(self.on_terminal(text, b"\n")[0], 1)
        self.assertEqual(self.on_terminal(text, b"\x04")[0], 1)
        self.assertEqual(self.proxy.seen, [])
        self.assertEqual(self.on_terminal(text, b"y\n")[0], 0)
        self.assertEqual(len(self.server.mails), 1)

    def test_forged(self):
        """A stranger's bounce must neither send a stranger's message nor send mine to a stranger."""
        eve = b"eve@" + socks.onion("eve").encode()
        stranger = (MESSAGE % self.rcpt).replace(b"<alice@home.test>\nTo", b"<mallory@evil.test>\nTo")
        self.refused(65, bounce([group(self.rcpt, self.token)], stranger), "--yes", says=b"not from alice@home.test",
                     hint=b"--sender")
        self.refused(65, bounce([group(eve, self.token)], MESSAGE % self.rcpt), "--yes",
                     says=b"does not name this recipient", hint=b"--rcpt")
        self.refused(65, self.usual(to=b"alice@home.test, x@y.test"), "--yes", says=b"does not tell the sender",
                     hint=b"--sender")
        dear = bounce([group(self.rcpt, b"onionpow:1:sha256/4500000000000000")], MESSAGE % self.rcpt)
        self.refused(69, dear, "--yes", says=b"may take", hint=b"--max-time")
        self.refused(69, bounce([group(self.rcpt, b"onionpow:1:md5/1")], MESSAGE % self.rcpt), "--yes",
                     says=b"unknown here")

    def test_the_question_comes_before_the_work(self):
        """To compare a demand with the limits is to measure this machine."""
        dear = bounce([group(self.rcpt, b"onionpow:1:sha256/4500000000000000")], MESSAGE % self.rcpt)
        self.refused(64, dear, says=b"without a terminal")
        self.refused(65, dear.replace(b"From: Alice <alice", b"From: Mallory <mallory"), "--yes", says=b"not from")
        status, seen = self.on_terminal(dear, b"n\n")
        self.assertEqual(status, 1, seen)

    def several(self, token, count):
        rcpts = [b"u%d@%s" % (i, self.onion.encode()) for i in range(count)]
        return bounce([group(rcpt, token) for rcpt in rcpts], MESSAGE % b", ".join(rcpts)), rcpts

    def test_the_limit_is_for_all_together(self):
        """One of the stamps fits and 200 do not, on any machine of 1 to 60 million evaluations a second."""
        text, _ = self.several(b"onionpow:1:sha256/2000000", 200)
        limits = ("--threads", "1", "--max-time", "100")
        for mode in ("--yes", "--output"):
            self.refused(69, text, mode, *limits, says=b"the stamps for 200 recipients may take")

    def test_the_question_names_the_sum(self):
        status, seen = self.on_terminal(self.several(b"onionpow:1:argon2id-16m/512", 3)[0], b"n\n")
        self.assertEqual((status, self.proxy.seen), (1, []))
        each, = set(re.findall(rb"u\d@\w+\.onion \((\d+) s of a laptop", seen))
        total, = re.findall(rb"in all: +(?:(\d+) min )?(\d+) s of a laptop's time; here no more than 10 min", seen)
        self.assertAlmostEqual(int(total[0] or 0) * 60 + int(total[1]), 3 * int(each), delta=3)

    def test_nobody_is_begun_with_when_the_time_is_over(self):
        class Slow(smtpd.Guarded):
            def message(self, mail):
                time.sleep(2.5)
                super().message(mail)

        self.server.session = Slow
        text, rcpts = self.several(self.token, 3)
        done = self.retry(text, "--yes", "--max-time", "2")
        names = [rcpt.decode() for rcpt in rcpts]
        self.assertEqual(self.result(done), [[names[0], "sent"], [names[1], "later"], [names[2], "later"]])
        self.assertEqual(done.returncode, 75)
        self.assertEqual([mail.rcpts for mail in self.server.mails], [names[:1]])
        self.server.session = smtpd.Guarded
        done = self.retry(text, "--yes")
        self.assertEqual([result for _, result in self.result(done)], ["before", "sent", "sent"])

    def test_blind_copies_of_the_draft(self):
        draft = self.write("draft.eml", b"Bcc: boss@secret.test\n" + MESSAGE % self.rcpt)
        self.assertEqual(self.retry(self.usual(), "--yes", "--message", draft).returncode, 0)
        self.assertNotIn(b"boss@", self.server.mails[0].data)

    def test_limits_of_the_command_line(self):
        """They go before those of the configuration."""
        with open(self.config, "a", encoding="ascii") as conf:
            conf.write("max-time = 1s\n")
        dear = bounce([group(self.rcpt, b"onionpow:1:sha256/20000000")], MESSAGE % self.rcpt)
        done = self.retry(dear, "--yes", "--max-time", "1h")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.server.mails), 1)

    def test_what_the_user_vouches_for(self):
        text = self.usual(to=b"alice+list@home.test").replace(b"To: " + self.rcpt, b"To: friends@list.test")
        self.refused(65, text, "--yes", "--sender", "alice+list@home.test", says=b"does not name")
        self.refused(65, text, "--yes", "--rcpt", self.rcpt.decode(), says=b"not from")
        self.refused(64, text, "--yes", "--rcpt", self.rcpt.decode(), "--sender", "a b", says=b"--sender")
        done = self.retry(text, "--yes", "--sender", "alice+list@home.test", "--rcpt", self.rcpt.decode())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.server.mails[0].sender, "alice+list@home.test")

    def test_not_the_whole_message(self):
        header = (MESSAGE % self.rcpt).partition(b"\n\n")[0] + b"\n"
        text = self.usual().replace(b"message/rfc822", b"text/rfc822-headers").replace(MESSAGE % self.rcpt, header)
        self.refused(65, text, "--yes", says=b"does not return the whole message", hint=b"--message")
        self.refused(65, self.usual(end=b""), "--yes", says=b"does not return the whole message")
        self.refused(65, self.usual(returned=b"image/png"), "--yes", says=b"does not return the message")
        sent = self.write("sent.eml", (MESSAGE % self.rcpt).replace(b"last\n", b"as it was\n"))
        other = self.write("other.eml", (MESSAGE % self.rcpt).replace(b"<1@", b"<2@"))
        self.refused(65, text, "--yes", "--message", other, says=b"another message: <1@home.test>, not <2@home.test>")
        self.refused(66, text, "--yes", "--message", "/nonexistent")
        self.refused(65, self.usual(returned=b"image/png"), "--yes", "--message", sent, says=b"another message")
        self.assertEqual(self.retry(text, "--yes", "--message", sent).returncode, 0)
        self.assertIn(b"as it was\r\n", self.server.mails[0].data)

    def test_no_bounce(self):
        self.refused(65, b"554 5.7.1 " + self.token, "--yes", says=b"no bounce", hint=b"onionpow demand")
        self.refused(65, MESSAGE % self.rcpt, "--yes", says=b"no bounce")
        self.refused(1, bounce([group(self.rcpt, b"no such user")], MESSAGE % self.rcpt), "--yes",
                     says=b"no recipient that asks")
        self.fails(64, "retry", "a", "b")

    def test_output(self):
        quoted = b"onionpow:1:sha256/64/" + QUOTE.encode()
        for end in (b"\n", b"\r\n"):
            text = bounce([group(self.rcpt, quoted)], MESSAGE % self.rcpt).replace(b"\n", end)
            out = self.retry(text, "--output").stdout
            stamp, gap, rest = out.partition(KEPT.replace(b"\n", end))
            self.assertEqual(gap + rest, KEPT.replace(b"\n", end)
                             + (MESSAGE % self.rcpt).split(KEPT)[1].replace(b"\n", end))
            self.assertTrue(stamp.startswith(b"X-Onion-PoW: v=1; a=sha256; d=64;"))
            self.assertEqual(stamp.count(b"\n"), stamp.count(end))
            self.assertIn(b"c=" + QUOTE.encode(), re.sub(rb"\s+", b"", stamp))
            self.ok("verify", "--suite", "sha256", "--work", "1024", "--rcpt", self.rcpt.decode(), stdin=out)
        self.assertEqual(self.proxy.seen, [])
        self.refused(69, bounce([group(self.rcpt, b"onionpow:1:sha256/4500000000000000")], MESSAGE % self.rcpt),
                     "--output", says=b"may take")

    def test_captured(self):
        """What Postfix, Sendmail and Exim send back, with a price for tests."""
        for name, rcpt, body in (("postfix.dsn", "bob@example.test", b"\n\nBody of "),
                                 ("sendmail.dsn", "bob@other.test", b"\n\nBody of "),
                                 ("exim.dsn", "bob@example.test", b"\n\nBody of d1\n")):
            with self.subTest(name):
                with open(fixture(name), "rb") as file:
                    text = file.read().replace(b"argon2id-16m/512", b"argon2id-16m/1")
                out = self.retry(text, "--output").stdout
                self.assertIn(body, out)
                self.assertNotIn(b"\n--", out)
                row, = self.ok("verify", "--work", "32", "--rcpt", rcpt, stdin=out).splitlines()
                self.assertIn(b"\tpass\targon2id-16m\t32", row)

    def test_json(self):
        line, = self.retry(self.usual(), "--yes", "--json").stdout.splitlines()
        got = json.loads(line)
        self.assertEqual((got["schema"], got["recipient"], got["result"], got["status"], got["minted"]),
                         (1, self.rcpt.decode(), "sent", 0, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
