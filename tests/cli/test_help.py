"""What onionpow tells of itself: help, manual, completions, suites; and wrong command lines."""
import json
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
from command import Case

VERBS = ("mint", "verify", "explain", "stamp", "suites", "bench", "deliver", "send", "sendmail", "probe", "demand",
         "retry", "config", "map")


class Help(Case):
    def test_help(self):
        self.assertIn(b"Usage: onionpow VERB", self.ok("--help"))
        for verb in VERBS:
            text = self.ok(verb, "--help").decode()
            self.assertIn(f"Usage: onionpow {verb} ", text)
            self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)

    def test_every_exit_status_is_told(self):
        with open(os.path.join(build.SOURCE, "tools", "onionpow.1"), encoding="ascii") as file:
            manual = file.read()
        text = self.ok("mint", "--help").decode().partition("Exit status:")[2]
        told = set(re.findall(r"\b\d+\b", text))
        self.assertEqual(told, set("0 1 64 65 66 69 70 71 73 74 75 78 130 143".split()))
        section = manual.partition(".Sh EXIT STATUS")[2].partition(".Sh")[0]
        self.assertEqual(told, set(re.findall(r"\d+", " ".join(re.findall(r"^\.It (.*)$", section, re.M)))))

    def test_the_manual_names_the_verbs_of_each_option(self):
        with open(os.path.join(build.SOURCE, "tools", "onionpow.1"), encoding="ascii") as file:
            section = file.read().partition(".Ss Options")[2].partition(".Sh")[0]
        helps = {verb: self.ok(verb, "--help").decode() for verb in VERBS}
        compared = 0
        for item in section.split("\n.It ")[1:]:
            names, verbs = re.findall(r"Fl -([\w-]+)", item.splitlines()[0]), re.findall(r"^\.Pq (.*)$", item, re.M)
            if not verbs or not set(verbs[-1].split(", ")) <= set(VERBS):
                continue
            taken = {verb for verb, text in helps.items() if re.search(rf"--{names[0]}\b(?!-)", text.partition("Options:")[2])}
            self.assertEqual(set(verbs[-1].split(", ")), taken, names)
            compared += 1
        self.assertGreater(compared, 20)

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
            with open(os.path.join(build.SOURCE, "etc", "completions", name), "rb") as file:
                self.assertEqual(file.read(), self.ok("--completions", shell),
                                 f"stale: onionpow --completions {shell} > etc/completions/{name}")
        self.fails(64, "--completions", "fish")

    def test_manual_is_clean(self):
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(build.SOURCE, "tools", "onionpow.1")],
                              capture_output=True, timeout=build.HANG_S)
        self.assertEqual((done.returncode, done.stdout), (0, b""))


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


if __name__ == "__main__":
    unittest.main()
