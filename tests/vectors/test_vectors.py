#!/usr/bin/python3
"""test_vectors.py - FORMAT.md, verify_stamp.py (written from it alone) and the built programs say the same.

The worked example is recomputed from the document's own text; fresh stamps of every suite, honest and tampered with,
get one verdict from both implementations.
"""
import hmac, os, pathlib, random, re, subprocess, sys, unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("ONIONPOW_SOURCE", HERE.parents[1]))
BUILD = pathlib.Path(os.environ.get("ONIONPOW_BUILD", SOURCE / "build"))
CLI = BUILD / "onionpow"
sys.path.insert(0, str(HERE))
import verify_stamp as vs

FORMAT = (SOURCE / "pow/FORMAT.md").read_text()
BOB = "bob@example.com"
DATE = "20261122"


def section(number):
    return re.search(rf"(?ms)^## {number}\. .*?(?=^## |\Z)", FORMAT)[0]


def octets(pattern, text):
    """The hexadecimal that the pattern's group finds, blanks taken out."""
    found = re.search(pattern, text)
    assert found, pattern
    return bytes.fromhex(re.sub(r"\s", "", found[1]))


def judge(value, recipient=BOB, effort=1, date=DATE):
    """The verdict of verify_stamp.py, in the spelling of the programs."""
    try:
        return vs.verify(value, recipient, effort, date).replace(" ", "-")
    except vs.Verdict as verdict:
        return str(verdict).replace(" ", "-")


class WorkedExample(unittest.TestCase):
    """Each value in section 9 follows from the values before it."""

    @classmethod
    def setUpClass(cls):
        cls.text = section(9)
        field = re.search(r"(?ms)^    X-Onion-PoW:(.*?)\n\n", cls.text)[1]
        cls.value = field
        cls.suite, cls.d, cls.day, cls.r, cls.s, cls.c, cls.nonces, cls.seal = vs.parse(field)
        cls.C = octets(r"\n    C = ([0-9a-f]{64})\n", cls.text)
        cls.rows = re.findall(r"(?m)^ +(\d+)  ([0-9a-f]{64})  ([0-9a-f]{8})  ([0-9a-f]{16})$", cls.text)

    def test_stated_fields(self):
        stated = re.search(r"Canonical recipient `(.*?)` \(from `(.*?)`\), suite `(.*?)`, d = (\d+), day (\d+),", self.text)
        self.assertEqual(vs.canonical(stated[2].encode()).decode(), stated[1])
        self.assertEqual((self.suite.decode(), str(self.d), self.day.strftime("%Y%m%d")), stated.group(3, 4, 5))
        self.assertEqual((self.s, self.c), (bytes(range(16)), b""))

    def test_blinded_recipient(self):
        salt = octets(r'H\("onionpow-v1 recipient" ‖ ([0-9a-f]{32}) ‖ "bob@example.com"\)', self.text)
        blinded = octets(r"\[0\.\.16\) =\s+([0-9a-f]{32})\n", self.text)
        self.assertEqual(vs.H(b"onionpow-v1 recipient", salt, b"bob@example.com")[:16], blinded)
        self.assertEqual((self.s, self.r), (salt, blinded))

    def test_challenge(self):
        block = re.search(r"(?ms)^Input of C \((\d+) octets\) and C:\n\n(.*?)\n\n", self.text)
        given = bytes.fromhex("".join(re.match(r" {4}((?:[0-9a-f]{2} ?)+)(?:  |$)", line)[1].replace(" ", "")
                                      for line in block[2].splitlines()))
        self.assertEqual(len(given), int(block[1]))
        self.assertEqual(vs.H(given), self.C)
        built = (b"onionpow-v1 challenge" + bytes([len(self.suite)]) + self.suite + self.d.to_bytes(8, "big")
                 + int(self.day.strftime("%Y%m%d")).to_bytes(4, "big") + self.r + self.s + bytes([len(self.c)]) + self.c)
        self.assertEqual(given, built)

    def test_puzzles(self):
        self.assertEqual([int(row[0]) for row in self.rows], list(range(32)))
        self.assertEqual("".join(row[2] for row in self.rows), self.nonces.hex())
        for i, puzzle, nonce, x in self.rows:
            with self.subTest(puzzle=i):
                self.assertEqual(vs.H(b"onionpow-v1 puzzle", self.C, int(i).to_bytes(4, "big")).hex(), puzzle)
                digest = vs.F(16384, bytes.fromhex(puzzle), bytes.fromhex(nonce))
                self.assertEqual(digest[:8].hex(), x)
                self.assertTrue(vs.solves(digest, self.d))

    def test_first_evaluation(self):
        output = octets(r"F\(P_0, 00000001\):\s+([0-9a-f]{64})\n", self.text)
        self.assertEqual(vs.F(16384, bytes.fromhex(self.rows[0][1]), bytes.fromhex("00000001")), output)

    def test_seal(self):
        S = octets(r"\n    S +=\s+([0-9a-f]{64})\n", self.text)
        seal = octets(r"\n    seal +=\s+([0-9a-f]{16})\n", self.text)
        digest = octets(r"\n    H\(S‖seal\) =\s+([0-9a-f]{64})\n", self.text)
        bits = int(re.search(r"(\d+) zero bits in front", self.text)[1])
        self.assertEqual(vs.H(b"onionpow-v1 seal", self.C, self.nonces), S)
        self.assertEqual(vs.H(S, seal), digest)
        self.assertEqual(seal, self.seal)
        self.assertEqual(256 - int.from_bytes(digest, "big").bit_length(), bits)
        self.assertEqual(bits, vs.SUITES[self.suite.decode()][3])

    def test_sample(self):
        mac = octets(r"be32\(0\)\) =\s+([0-9a-f]{64})\n", self.text)
        self.assertEqual(hmac.digest(bytes(range(32)), b"onionpow-v1 sample" + self.C + bytes(4), "sha256"), mac)
        listed = [int(i) for i in re.search(r"octets modulo 32: ((?:\d+, )+)", self.text)[1].split(", ") if i]
        self.assertEqual([octet % 32 for octet in mac][:len(listed)], listed)
        checked = re.search(r"puzzles (\d+), (\d+), (\d+) and (\d+) are checked", self.text).groups()
        self.assertEqual([int(i) for i in checked], list(dict.fromkeys(octet % 32 for octet in mac))[:4])

    def test_verdicts(self):
        self.assertEqual(judge(self.value, "Bob@Example.COM", self.d), "pass")
        self.assertEqual(judge(self.value, "eve@example.com", self.d), "wrong-recipient")
        self.assertEqual(judge(self.value, BOB, self.d + 1), "weak")
        self.assertEqual(judge(self.value, BOB, self.d, "20261129"), "pass")
        self.assertEqual(judge(self.value, BOB, self.d, "20261130"), "expired")
        self.assertEqual(judge(self.value, BOB, self.d, "20261121"), "not-yet-valid")


class Document(unittest.TestCase):
    def test_suites(self):
        rows = re.findall(r"(?m)^\| `([a-z0-9-]+)` \| (.*?) \| (\d+) \| (\d+) \| (\d+) octets \| (\d+) \| \S+ \| 2\^(\d+) \|",
                          section(5))
        table = {name: (int((re.search(r"(\d+) KiB", function) or [0, 0])[1]), int(k), int(size), int(bits), 2**int(most))
                 for name, function, k, s, size, bits, most in rows}
        self.assertEqual(table, vs.SUITES)

    def test_examples_of_recipients(self):
        examples = re.findall(r"`([^`]+)` gives `([^`]+)`", section(3))
        self.assertGreaterEqual(len(examples), 3)
        for address, want in examples:
            self.assertEqual(vs.canonical(address.encode()).decode(), want)

    def test_the_verifier_fits_on_a_page_or_two(self):
        self.assertLess(len((HERE / "verify_stamp.py").read_text().splitlines()), 120)


class Recipients(unittest.TestCase):
    def test_table(self):
        def unescape(text):
            return re.sub(rb"\\x(..)", lambda match: bytes([int(match[1], 16)]), text)
        rows = [line.split(b"\t") for line in (HERE / "recipients.txt").read_bytes().splitlines()
                if line and not line.startswith(b"#")]
        self.assertGreater(len(rows), 100)
        for address, want in rows:
            with self.subTest(address=address):
                try:
                    got = vs.canonical(unescape(address))
                except (vs.Verdict, UnicodeError, SystemExit):
                    got = b"!"
                self.assertEqual(got, unescape(want))


@unittest.skipUnless(CLI.exists(), "onionpow is not built")
class Programs(unittest.TestCase):
    def run_cli(self, *argv, **options):
        return subprocess.run([CLI, *argv], capture_output=True, timeout=300, **options)

    def mint(self, suite, work, recipient=BOB):
        run = self.run_cli("mint", "--quiet", "--suite", suite, "--work", str(work), "--date", DATE, recipient)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        return run.stdout

    def cli_verdict(self, field, work, recipient=BOB):
        run = self.run_cli("verify", "--rcpt", recipient, "--date", DATE, "--work", str(work), input=field)
        verdict = run.stdout.decode().split("\t")[1]
        self.assertEqual(run.returncode, 0 if verdict == "pass" else 1)
        return verdict

    def test_fresh_stamps(self):
        for suite, d in [("argon2id-16m", 1), ("argon2id-16m", 3), ("argon2id-64m", 1), ("argon2id-64m", 2),
                         ("argon2id-256m", 1), ("sha256", 1), ("sha256", 4096)]:
            k = vs.SUITES[suite][1]
            for recipient in (BOB, "Jürgen@BÜCHER.example") if suite == "sha256" else (BOB,):
                with self.subTest(suite=suite, effort=d, recipient=recipient):
                    field = self.mint(suite, k * d, recipient)
                    self.assertEqual(self.cli_verdict(field, k * d, recipient), "pass")
                    run = subprocess.run([HERE / "verify_stamp.py", "--recipient", recipient, "--date", DATE, "--effort",
                                          str(d)], input=field, capture_output=True)
                    self.assertEqual((run.returncode, run.stdout, run.stderr), (0, b"pass\n", b""))
                    explained = self.run_cli("explain", "--rcpt", recipient, "--date", DATE, input=field)
                    self.assertEqual(explained.returncode, 0)
                    C = re.search(rb"(?m)^identity +([0-9a-f]{64})$", explained.stdout)[1]
                    self.assertEqual(C.decode(), self.identity(field))

    def identity(self, field):
        suite, d, day, r, s, c, nonces, seal = vs.parse(field.decode().split(":", 1)[1])
        return vs.H(b"onionpow-v1 challenge", bytes([len(suite)]), suite, d.to_bytes(8, "big"),
                    int(day.strftime("%Y%m%d")).to_bytes(4, "big"), r, s, bytes([len(c)]), c).hex()

    def assert_agreed(self, value, d, k, want=None):
        """Both implementations, and explain as far as it goes."""
        ours, theirs = judge(value, BOB, d), self.cli_verdict(f"X-Onion-PoW: {value}\n".encode("latin-1"), k * d)
        self.assertEqual(theirs, ours)
        if want is not None:
            self.assertEqual(ours, want)
        return ours

    def tampered(self, suite, other_suite, d, broken):
        """Each tag changed, taken away, or put in twice; `broken` is what a change of C or of a nonce leads to."""
        k = vs.SUITES[suite][1]
        value = re.sub(r"\s", "", self.mint(suite, k * d).decode().split(":", 1)[1])
        tags = dict(tag.split("=", 1) for tag in value.split(";"))
        self.assert_agreed(value, d, k, "pass")

        def other(text, at=0):
            return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1:]
        changes = [
            ("v", "2", "unknown-version"), ("v", "", "unknown-version"), ("a", "md5", "unknown-suite"),
            ("a", "", "unknown-suite"), ("d", str(d + 1), broken), ("d", str(d - 1), "weak"),
            ("d", f"0{d}", "malformed"), ("d", "0", "malformed"), ("d", str(2**64 + d), "malformed"),
            ("t", "20261121", broken), ("t", "20261114", "expired"), ("t", "20261123", "not-yet-valid"),
            ("t", "20261131", "malformed"), ("r", other(tags["r"]), "wrong-recipient"), ("r", tags["r"][:-1], "malformed"),
            ("r", tags["r"][:-1] + chr(ord(tags["r"][-1]) + 1), "malformed"), ("s", other(tags["s"]), "wrong-recipient"),
            ("s", "", "malformed"), ("c", "A" * 28, broken), ("c", "A" * 27, "malformed"), ("c", "", "malformed"),
            ("n", other(tags["n"], 20), broken), ("n", tags["n"][4:], "malformed"), ("n", tags["n"] + "=", "malformed"),
            ("g", tags["g"] + "A", "malformed"), ("g", "", "malformed"), ("x", "y", "pass"), ("x", "\xe9", "malformed"),
        ]
        if other_suite:
            changes.append(("a", other_suite, broken))
        if vs.SUITES[suite][3] > 0:
            changes.append(("g", other(tags["g"], 3), "bad-seal"))
        for name, text, want in changes:
            with self.subTest(suite=suite, tag=name, text=text):
                self.assert_agreed(";".join(f"{n}={t}" for n, t in {**tags, name: text}.items()), d, k, want)
        for name in tags:
            with self.subTest(suite=suite, tag=name):
                self.assert_agreed(";".join(f"{n}={t}" for n, t in tags.items() if n != name), d, k, "malformed")
                self.assert_agreed(f"{value};{name}={tags[name]}", d, k, "malformed")

    def test_tampered_stamps(self):
        self.tampered("argon2id-64m", "argon2id-256m", 2, "bad-seal")
        self.tampered("sha256", None, 5000, "failed-proof")

    def test_explain_refuses_what_verify_refuses(self):
        field = self.mint("sha256", 16 * 5000)
        for change in (b"d=5000", b"d=5001"), (b"t=20261122", b"t=20261121"), (b"v=1", b"v=2"), (b"; g=", b"; y="):
            with self.subTest(change=change):
                self.assertIn(change[0], field)
                bad = field.replace(*change)
                self.assertEqual(self.run_cli("explain", "--rcpt", BOB, "--date", DATE, input=field).returncode, 0)
                self.assertEqual(self.run_cli("explain", "--rcpt", BOB, "--date", DATE, input=bad).returncode, 1)

    def test_at_random(self):
        """Some octets of a good stamp replaced, put in or taken out, in ways that leave it one line."""
        chance = random.Random(1)
        value = re.sub(r"\s", "", self.mint("sha256", 16 * 3000).decode().split(":", 1)[1])
        seen = set()
        for n in range(250):
            text = value
            for _ in range(chance.randint(1, 3)):
                at = chance.choice([chance.randrange(len(text)), chance.randrange(40)])
                put = chance.choice(["", chance.choice("AQgw019-_=;vadtrscng \t%"), chr(chance.randint(1, 255))])
                text = text[:at] + put.replace("\n", " ").replace("\r", " ") + text[at + chance.randint(0, 1):]
            with self.subTest(n=n, value=text):
                seen.add(self.assert_agreed(text, 3000, 16))
        self.assertGreaterEqual(len(seen), 5, seen)


if __name__ == "__main__":
    unittest.main()
