#!/usr/bin/python3
"""Shell scripts are clean for shellcheck, can be run, and say what they are for."""
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

SCRIPTS = ["tools/quickstart", "tools/run-tests", "tools/packages.sh", ".ci/run", "tests/bench/run", "tests/fuzz/run"]


class Shell(unittest.TestCase):
    @unittest.skipUnless(shutil.which("shellcheck"), "needs the program shellcheck")
    def test_shellcheck(self):
        done = build.run("shellcheck", *SCRIPTS, cwd=build.SOURCE)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.returncode, 0)

    def test_help(self):
        for script in SCRIPTS[:2]:
            with self.subTest(script):
                done = build.run(os.path.join(build.SOURCE, script), "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn(f"usage: {script}", done.stdout)
                self.assertEqual(build.run(os.path.join(build.SOURCE, script), "--nonsense").returncode, 64)

    def test_no_script_is_forgotten(self):
        listed = subprocess.run(["git", "-C", build.SOURCE, "ls-files", "--cached", "--others", "--exclude-standard"],
                                capture_output=True, text=True, check=False).stdout.splitlines()
        for path in listed:
            full = os.path.join(build.SOURCE, path)
            if not os.path.isfile(full):
                continue
            with open(full, "rb") as file:
                first = file.readline()
            if first.startswith(b"#!") and first.rstrip().endswith((b"/sh", b"bash")):
                self.assertIn(path, SCRIPTS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
