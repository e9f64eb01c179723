"""onionpow verify and explain: what stamps are worth, and why."""
import base64
import json
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
from command import CHEAP, Case, run


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


if __name__ == "__main__":
    unittest.main()
