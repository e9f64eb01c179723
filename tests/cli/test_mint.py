"""onionpow mint: what is minted, on what terms, and within which limits."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
from command import CHEAP, Case, fields_of, run, start


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
        rest, _ = process.communicate(timeout=build.HANG_S)
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
        out, error = process.communicate(timeout=build.HANG_S)
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


if __name__ == "__main__":
    unittest.main()
