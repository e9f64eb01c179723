"""The command as its users meet it: outputs, exit statuses, limits, signals, the terminal."""
import base64
import email
import email.policy
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest
import xml.etree.ElementTree

SOURCE = os.environ["ONIONPOW_SOURCE"]
CLI = os.path.join(os.environ["ONIONPOW_BUILD"], "onionpow")
HANG_S = 120  # a guard against hanging, never a measure of speed

VERBS = ("mint", "verify", "explain", "stamp", "suites", "bench", "deliver", "send", "sendmail", "probe", "demand",
         "retry", "config", "map")
CHEAP = ("--suite", "sha256", "--work", "1k")
BEYOND = ("--suite", "sha256", "--work", "900G", "--max-time", "3650d")  # never ends by itself


def run(*args, stdin=b"", **options):
    return subprocess.run([CLI, *args], input=stdin, capture_output=True, timeout=HANG_S, **options)


def start(*args, **options):
    """A run that is to be interrupted: SIGINT may have been ignored by whoever started the tests."""
    return subprocess.Popen([CLI, *args], stdin=subprocess.DEVNULL,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **options)


def fields_of(message):
    """The header fields with their line ends, and the rest."""
    head, gap, body = re.match(rb"((?:[^\r\n].*\r?\n)*)(\r?\n)?((?s:.*))\Z", message).groups()
    return re.findall(rb"[^ \t].*\n(?:[ \t].*\n)*", head), gap, body


class Case(unittest.TestCase):
    def ok(self, *args, **options):
        done = run(*args, **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""), args)
        return done.stdout

    def fails(self, status, *args, says=b"", hint=b"", **options):
        done = run(*args, **options)
        self.assertEqual(done.returncode, status, (args, done.stderr))
        self.assertEqual(done.stdout, b"", args)
        self.assertTrue(done.stderr.startswith(b"onionpow: "), done.stderr)
        self.assertIn(says, done.stderr)
        if hint:
            self.assertIn(b"\nhint: ", done.stderr)
            self.assertIn(hint, done.stderr.split(b"\nhint: ")[1])
        return done.stderr

    def judged(self, *args, **options):
        done = run("verify", *args, **options)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
        self.assertEqual(done.returncode, int(any(row[1] != "pass" for row in rows)))
        return rows


class Help(Case):
    def test_help(self):
        self.assertIn(b"Usage: onionpow VERB", self.ok("--help"))
        for verb in VERBS:
            text = self.ok(verb, "--help").decode()
            self.assertIn(f"Usage: onionpow {verb} ", text)
            self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)

    def test_every_exit_status_is_told(self):
        with open(os.path.join(SOURCE, "tools", "onionpow.1"), encoding="ascii") as file:
            manual = file.read()
        text = self.ok("mint", "--help").decode().partition("Exit status:")[2]
        told = set(re.findall(r"\b\d+\b", text))
        self.assertEqual(told, set("0 1 64 65 66 69 70 71 73 74 75 76 77 78 130 143".split()))
        section = manual.partition(".Sh EXIT STATUS")[2].partition(".Sh")[0]
        self.assertEqual(told, set(re.findall(r"\d+", " ".join(re.findall(r"^\.It (.*)$", section, re.M)))))

    def test_version(self):
        for args in (["--version"], *([verb, "--version"] for verb in VERBS)):
            self.assertRegex(self.ok(*args), rb"\Aonionpow \d+\.\d+\.\d+\n\Z")

    def test_usage(self):
        self.fails(64, hint=b"--help")
        self.fails(64, "mnit", says=b"no such verb", hint=b"mint")
        self.fails(64, "frobnicate", hint=b"lists the verbs")
        self.fails(64, "--mint", says=b"no such verb")
        self.fails(64, "mint", says=b"for whom")
        self.fails(64, "stamp", says=b"for whom", hint=b"-t")
        self.fails(64, "mint", "--wrok", "1", "a@x.org", hint=b"--work")
        self.fails(64, "mint", "--work", "1", "--seconds", "1", "a@x.org", says=b"exclude each other")
        self.fails(64, "mint", "--suite", "sha256", "--work", "9000000G", "--work", "9223372036G", "a@x.org",
                   says=b"no stamp can carry")
        for args in (("suites", "x"), ("bench", "x"), ("verify", "a", "b"), ("explain", "a", "b"),
                     ("stamp", "-t", "a", "b")):
            self.fails(64, *args)

    def test_completions(self):
        for shell, name in (("bash", "onionpow.bash"), ("zsh", "_onionpow")):
            with open(os.path.join(SOURCE, "etc", "completions", name), "rb") as file:
                self.assertEqual(file.read(), self.ok("--completions", shell),
                                 f"stale: onionpow --completions {shell} > etc/completions/{name}")
        self.fails(64, "--completions", "fish")

    def test_manual_is_clean(self):
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(SOURCE, "tools", "onionpow.1")],
                              capture_output=True, timeout=HANG_S)
        self.assertEqual((done.returncode, done.stdout), (0, b""))


class Mint(Case):
    def test_fields_in_order(self):
        rcpts = ["carol@x.org", "alice@x.org", "bob@x.org", "alice@x.org"]
        fields, gap, rest = fields_of(self.ok("mint", *CHEAP, *rcpts))
        self.assertEqual((gap, rest, len(fields)), (None, b"", 4))
        for rcpt, field in zip(rcpts, fields):
            self.assertTrue(field.startswith(b"X-Onion-PoW: v=1; a=sha256; "))
            self.assertTrue(all(len(line) <= 76 for line in field.split(b"\n")), field)
            self.assertNotIn(b"\r", field)
            self.assertEqual(self.judged(*CHEAP, "--rcpt", rcpt, stdin=field)[0][1], "pass")
        self.assertNotEqual(fields[1], fields[3])

    def test_every_suite(self):
        for line in self.ok("suites", "--json").splitlines():
            suite = json.loads(line)
            work = str(suite["puzzles"])
            field = self.ok("mint", "--suite", suite["suite"], "--work", work, "a@x.org")
            row, = self.judged("--rcpt", "a@x.org", "--work", work, stdin=field)
            self.assertEqual(row[:4], ["a@x.org", "pass", suite["suite"], work])

    def test_json(self):
        line, = self.ok("mint", "--json", *CHEAP, "Bob@B\u00fccher.example").decode().splitlines()
        got = json.loads(line)
        self.assertEqual(got["schema"], 1)
        self.assertEqual(got["recipient"], "bob@xn--bcher-kva.example")
        self.assertEqual((got["suite"], got["effort"], got["work"]), ("sha256", 63, 1008))
        self.assertEqual(self.judged(*CHEAP, "--rcpt", "bob@b\u00fccher.example",
                                     stdin=got["field"].encode())[0][1], "pass")

    def test_work_is_rounded_up(self):
        self.assertIn(b"; d=2;", self.ok("mint", "--suite", "sha256", "--work", "17", "a@x.org"))
        self.assertIn(b"; d=1;", self.ok("mint", "--suite", "sha256", "--work", "16", "a@x.org"))

    def test_date(self):
        self.assertIn(b"; t=20200229;", self.ok("mint", *CHEAP, "--date", "20200229", "a@x.org"))
        today = time.strftime("%Y%m%d", time.gmtime()).encode()
        field = self.ok("mint", *CHEAP, "a@x.org")
        self.assertIn(re.search(rb"t=(\d+)", field)[1],
                      (today, time.strftime("%Y%m%d", time.gmtime()).encode()))

    def test_seconds(self):
        """Calibrated work: more seconds, more work; the figures are the machine's own."""
        short, long = (json.loads(self.ok("mint", "--json", "--suite", "sha256", "--seconds", s, "a@x.org"))
                       for s in ("0.001", "0.2"))
        self.assertGreater(long["work"], 10 * short["work"])

    def test_from_headers(self):
        message = b"To: a@x.org,\n b@x.org\nCc: A@x.org\n\nTo: c@x.org\n"
        fields, _, _ = fields_of(self.ok("mint", "-t", *CHEAP, stdin=message))
        self.assertEqual(len(fields), 2)
        fields, _, _ = fields_of(self.ok("mint", "-t", *CHEAP, "--rcpt", "d@x.org", "e@x.org", stdin=message))
        self.assertEqual(len(fields), 4)
        self.fails(65, "mint", "-t", *CHEAP, stdin=b"From: a@x.org\n\n", says=b"no recipient")

    def test_argument_that_looks_like_an_option(self):
        self.ok("mint", *CHEAP, "--", "-t@x.org")
        self.fails(64, "mint", *CHEAP, "-t@x.org")

    def test_no_address(self):
        self.fails(65, "mint", *CHEAP, "a@x.org", "nobody", says=b"nobody: this is no address: ")
        self.fails(65, "mint", *CHEAP, "", says=b"no address")
        self.fails(65, "mint", *CHEAP, "<>", says=b"<>: ")
        error = self.fails(65, "mint", *CHEAP, "\x1b]0;x\x07@", says=b"no address")
        self.assertNotIn(b"\x1b", error)  # input does not drive the terminal

    def test_errors_in_json(self):
        for status, args in ((65, ("mint", "--json", "nobody")), (64, ("mint", "--json", "--x")),
                             (64, ("nothing", "--json"))):
            done = run(*args)
            self.assertEqual((done.returncode, done.stdout), (status, b""))
            error = json.loads(done.stderr)["error"]
            self.assertEqual(sorted(error), ["code", "hint", "message"])
            self.assertEqual(error["code"], status)

    def test_what_is_minted_stays(self):
        """A batch that is interrupted has printed what it had paid for."""
        process = start("mint", "--json", "--suite", "argon2id-16m", "--work", "32", "--quiet", *["a@x.org"] * 400,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=HANG_S)
        self.assertEqual(process.returncode, 143)
        lines = (first + rest).splitlines(keepends=True)
        self.assertLess(len(lines), 400)
        for line in lines:
            self.assertTrue(json.loads(line)["field"].startswith("X-Onion-PoW: "))


class Offers(Case):
    REPLY = (b"554-5.7.1 onionpow:1:argon2id-16m/67108864,sha256/5,argon2id-16m/1 proof of work required\r\n"
             b"554 5.7.1 for <a@x.org>\r\n")

    def test_taken(self):
        self.assertIn(b"a=sha256; d=5;", self.ok("mint", "--offer", "onionpow:1:sha256/5,sha256/6", "a@x.org"))

    def test_first_acceptable(self):
        done = self.ok("mint", "--offer", self.REPLY.decode(), "a@x.org")
        self.assertIn(b"a=sha256; d=5;", done)

    def test_chosen_suite(self):
        args = ("mint", "--offer", "onionpow:1:sha256/5,argon2id-16m/1", "--suite")
        self.assertIn(b"a=argon2id-16m; d=1;", self.ok(*args, "argon2id-16m", "a@x.org"))
        self.fails(69, *args, "argon2id-64m", "a@x.org", says=b"does not offer argon2id-64m", hint=b"--suite")

    def test_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.REPLY)
            file.flush()
            self.assertIn(b"a=sha256; d=5;", self.ok("mint", "--offer", "@" + file.name, "a@x.org"))
        self.assertIn(b"a=sha256; d=5;", self.ok("mint", "--offer", "@-", "a@x.org", stdin=self.REPLY))
        self.fails(66, "mint", "--offer", "@/nonexistent", "a@x.org", says=b"/nonexistent")
        self.fails(65, "mint", "--offer", "@-", "a@x.org", stdin=b"x" * 100000, says=b"no offer")

    def test_quote(self):
        quote = "AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        offer = f"onionpow:1:sha256/5/{quote}"
        self.assertIn(f"c={quote};".encode(), self.ok("mint", "--offer", offer, "a@x.org"))
        done = run("mint", "--offer", offer, "a@x.org", "b@x.org")
        self.assertEqual(done.returncode, 0)
        self.assertNotIn(b"c=", done.stdout)
        self.assertIn(b"note: the offer's quote", done.stderr)

    def test_refused(self):
        self.fails(65, "mint", "--offer", "please", "a@x.org", says=b"no offer", hint=b"onionpow:1:")
        self.fails(65, "mint", "--offer", "onionpow:1:sha256/0", "a@x.org", says=b"no offer")
        self.fails(69, "mint", "--offer", "onionpow:1:md5/5", "a@x.org", says=b"unknown here")
        self.fails(69, "mint", "--offer", "onionpow:1:argon2id-256m/1", "--max-mem", "100MiB", "a@x.org",
                   says=b"needs 256MiB of memory and the limit is 100MiB", hint=b"--max-mem")
        self.fails(64, "mint", "--offer", "onionpow:1:sha256/5", "--work", "1", "a@x.org", says=b"exclude")


class Limits(Case):
    def test_time_estimated(self):
        error = self.fails(69, "mint", "--suite", "sha256", "--work", "900G", "--max-time", "1", "a@x.org",
                           says=b"sha256 with effort 56250000000 (work 900000000000): it may take ",
                           hint=b"--max-time")
        self.assertRegex(error, rb"it may take \d.* and the limit is 1\.0 s")

    def test_time_over(self):
        """The estimate was acceptable, but then the machine stood still."""
        process = start("mint", "--suite", "sha256", "--seconds", "2", "--max-time", "6", "--progress", "json",
                        "a@x.org", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn(b"progress", process.stderr.readline())
        process.send_signal(signal.SIGSTOP)
        time.sleep(6)
        process.send_signal(signal.SIGCONT)
        out, error = process.communicate(timeout=HANG_S)
        self.assertEqual((process.returncode, out), (75, b""))
        self.assertIn(b"a@x.org: not minted within 6.0 s\nhint: --max-time", error)

    def test_memory(self):
        self.fails(69, "mint", "--max-mem", "15MiB", "--work", "32", "a@x.org", says=b"needs 16MiB")
        self.ok("mint", "--max-mem", "16MiB", "--threads", "1", "--work", "32", "a@x.org")

    def test_fewer_threads(self):
        args = ("mint", "--json", "--max-mem", "16MiB", "--threads", "4", "--work", "32", "a@x.org")
        done = run(*args)
        self.assertEqual(json.loads(done.stdout)["threads"], 1)
        self.assertIn("1 of 4 threads", json.loads(done.stderr)["note"])
        self.assertEqual(run(*args, "--quiet").stderr, b"")

    def test_out_of_memory(self):
        """The system refuses: try later, with a hint."""
        import resource
        limit = 200 << 20
        done = run("mint", "--suite", "argon2id-256m", "--work", "16", "--threads", "1", "a@x.org",
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        if b"AddressSanitizer" in done.stderr or b"ThreadSanitizer" in done.stderr:
            self.skipTest("sanitizers need more address space")
        self.assertEqual((done.returncode, done.stdout), (75, b""))
        self.assertIn(b"out of memory", done.stderr)


class Verify(Case):
    @classmethod
    def setUpClass(cls):
        cls.field = run("mint", *CHEAP, "--date", "20260110", "a@x.org").stdout
        cls.message = cls.field + b"To: a@x.org\n\nhello\n"

    def verdict(self, *args, stdin=None, work=("--work", "1k")):
        row, = self.judged("--suite", "sha256", *work, *args, stdin=stdin or self.message)
        return row[1]

    def tag(self, name):
        return re.search(rb"\b" + name + rb"=[^;]*", self.field)[0]

    def test_verdicts(self):
        day = ("--date", "20260110")
        for want, args, stdin, work in (
                ("pass", day, self.message, "1k"),
                ("pass", day, self.message, "1008"),
                ("weak", day, self.message, "1009"),
                ("weak", day, self.message, None),
                ("pass", ("--date", "20260117"), self.message, "1k"),
                ("expired", ("--date", "20260118"), self.message, "1k"),
                ("pass", ("--date", "20260118", "--validity", "8d"), self.message, "1k"),
                ("not-yet-valid", ("--date", "20260109"), self.message, "1k"),
                ("wrong-recipient", (*day, "--rcpt", "b@x.org"), self.message, "1k"),
                ("missing", day, b"To: a@x.org\n\n" + self.message, "1k"),
                ("malformed", day, self.message.replace(b"v=1; ", b""), "1k"),
                ("unknown-version", day, self.message.replace(b"v=1;", b"v=2;"), "1k"),
                ("unknown-suite", day, self.message.replace(b"a=sha256;", b"a=md5;"), "1k"),
                ("failed-proof", day, self.message.replace(self.tag(b"n"), b"n=" + b"A" * 171), "1k"),
                ("malformed", day, self.message.replace(self.tag(b"r"), b"r=" + b"A" * 21), "1k"),
                ("wrong-recipient", day, self.message.replace(self.tag(b"r"), b"r=" + b"A" * 22), "1k")):
            with self.subTest(want=want, args=args, work=work):
                self.assertEqual(self.verdict(*args, stdin=stdin, work=("--work", work) if work else ()), want)

    def test_other_suite(self):
        row, = self.judged("--suite", "argon2id-16m", "--date", "20260110", stdin=self.message)
        self.assertEqual(row[1:3], ["unknown-suite", "sha256"])

    def test_columns(self):
        rows = self.judged("--suite", "sha256", "--work", "1k", "--date", "20260110", "--rcpt", "A@X.org",
                           "--rcpt", "b@x.org", stdin=self.field)
        self.assertEqual(rows[0], ["a@x.org", "pass", "sha256", "1008", "the stamp is good"])
        self.assertEqual(rows[1][:4], ["b@x.org", "wrong-recipient", "sha256", "1008"])
        row, = self.judged("--rcpt", "a@x.org", stdin=b"")
        self.assertEqual(row[:4], ["a@x.org", "missing", "-", "-"])

    def test_json(self):
        done = run("verify", "--json", "--rcpt", "a@x.org", "--date", "20260110", stdin=self.field)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout),
                         {"schema": 1, "recipient": "a@x.org", "verdict": "weak", "suite": "sha256", "work": 1008,
                          "reason": "the stamp has less work than is asked for"})

    def test_best_of_several(self):
        other = run("mint", *CHEAP, "b@x.org").stdout
        broken = self.field.replace(b"v=1", b"v=x")
        stdin = other + broken + self.message + other
        self.assertEqual(self.verdict("--date", "20260110", stdin=stdin), "pass")
        self.assertEqual(self.verdict("--date", "20260110", stdin=broken + other + b"To: a@x.org\n"),
                         "wrong-recipient")

    def test_folded_by_others(self):
        unfolded = self.message.replace(b"\n\t", b" ")
        crlf = self.message.replace(b"\n", b"\r\n")
        lower = self.message.replace(b"X-Onion-PoW:", b"x-onion-pow :")
        for stdin in (unfolded, crlf, lower):
            self.assertEqual(self.verdict("--date", "20260110", stdin=stdin), "pass")

    def test_stamps_beyond_the_limit(self):
        done = run("verify", "--rcpt", "a@x.org", stdin=b"X-Onion-PoW: v=x\n" * 201)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"1 stamps beyond the first 200", done.stderr)

    def test_files(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.message)
            file.flush()
            self.assertEqual(self.judged(*CHEAP, "--date", "20260110", file.name)[0][1], "pass")
        self.assertEqual(self.judged(*CHEAP, "--date", "20260110", "-", stdin=self.message)[0][1], "pass")
        self.fails(66, "verify", "/nonexistent", says=b"/nonexistent: No such file")
        self.fails(66, "verify", "/", says=b"directory")

    def test_bad_input(self):
        self.fails(65, "verify", stdin=self.field, says=b"no recipient", hint=b"--rcpt")
        self.fails(65, "verify", stdin=b"To: Bob Smith\n\n", says=b"Bob Smith: this is no address")
        self.fails(65, "verify", stdin=b"A: " + b"x" * (1 << 20), says=b"header")


class Explain(Case):
    def setUp(self):
        self.field = self.ok("mint", *CHEAP, "--date", "20260110", "a@x.org")

    def checks(self, *args, **options):
        done = run("explain", "--json", *args, **options)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        got = json.loads(done.stdout)
        self.assertEqual(got["schema"], 1)
        failed = [name for name, check in got["checks"].items() if check["result"] == "fail"]
        self.assertEqual((done.returncode, got["result"]), (1, "fail") if failed else (0, "pass"))
        return got, failed

    def test_good(self):
        day = ("--date", "20260111")
        for args, stdin in ((("--rcpt", "a@x.org"), self.field),
                            (("--rcpt", "a@x.org"), self.field.partition(b": ")[2]),
                            (("--rcpt", "b@x.org", "--rcpt", "a@x.org", "-"), self.field),
                            (("--rcpt", "a@x.org", self.field.decode()), b"")):
            got, failed = self.checks(*day, *args, stdin=stdin)
            self.assertEqual((got["kind"], failed), ("stamp", []))
            self.assertEqual(sum(name.startswith("puzzle") for name in got["checks"]), 16)
            self.assertEqual(got["checks"]["recipient"]["result"], "pass")
        got, failed = self.checks(*day, stdin=self.field)
        self.assertEqual((got["checks"]["recipient"]["result"], failed), ("unchecked", []))

    def test_faults(self):
        day = ("--date", "20260110")
        for args, stdin, want in (
                (("--date", "20260118"), self.field, ["date"]),
                (("--date", "20260109"), self.field, ["date"]),
                ((*day, "--rcpt", "b@x.org"), self.field, ["recipient"]),
                (day, self.field.replace(b"v=1", b"v=2"), ["syntax"]),
                (day, b"nonsense", ["syntax"])):
            self.assertEqual(self.checks(*args, stdin=stdin)[1], want)
        harder = self.field.replace(b"d=63", b"d=%d" % (1 << 50))
        self.assertEqual(len(self.checks(*day, stdin=harder)[1]), 16)

    def test_seal(self):
        field = self.ok("mint", "--work", "32", "a@x.org")
        seal = re.search(rb"g=(\S+)", field)[1]
        self.assertEqual(self.checks(stdin=field)[1], [])
        self.assertEqual(self.checks(stdin=field.replace(b"g=" + seal, b"g=" + b"_" * 10 + b"8"))[1], ["seal"])

    def test_text(self):
        done = run("explain", "--date", "20260110", "--rcpt", "a@x.org", stdin=self.field)
        self.assertEqual(done.returncode, 0)
        for part in (b"sha256 (deprecated)", b"2026-01-10", b"made for a@x.org", b"check puzzle 16", b"result"):
            self.assertIn(part, done.stdout)

    def test_quote(self):
        for minutes, until, told in ((1795003200 // 60, "2026-11-18 12:00 UTC", "within its time"),
                                     (0, "1970-01-01 00:00 UTC", "its time is over")):
            quote = base64.urlsafe_b64encode(minutes.to_bytes(4, "big") + bytes(17))
            field = re.sub(rb";(\s+)n=", rb";\1c=" + quote + rb";\1n=", self.field)
            got, _ = self.checks("--date", "20260110", stdin=field)
            self.assertEqual(got["fields"]["quote"], f"quoted until {until}")
            self.assertEqual(got["checks"]["quote"]["result"], "unchecked")
            self.assertIn(told, got["checks"]["quote"]["text"])
        got, _ = self.checks("--date", "20260110", stdin=self.field)
        self.assertEqual(got["fields"]["quote"], "none")
        self.assertNotIn("quote", got["checks"])

    def test_offers(self):
        got, failed = self.checks("onionpow:1:argon2id-16m/512,md5/3,sha256/7,"
                                  "sha256/8/AAAAAAAAAAAAAAAAAAAAAAAAAAAA")
        self.assertEqual((got["kind"], failed), ("offers", []))
        self.assertIn("argon2id-16m, effort 512", got["fields"]["offer 1"])
        self.assertIn("work 16384, 17.2 s of a laptop's time", got["fields"]["offer 1"])
        self.assertIn("sha256, effort 7", got["fields"]["offer 2"])
        self.assertEqual(got["fields"]["quote 3"], "quoted until 1970-01-01 00:00 UTC")
        self.assertNotIn("quote 1", got["fields"])
        self.assertIn(": 1", got["fields"]["unknown"])
        self.assertEqual(self.checks("onionpow:1:sha256")[1], ["syntax"])

    def test_bad_input(self):
        self.fails(65, "explain", stdin=b" \n", says=b"nothing to explain")
        self.fails(65, "explain", stdin=b"x" * 70000, says=b"more than")
        done = run("explain", stdin=b"v=1; \x00; a=sha256\x1b[2J")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(b"\x1b", done.stdout)


class Stamp(Case):
    def stamped(self, message, *args, work=CHEAP):
        """The stamps, their line end, and the output without them."""
        out = self.ok("stamp", *work, *args, stdin=message)
        start_at = out.index(b"X-Onion-PoW: v=1; a=sha256; d=63;")
        match = re.compile(rb"(?:X-Onion-PoW: v=1; a=sha256; d=63;.*\n(?:\t.*\n)+)+").match(out, start_at)
        stamps = re.findall(rb"X-Onion-PoW: .*\n(?:\t.*\n)+", match[0])
        return stamps, out[:start_at], out[match.end():]

    def test_octet_for_octet(self):
        for label, message in (
                ("plain", b"From: a@x.org\nTo: b@x.org\n\nbody\n"),
                ("no trailing newline", b"To: b@x.org\n\nbody"),
                ("no body", b"To: b@x.org\n\n"),
                ("header alone", b"To: b@x.org\n"),
                ("header without line end", b"To: b@x.org"),
                ("NUL and eight bits", b"To: b@x.org\nX: a\0b\xff\n\nb\0dy\xfe\r\n\r\r\n"),
                ("long line", b"To: b@x.org\n\n" + b"x" * 100000 + b"\n"),
                ("text behind the header", b"To: b@x.org\nno header line\nBcc: c@x.org\n"),
                ("Return-Path first", b"Return-Path: <a@x.org>\nTo: b@x.org\n\nbody\n"),
                ("fields in the body", b"To: b@x.org\n\nBcc: c@x.org\nX-Onion-PoW: v=1\n")):
            with self.subTest(label):
                stamps, before, after = self.stamped(message, "--rcpt", "b@x.org")
                self.assertEqual((len(stamps), before, after), (1, b"", message))
                stamps, before, after = self.stamped(message, "-t")
                self.assertEqual((len(stamps), before, after), (1, b"", message))

    def test_line_ends(self):
        crlf = b"To: b@x.org\r\nX: y\r\n\r\nbody\nbody\r\n"
        stamps, _, after = self.stamped(crlf, "-t")
        self.assertEqual(after, crlf)
        self.assertEqual(stamps[0].count(b"\n"), stamps[0].count(b"\r\n"))
        stamps, _, after = self.stamped(crlf.replace(b"org\r\n", b"org\n"), "-t")
        self.assertNotIn(b"\r", stamps[0])

    def test_no_header(self):
        for message, want in ((b"\nbody\n", b"\nbody\n"), (b"just text\n", b"\njust text\n"), (b"", b"\n"),
                              (b"\r\nbody", b"\r\nbody"), (b"just text\r\n", b"\r\njust text\r\n")):
            stamps, before, after = self.stamped(message, "--rcpt", "b@x.org")
            self.assertEqual((len(stamps), before, after), (1, b"", want))
        self.fails(65, "stamp", "-t", *CHEAP, stdin=b"just text\n", says=b"no recipient")

    def test_mbox(self):
        line = b"From bob Thu Jan  1 00:00:00 1970\n"
        stamps, before, after = self.stamped(line + b"To: b@x.org\n\nFrom here\n", "-t")
        self.assertEqual((before, after), (line, b"To: b@x.org\n\nFrom here\n"))

    def test_bcc(self):
        for eol in (b"\n", b"\r\n"):
            blind = (b"Bcc: secret@x.org,\n\thidden@x.org\n", b"bcc:\n", b"RESENT-BCC: other@x.org\n")
            keep = (b"From: a@x.org\n", b"To: b@x.org\n", b"Cc: c@x.org\n d@x.org (who, Bcc: x@x.org)\n",
                    b"X-Bcc: stays\n", b"\nBcc: body@x.org\nsecret\n")
            keep = (keep[0], keep[1], keep[2].replace(b"\n d@", b",\n d@"), keep[3], keep[4])
            message = keep[0] + blind[0] + keep[1] + blind[1] + keep[2] + keep[3] + keep[4]
            message, want = (text.replace(b"\n", eol) for text in (message, b"".join(keep)))
            stamps, before, after = self.stamped(message, "-t")
            self.assertEqual((before, after), (b"", want))
            self.assertEqual(len(stamps), 5)
            self.assertNotIn(b"secret@x.org", b"".join(stamps))
            rcpts = [arg for name in ("b", "secret", "hidden", "c", "d") for arg in ("--rcpt", name + "@x.org")]
            rows = self.judged(*CHEAP, *rcpts, stdin=b"".join(stamps))
            self.assertEqual({row[1] for row in rows}, {"pass"})
            # Without -t nobody asked for Bcc to be removed.
            _, _, after = self.stamped(message, "--rcpt", "b@x.org")
            self.assertEqual(after, message)
            # A message that is sent again goes to the Resent- recipients alone.
            message = (b"Resent-To: e@x.org\n" + blind[2] + keep[0] + keep[1] + b"\nx").replace(b"\n", eol)
            stamps, _, after = self.stamped(message, "-t")
            self.assertEqual(len(stamps), 2)
            self.assertEqual(after, message.replace(blind[2].replace(b"\n", eol), b""))

    def test_existing_stamps_stay(self):
        once = self.ok("stamp", "-t", *CHEAP, stdin=b"To: b@x.org\n\nbody\n")
        stamps, before, after = self.stamped(once, "--rcpt", "b@x.org")
        self.assertEqual(len(stamps), 2)
        self.assertEqual(stamps[1] + after, once)

    def test_is_still_a_message(self):
        out = self.ok("stamp", "-t", *CHEAP, stdin=b"To: b@x.org\nSubject: hi\n\nbody\n")
        message = email.message_from_bytes(out, policy=email.policy.default)
        self.assertEqual((message["Subject"], message["To"], message.get_payload()), ("hi", "b@x.org", "body\n"))
        self.assertEqual(self.judged(*CHEAP, stdin=out)[0][1], "pass")

    def test_large(self):
        """Beyond what is held in memory, and around that limit."""
        for size in ((1 << 20) - 1, 1 << 20, (1 << 20) + 1, 20 << 20):
            body = os.urandom(4096) * (size // 4096) + os.urandom(size % 4096)
            message = b"To: b@x.org\n\n" + body
            _, _, after = self.stamped(message, "-t")
            self.assertEqual(after, message)

    def test_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"To: b@x.org\n\nx")
            file.flush()
            self.assertTrue(self.ok("stamp", "-t", *CHEAP, file.name).endswith(b"To: b@x.org\n\nx"))
        self.fails(66, "stamp", "-t", *CHEAP, "/nonexistent")

    def test_nothing_on_failure(self):
        self.fails(65, "stamp", "-t", *CHEAP, stdin=b"To: b@x.org\nCc: Bob\n\nx", says=b"Bob: ")
        self.fails(65, "stamp", "-t", *CHEAP, stdin=b"To: b@x.org\nX: " + b"x" * (1 << 20), says=b"header")
        self.fails(69, "stamp", "-t", "--max-mem", "1MiB", stdin=b"To: b@x.org\n\nx")
        many = b"To: " + b",\n ".join(b"u%d@x.org" % i for i in range(201)) + b"\n\n"
        self.fails(65, "stamp", "-t", *CHEAP, stdin=many, says=b"201 recipients", hint=b"split")

    def test_no_temporary_file(self):
        self.fails(73, "stamp", "-t", *CHEAP, stdin=b"To: b@x.org\n\n" + b"x" * (2 << 20), says=b"/nonexistent",
                   hint=b"TMPDIR", env={**os.environ, "TMPDIR": "/nonexistent"})

    def test_errors_in_json(self):
        self.assertEqual(self.ok("stamp", "-t", "--json", *CHEAP, stdin=b"To: b@x.org\n\nx")[-14:],
                         b"To: b@x.org\n\nx")


class Output(Case):
    def test_full_disk(self):
        message = b"To: b@x.org\n\n" + b"x" * 100000
        for args, stdin in ((("mint", *CHEAP, "a@x.org"), b""), (("stamp", "-t", *CHEAP), message),
                            (("verify", "--rcpt", "a@x.org"), b""), (("explain", "onionpow:1:sha256/1"), b""),
                            (("suites",), b""), (("--help",), b""), (("mint", "--version"), b"")):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([CLI, *args], input=stdin, stdout=full, stderr=subprocess.PIPE, timeout=HANG_S)
            self.assertEqual(done.returncode, 74, args)
            self.assertIn(b"standard output: No space left", done.stderr)

    def test_closed_output(self):
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" suites >&-', CLI], stderr=subprocess.PIPE, timeout=HANG_S)
        self.assertEqual(done.returncode, 74)

    def test_reader_gone(self):
        for args in (("mint", *CHEAP, "a@x.org"), ("suites",), ("--help",)):
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([CLI, *args], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                                  timeout=HANG_S)
            os.close(writer)
            self.assertEqual((done.returncode, done.stderr), (74, b""), args)

    def test_unreadable_input(self):
        done = subprocess.run([CLI, "verify", "--rcpt", "a@x.org"], stdin=os.open("/", os.O_RDONLY),
                              capture_output=True, timeout=HANG_S)
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"input: ", done.stderr)


class Tables(Case):
    def test_suites(self):
        rows = self.ok("suites").decode().splitlines()
        objects = [json.loads(line) for line in self.ok("suites", "--json").splitlines()]
        self.assertEqual([row.split()[0] for row in rows[1:]], [row["suite"] for row in objects])
        self.assertEqual([row["suite"] for row in objects if row["default"]], ["argon2id-16m"])
        self.assertEqual(objects[0]["memory"], 16 << 20)
        self.assertEqual(objects[0]["work"], objects[0]["effort"] * objects[0]["puzzles"])
        self.assertEqual((objects[0]["reference_rate"], objects[0]["seconds"]), (950, 17.2))
        for row, suite in zip(rows[1:], objects):
            self.assertAlmostEqual(suite["seconds"], suite["work"] / suite["reference_rate"], delta=0.06)
            self.assertEqual([float(word) for word in row.split()[-3:]],
                             [suite["work"], suite["reference_rate"], suite["seconds"]])



class Bench(Case):
    QUICK = ("bench", "--seconds", "0.05", "--threads", "2")

    def bench(self, *args):
        return [json.loads(line) for line in self.ok(*self.QUICK, "--json", *args).splitlines()]

    def test_json(self):
        (got,) = self.bench("--suite", "sha256", "--work", "1G")
        self.assertEqual((got["schema"], got["suite"], got["threads"], got["work"]), (1, "sha256", 2, 10**9))
        for name in ("rate_one", "rate_all", "verify_seconds", "junk_seconds", "sealed_junk_seconds"):
            self.assertGreater(got[name], 0, name)
        self.assertLess(got["seconds_median"], got["seconds_90"])
        self.assertLess(got["seconds_90"], got["seconds_99"])
        self.assertAlmostEqual(got["seconds_median"] * got["rate_all"] / 1e9, 1, delta=0.05)
        self.assertAlmostEqual(got["million_core_seconds"] * got["rate_one"] / 1e15, 1, delta=0.001)
        for name in ("rate_libargon2", "memcpy"):  # that suite has no memory to speak of
            self.assertIsNone(got[name])
        self.assertIn("portable", [kernel["kernel"] for kernel in got["kernels"]])
        self.assertIsNone(got["kernels"][0]["over_libargon2"])

    def test_json_of_memory(self):
        (got,) = self.bench("--suite", "argon2id-16m")
        self.assertGreater(got["peak_memory"], 2 * (16 << 20))
        active = [kernel for kernel in got["kernels"] if kernel["active"]]
        self.assertEqual([kernel["rate"] for kernel in active], [got["rate_one"]])
        for kernel in got["kernels"]:
            self.assertAlmostEqual(kernel["over_libargon2"] * got["rate_libargon2"] / kernel["rate"], 1, delta=0.001)
            self.assertAlmostEqual(kernel["of_memcpy"] * got["memcpy"] / kernel["rate"] / (16 << 20), 1, delta=0.001)
        self.assertLess(got["junk_seconds"], got["verify_seconds"])

    def test_costs(self):
        (got,) = self.bench("--suite", "argon2id-16m", "--work", "32")
        laptop, server, gpu = got["million"]
        self.assertEqual([row["machine"] for row in got["million"]], ["laptop", "server", "gpu"])
        self.assertAlmostEqual(laptop["rate"] / got["rate_one"], 3.2, delta=0.001)
        self.assertAlmostEqual(server["rate"] / got["rate_one"], 1, delta=0.001)
        for row in got["million"]:
            self.assertTrue(row["source"] and row["basis"])
            self.assertAlmostEqual(row["hours"] * 3600 * row["rate"] / 32e6, 1, delta=0.001)
            self.assertAlmostEqual(row["kwh"] * 1000 / row["hours"] / row["watts"], 1, delta=0.001)
            rent = row["dollars_per_hour"]
            cost = row["hours"] * rent if rent else row["kwh"] * row["dollars_per_kwh"]
            self.assertAlmostEqual(row["dollars"] / cost, 1, delta=0.001)

    def test_text(self):
        text = self.ok(*self.QUICK, "--suite", "sha256").decode()
        lines = text.splitlines()
        self.assertTrue(lines[0].startswith("sha256: work 2147483648 "))
        self.assertEqual([line for line in lines if line != line.rstrip()], [])
        # A slow machine's numbers are longer than those of any that the columns are made for.
        self.assertEqual([line for line in lines if len(line) > 120], [])
        for word in ("portable", "mint ", "verify ", "laptop", "server", "GPU", "Assumed:"):
            self.assertIn(word, text)
        self.assertNotIn("libargon2,", text)

    def test_suites(self):
        done = run("bench", "--suite", "argon2id-64m", "--max-mem", "1MiB")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"argon2id-64m left out", done.stderr)
        self.assertEqual([got["suite"] for got in self.bench("--quiet", "--max-mem", "64MiB")],
                         ["argon2id-16m", "argon2id-64m", "sha256"])
        self.fails(64, "bench", "--suite", "argon2id-16m", "--work", "1000G", says=b"that much work")

    def test_plot(self):
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "bench.svg")
            with open(path, "wb") as file:
                file.write(b"x" * 100000)  # an older file, and a longer one
            (got,) = self.bench("--suite", "sha256", "--plot", path)
            root = xml.etree.ElementTree.parse(path).getroot()
            with open(path, encoding="ascii") as file:
                text = file.read()
        svg = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.tag, svg + "svg")
        drawn = [element.get("class") for element in root.iter(svg + "rect")]
        for machine in got["million"]:
            self.assertEqual(drawn.count(machine["machine"]), 2)  # a bar, and its name
        self.assertGreater(drawn.count("trial"), 10)
        (curve,) = root.iter(svg + "polyline")
        self.assertGreater(len(curve.get("points").split()), 100)
        self.assertIn("prefers-color-scheme: dark", text)
        self.assertNotIn("nan", text)
        width, height = float(root.get("width")), float(root.get("height"))
        for rect in root.iter(svg + "rect"):
            if rect.get("class") != "back":
                self.assertLessEqual(float(rect.get("x")) + float(rect.get("width")), width)
                self.assertLessEqual(float(rect.get("y")) + float(rect.get("height")), height)

    def test_plot_that_cannot_be(self):
        start_s = time.monotonic()
        self.fails(73, "bench", "--seconds", "1000", "--plot", "/nonexistent/bench.svg", says=b"/nonexistent/bench.svg")
        self.assertLess(time.monotonic() - start_s, HANG_S)  # it is found out before anything is measured
        self.fails(73, "bench", "--plot", "/", says=b"--plot: /")
        self.fails(69, "bench", "--suite", "argon2id-16m", "--max-mem", "1MiB", "--quiet", "--plot", os.devnull)
        done = run(*self.QUICK, "--suite", "sha256", "--plot", "/dev/full")
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"--plot: /dev/full", done.stderr)


class Progress(Case):
    def test_json(self):
        done = run("mint", "--progress", "json", "--work", "64", "--threads", "1", "a@x.org", "b@x.org")
        self.assertEqual(done.returncode, 0)
        lines = [json.loads(line)["progress"] for line in done.stderr.splitlines()]
        for index, rcpt in ((1, "a@x.org"), (2, "b@x.org")):
            own = [line for line in lines if line["index"] == index]
            self.assertTrue(all(line["recipient"] == rcpt and line["count"] == 2 for line in own))
            solved = [line["solved"] for line in own]
            self.assertEqual(solved, sorted(solved))
            self.assertEqual((own[-1]["phase"], own[-1]["solved"], own[-1]["puzzles"]), ("done", 32, 32))
            self.assertEqual([line["phase"] for line in own].count("done"), 1)

    def test_none_by_default_without_a_terminal(self):
        self.ok("mint", "--work", "32", "a@x.org")

    def test_always(self):
        done = run("mint", "--progress", "always", *CHEAP, "a@x.org")
        self.assertRegex(done.stderr, rb"\rsha256 16/16 \[#+\] done in .*\n\Z")
        self.assertEqual(run("mint", "--progress", "always", "--quiet", *CHEAP, "a@x.org").stderr, b"")

    def terminal(self, *args, columns=80, term="xterm", then=None):
        """A run with its stderr on a pseudo terminal: status, stdout, what the terminal got."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = start(*args, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": term})
        os.close(slave)
        seen, stdout, deadline = b"", b"", time.monotonic() + HANG_S
        open_ends = [master, process.stdout.fileno()]
        while open_ends:
            self.assertGreater(deadline, time.monotonic(), "hangs")
            for end in select.select(open_ends, [], [], 1)[0]:
                try:
                    data = os.read(end, 65536)
                except OSError:  # EIO: the other side of a terminal is gone
                    data = b""
                if not data:
                    open_ends.remove(end)
                elif end == master:
                    seen += data
                else:
                    stdout += data
            if then is not None and b"[" in seen:
                then(process)
                then = None
        os.close(master)
        process.stdout.close()
        return process.wait(HANG_S), stdout, seen

    def test_terminal(self):
        for columns in (200, 80, 60, 40, 20):
            status, stdout, seen = self.terminal("mint", "--work", "64", "a@x.org", columns=columns)
            self.assertEqual(status, 0)
            self.assertTrue(stdout.startswith(b"X-Onion-PoW: "))
            self.assertTrue(seen.endswith(b"\r\n"))
            lines = [line for line in seen.replace(b"\r\n", b"\r").split(b"\r") if line]
            self.assertTrue(all(len(line) < columns for line in lines), lines)
            self.assertEqual(seen.count(b"\n"), 1)  # one final line stays
            self.assertIn(b"32/32", lines[-1])
            self.assertNotIn(b"\x1b", seen)

    def test_dumb_terminal(self):
        self.assertEqual(self.terminal("mint", *CHEAP, "a@x.org", term="dumb")[2], b"")

    def test_quiet_terminal(self):
        self.assertEqual(self.terminal("mint", "--quiet", *CHEAP, "a@x.org")[2], b"")
        self.assertEqual(self.terminal("mint", "--progress", "never", *CHEAP, "a@x.org")[2], b"")

    def test_interrupted_terminal(self):
        """The shell's prompt starts on a line of its own."""
        status, stdout, seen = self.terminal("mint", *BEYOND, "a@x.org",
                                             then=lambda process: process.send_signal(signal.SIGINT))
        self.assertEqual((status, stdout), (130, b""))
        self.assertTrue(seen.endswith(b"/s\r\n"), seen[-100:])

    def test_bench_on_a_terminal(self):
        status, stdout, seen = self.terminal("bench", "--suite", "sha256", "--seconds", "0.1")
        self.assertEqual(status, 0)
        self.assertIn(b"measuring sha256", seen)
        self.assertTrue(seen.endswith(b"\r"))
        self.assertTrue(stdout.startswith(b"sha256: "))


class Signals(Case):
    def interrupt(self, number, *args, stdin=None):
        process = start(*args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # Its threads are at work: the process has used processor time.
        deadline = time.monotonic() + HANG_S
        while True:
            self.assertGreater(deadline, time.monotonic(), "did not start to work")
            with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
                used = file.read().rpartition(")")[2].split()
            if int(used[11]) + int(used[12]) >= 30:
                break
            time.sleep(0.02)
        sent = time.monotonic()
        process.send_signal(number)
        out, _ = process.communicate(timeout=HANG_S)
        self.assertLess(time.monotonic() - sent, 10)  # generous: the promise is 0.2 s on an idle machine
        self.assertEqual(out, b"")
        return process.returncode

    def test_stops(self):
        large = ("--suite", "argon2id-256m", "--work", "1M", "--max-time", "3650d", "--threads", "1")
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            self.assertEqual(self.interrupt(number, "mint", *BEYOND, "a@x.org"), status)
            self.assertEqual(self.interrupt(number, "mint", *large, "a@x.org"), status)

    def test_stamp_writes_nothing(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"To: b@x.org\n\nbody\n")
            file.flush()
            self.assertEqual(self.interrupt(signal.SIGTERM, "stamp", "-t", *BEYOND, file.name), 143)

    @staticmethod
    def catches(pid, number):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return int(re.search(r"SigCgt:\s*(\w+)", file.read())[1], 16) >> (number - 1) & 1

    def test_reading(self):
        process = subprocess.Popen([CLI, "stamp", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdin.write(b"To: b@x.org\n")
        process.stdin.flush()
        deadline = time.monotonic() + HANG_S
        while not self.catches(process.pid, signal.SIGTERM):
            self.assertGreater(deadline, time.monotonic())
            time.sleep(0.02)
        process.terminate()
        process.wait(HANG_S)
        self.assertEqual(process.returncode, 143)
        process.communicate()

    def test_ignored_stays_ignored(self):
        """Started in the background by a shell, a Ctrl-C meant for others does not end it."""
        process = subprocess.Popen([CLI, "mint", "--work", "320", "--threads", "1", "a@x.org"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=HANG_S)
        self.assertEqual(process.returncode, 0)
        self.assertTrue(out.startswith(b"X-Onion-PoW: "))


class Priority(Case):
    def nice_of(self, *args):
        process = start("mint", *BEYOND, *args, "a@x.org", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + HANG_S
        try:
            while True:
                self.assertGreater(deadline, time.monotonic())
                with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
                    stat = file.read().rpartition(")")[2].split()
                if int(stat[17]) > 1:  # its threads have started
                    return int(stat[16])
                time.sleep(0.02)
        finally:
            process.kill()
            process.communicate()

    def test_nice(self):
        own = os.nice(0)
        self.assertEqual(self.nice_of(), min(19, own + 10))
        self.assertEqual(self.nice_of("--nice", "3"), min(19, own + 3))
        self.assertEqual(self.nice_of("--nice", "0"), own)


if __name__ == "__main__":
    unittest.main()
