"""send, sendmail, retry: addresses on the wire as they were written, and what sendmail's flags do.

The servers are scripted, behind a SOCKS proxy that stands in for Tor."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build  # noqa: E402
import smtpd  # noqa: E402
import socks  # noqa: E402

MAIL = (b"From: Alice.X <Alice.X@Sender.Test>\nSubject: hello\n"
        b"Date: Sat, 21 Nov 2026 12:00:00 +0000\nMessage-ID: <1@sender.test>\n\nhello\n")
ALICE = "Alice.X@sender.test"
PIN = "03d66dd08835c1ca3f12"
EX_USAGE, EX_DATAERR, EX_CONFIG = 64, 65, 78


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="onionpow-send-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.proxy = socks.Socks()
        self.addCleanup(self.proxy.close)
        self.guard = smtpd.Guard()
        self.addCleanup(self.guard.close)
        self.host = socks.onion("one")
        self.proxy.hosts[self.host] = self.guard.port
        self.config = self.write("sender.conf", f'socks = "{self.proxy.address}"\nsrv = no\n'
                                 f'state = "{self.directory}/state"\nmax-mem = 256MiB\n')

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_cli(self, *args, mail=MAIL, argv=(build.CLI,)):
        """Without any other configuration than the one that is named."""
        home = {"XDG_CONFIG_HOME": self.path("none"), "XDG_STATE_HOME": self.path("none")}
        return subprocess.run([*argv, *args], input=mail, capture_output=True, timeout=build.HANG_S,
                              env=os.environ | home)

    def send(self, *args, **options):
        return self.run_cli("send", "--config", self.config, *args, **options)

    def sendmail(self, *args, **options):
        return self.run_cli("sendmail", "-C", self.config, *args, **options)

    def sent(self, done, sender, *rcpts):
        """Who was named, octet for octet; each twice: before the demand, and after it."""
        self.assertEqual(done.returncode, 0, done.stderr)
        said = [line for line in self.guard.said if line.startswith(("MAIL", "RCPT"))]
        self.guard.said.clear()
        mails = {line.split("> ")[0] for line in said if line.startswith("MAIL")}
        self.assertEqual(mails, {f"MAIL FROM:<{sender}"})
        named = list(dict.fromkeys(line for line in said if line.startswith("RCPT")))
        self.assertEqual(named, [f"RCPT TO:<{rcpt}>" for rcpt in rcpts])
        self.assertEqual([mail.rcpts for mail in self.guard.mails], [[rcpt] for rcpt in rcpts])
        self.guard.mails.clear()

    def refused(self, done, status, says):
        self.assertEqual((done.returncode, done.stdout), (status, b""), done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(self.guard.connections, 0)


class Send(Case):
    def test_capitals_of_arguments(self):
        done = self.send(f"Bob.McX+Tag@{self.host.upper()}")
        self.sent(done, ALICE, f"Bob.McX+Tag@{self.host}")

    def test_capitals_of_the_header(self):
        mail = (f'To: "Bob, the <X@y>" <BoB@{self.host}>, (Ann) Ann.\n X @ {self.host}\n'
                f'Cc: friends: <@Relay.Test:CaRol@{self.host}>;\n'
                f'Bcc: DAVE@{self.host}\n').encode() + MAIL
        self.sent(self.send("-t", mail=mail), ALICE,
                  *(f"{name}@{self.host}" for name in ("BoB", "Ann.X", "CaRol", "DAVE")))

    def test_quoted_local_parts(self):
        rows = [('"A b"', '"A b"'), ('"Q.Q"', "Q.Q"), (r'"A\"\\b"', r'"A\"\\b"'),
                (r'"\A\ b"', '"A b"'), ('"a@B"', '"a@B"'), ("O'Neill", "O'Neill")]
        for written, said in rows:
            with self.subTest(written):
                self.sent(self.send(f"{written}@{self.host}"), ALICE, f"{said}@{self.host}")
                mail = f"To: Bob <{written}@{self.host}>\n".encode() + MAIL
                self.sent(self.send("-t", mail=mail), ALICE, f"{said}@{self.host}")

    def test_sender(self):
        rows = [("Al.X@A.Test", "Al.X@a.test"), ('"a B"@a.test', '"a B"@a.test'), ("", ""),
                ("<Al@a.test>", "Al@a.test"), ('"Q.Q"@a.test', "Q.Q@a.test"),
                ('"a> SIZE=1 <"@a.test', '"a> SIZE=1 <"@a.test')]
        for written, said in rows:
            with self.subTest(written):
                done = self.send("--sender", written, f"bob@{self.host}")
                line = next(line for line in self.guard.said if line.startswith("MAIL"))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(line.startswith(f"MAIL FROM:<{said}> SIZE="), line)
                self.guard.said.clear()

    def test_sender_without_a_domain(self):
        done = self.send("--sender", "a b", f"bob@{self.host}")
        self.refused(done, EX_DATAERR, b"this is no address")
        for user in ("root", "www-data", "Postmaster", "postmaster"):
            with self.subTest(user):
                self.sent(self.send("--sender", user, f"bob@{self.host}"), user + "@localhost",
                          f"bob@{self.host}")

    def test_recipient_without_a_domain(self):
        for args, mail in ((["root"], MAIL), (["postmaster"], MAIL), (["-t"], b"To: root\n" + MAIL),
                           (["-t"], b"To: Postmaster\n" + MAIL)):
            done = self.send(*args, mail=mail)
            self.refused(done, EX_DATAERR, b"it has no domain, and there are no local users")

    def test_blind_copies_are_nobodys_business(self):
        """Whoever names them: -t, or a program that took them from its own draft."""
        mail = (f"To: bob@{self.host}\nBcc: boss@{self.host}\nResent-Bcc:\n spy@secret.test\n"
                ).encode() + MAIL
        for run in (self.send, self.sendmail):
            self.guard.said.clear()
            done = run(f"bob@{self.host}", mail=mail)
            self.assertEqual(done.returncode, 0, done.stderr)
            got = self.guard.mails.pop()
            self.assertEqual((got.rcpts, self.guard.mails), ([f"bob@{self.host}"], []))
            self.assertIn(b"\nSubject: hello\r\n", got.data)
            for word in (b"cc:", b"boss@", b"spy@"):
                self.assertNotIn(word, got.data)

    def test_sender_of_the_header(self):
        for field, said in (('From: "a B"@a.test', '"a B"@a.test'),
                            ("From: Al\n <Al@a.test> (x)", "Al@a.test"),
                            ("From: Al@a.test\nSender: Bo@a.test", "Bo@a.test"),
                            ("From: Al@a.test\nResent-From: Cy@a.test", "Cy@a.test")):
            with self.subTest(field):
                mail = (field + "\n").encode() + MAIL.split(b"\n", 1)[1]
                self.sent(self.send(f"bob@{self.host}", mail=mail), said, f"bob@{self.host}")

    def test_no_command_or_parameter_gets_into_mail(self):
        for sender in ("a b@c.test", '"a b"@c.test> SIZE=1', '"a b"> SIZE=1 <@c.test',
                       '"a\r\nRCPT TO:<x@y>"@c.test', '"a\\\r\nb"@c.test', '"a b@c.test',
                       'a@["> SIZE=1"]', 'a@[">SIZE=1"]', "a@c.test>\r\nDATA", '"a\tb"@c.test',
                       "a@b@c.test"):
            with self.subTest(sender):
                done = self.send("--sender", sender, f"bob@{self.host}")
                self.refused(done, EX_DATAERR, b"this is no address")

    def test_twice_is_once(self):
        mail = f"To: Bob@{self.host}\nCc: BOB@{self.host}\n".encode() + MAIL
        done = self.send("-t", f"boB@{self.host}", f'"bob"@{self.host}', mail=mail)
        self.sent(done, ALICE, f"boB@{self.host}")
        self.assertEqual(len(self.guard.stamps), 1)

    def test_what_is_told(self):
        done = self.send("--json", f"Bob@{self.host}")
        self.assertEqual(json.loads(done.stdout)["recipient"], f"Bob@{self.host}")
        done = self.send(f"Bob@{self.host}")
        self.assertIn(f"Bob@{self.host}: delivered".encode(), done.stderr)
        done = self.send("Bob@" + socks.onion("gone"))
        self.assertIn(b"onionpow: Bob@" + socks.onion("gone").encode() + b": 4.4.1 ", done.stderr)
        done = self.send("Bob@" + "x" * 56 + ".onion")
        self.assertIn(b"Bob@xxx", done.stderr)


class Stamps(Case):
    """A stamp is for the canonical form, whatever was written."""

    def test_canonical(self):
        mint = ("mint", "--suite", "sha256", "--work", "64", "--json")
        for args, mail in ((("--rcpt", '"Q.Q"@X.Test'), b""), (('"q.Q"@x.test',), b""),
                           (("-t",), b"To: Q.Q@x.test\n\n")):
            done = self.run_cli(*mint, *args, mail=mail)
            self.assertEqual(done.returncode, 0, done.stderr)
            made = json.loads(done.stdout)
            self.assertEqual(made["recipient"], "q.q@x.test")
            done = self.run_cli("verify", "--work", "64", "--rcpt", "Q.q@x.test",
                                mail=made["field"].encode() + b"\n\n")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.split(b"\t")[:2], [b"q.q@x.test", b"pass"])


    def minted(self, done):
        """For the onion service, whatever the sender knows of its certificate."""
        self.assertEqual(done.returncode, 0, done.stderr)
        for rcpt in (f"bob@{self.host}", f"bob@{PIN}.{self.host}"):
            judged = self.run_cli("verify", "--work", "64", "--rcpt", rcpt, mail=done.stdout + b"\n\n")
            self.assertEqual(judged.stdout.split(b"\t")[:2], [f"bob@{self.host}".encode(), b"pass"])
        judged = self.run_cli("verify", "--rcpt", f"bob@{socks.onion('two')}", mail=done.stdout)
        self.assertEqual(judged.stdout.split(b"\t")[1], b"wrong-recipient")

    def test_pins_are_for_the_sender_alone(self):
        pinned = f"bob@{PIN}.{self.host}"
        cheap = ("--suite", "sha256", "--work", "64")
        mail = f"To: {pinned}\n".encode() + MAIL
        self.minted(self.run_cli("mint", *cheap, pinned))
        self.minted(self.run_cli("mint", *cheap, "-t", mail=mail))
        self.minted(self.run_cli("stamp", *cheap, "-t", mail=mail))
        self.minted(self.run_cli("stamp", *cheap, "--rcpt", pinned, mail=MAIL))
        done = self.run_cli("mint", "--json", *cheap, pinned)
        self.assertEqual(json.loads(done.stdout)["recipient"], f"bob@{self.host}")
        stamp = self.run_cli("mint", *cheap, f"bob@{self.host}").stdout
        done = self.run_cli("explain", "--rcpt", pinned, mail=stamp)
        self.assertNotIn(b"wrong-recipient", done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_too_many_recipients(self):
        """Nobody's message takes the time of 80,000 times 80,000 comparisons; none is `pass'."""
        to = ",\n ".join(f"u{i}@x.test" for i in range(60000))
        for bound, *verb in ((200, "verify"), (200, "stamp", "-t"), (200, "mint", "-t"),
                             (2000, "send", "--config", self.config, "-t")):
            done = self.run_cli(*verb, mail=f"To: {to}\n".encode() + MAIL)
            self.assertEqual((done.returncode, done.stdout), (EX_DATAERR, b""), done.stderr)
            says = f"u{bound}@x.test: the message names more than {bound} recipients"
            self.assertIn(says.encode(), done.stderr)


class Retry(Case):
    def bounce(self, rcpt, to="Alice.X@Sender.Test"):
        message = f"To: {rcpt}\n".encode() + MAIL
        return (f"To: {to}\nContent-Type: multipart/report; boundary=b\n\n--b\n\nwords\n"
                f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
                f"Final-Recipient: rfc822; {rcpt}\nAction: failed\n"
                f"Diagnostic-Code: smtp; 554 5.7.1 {self.guard.token()} required\n\n"
                f"--b\nContent-Type: message/rfc822\n\n").encode() + message + b"\n--b--\n"

    def retry(self, rcpt, *args):
        args = "--config", self.config, "--yes", *args
        return self.run_cli("retry", *args, mail=self.bounce(rcpt))

    def test_capitals(self):
        done = self.retry(f"Bob.X@{self.host}", "--rcpt", f"bob.x@{self.host}")
        self.assertEqual(done.stdout.split(b"\t")[:2], [f"Bob.X@{self.host}".encode(), b"sent"])
        self.sent(done, ALICE, f"Bob.X@{self.host}")

    def test_output_for_a_pinned_address(self):
        done = self.retry(f"bob@{PIN}.{self.host}", "--output")
        self.assertEqual(done.returncode, 0, done.stderr)
        judged = self.run_cli("verify", "--rcpt", f"bob@{self.host}", "--work", "64", mail=done.stdout)
        self.assertEqual(judged.stdout.split(b"\t")[:2], [f"bob@{self.host}".encode(), b"pass"])

    def test_postmaster_needs_a_domain(self):
        bounce = self.bounce(f"bob@{self.host}", "postmaster").replace(b"Alice.X <Alice.X@Sender.Test>",
                                                                       b"postmaster")
        done = self.run_cli("retry", "--config", self.config, "--yes", mail=bounce)
        self.refused(done, EX_DATAERR, b"--sender postmaster: the domain is missing")
        done = self.retry(f"bob@{self.host}", "--sender", "postmaster")
        self.refused(done, EX_USAGE, b"--sender postmaster: the domain is missing")

    def test_quoted(self):
        self.sent(self.retry(f'"Bob X"@{self.host}', "--sender", '"Al X"@a.test'), '"Al X"@a.test',
                  f'"Bob X"@{self.host}')


class Sendmail(Case):
    def test_capitals(self):
        mail = f"To: Bob@{self.host}\n".encode() + MAIL
        done = self.sendmail("-t", "-f", "Al.X@a.test", mail=mail)
        self.sent(done, "Al.X@a.test", f"Bob@{self.host}")
        self.sent(self.sendmail("-i", f'"Bob X"@{self.host}'), ALICE, f'"Bob X"@{self.host}')

    def test_configuration(self):
        to = f"bob@{self.host}"
        for flags in (["-C", self.config], ["-C" + self.config], ["-iC", self.config],
                      ["--config", self.config], ["--config=" + self.config]):
            with self.subTest(flags[0][:9]):
                self.sent(self.run_cli("sendmail", *flags, to), ALICE, to)
        os.symlink(build.CLI, self.path("sendmail"))
        self.sent(self.run_cli("-C", self.config, to, argv=[self.path("sendmail")]), ALICE, to)

    def test_no_such_configuration(self):
        bad = self.write("bad", "nonsense = 1\n")
        self.refused(self.sendmail("-C", self.path("gone"), f"b@{self.host}"), EX_CONFIG, b"gone")
        self.refused(self.sendmail("-C", bad, f"b@{self.host}"), EX_CONFIG, b"nonsense")

    def test_flags_of_programs(self):
        rows = [
            ("cron", ["-FCronDaemon", "-i", "-B8BITMIME", "-oem"]),
            ("git", ["-i", "-f", ALICE]),
            ("mutt", ["-oem", "-oi", "-B8BITMIME", "-N", "success,failure", "-R", "hdrs"]),
            ("mailx", ["-i", "-m", "-v", "-n", "-r", ALICE]),
            ("perl", ["-t", "-oi", "-odb", "-oem"]),
            ("options", ["-O", "DeliveryMode=b", "-OErrorMode=m", "-V", "envelope", "-d0.1",
                         "-e", "m", "-h", "3", "-L", "tag", "-p", "ESMTP:host", "-o7"]),
            ("letters", ["-X", "/dev/null", "-U", "-G", "-s", "-Am", "-Ac"]),
        ]
        to = f"Bob@{self.host}"
        for label, flags in rows:
            with self.subTest(label):
                self.sent(self.sendmail(*flags, "--", to), ALICE, to)

    def test_refused(self):
        rows = [
            (["-bs"], b"SMTP on standard input"), (["-bp"], b"no queue"), (["-bi"], b"alias file"),
            (["-bd"], b"daemon"), (["-bv"], b"-bv"), (["-q"], b"no queue"),
            (["-q30m"], b"no queue"), (["-I"], b"alias file"), (["-a", "x"], b"no accounts"),
            (["--account=x"], b"no accounts"), (["-iZ"], b": -iZ: this flag is unknown"),
            (["--zero"], b": --zero: this flag is unknown"),
        ]
        for flags, says in rows:
            with self.subTest(flags):
                self.refused(self.sendmail(*flags, f"bob@{self.host}"), EX_USAGE, says)
        for flag in ("-f", "-F", "--config"):
            says = flag.encode() + b": its argument is missing"
            self.refused(self.sendmail(flag), EX_USAGE, says)

    def test_where_flags_end(self):
        done = self.sendmail(f"bob@{self.host}", "-t")
        self.refused(done, EX_DATAERR, b"-t: this is no address")
        self.sent(self.sendmail("--", f"-bs@{self.host}"), ALICE, f"-bs@{self.host}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
