#!/usr/bin/python3
"""Shell scripts are clean for shellcheck, can be run, and say what they are for."""
import os
import shutil
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
        found = []
        for directory, folders, names in os.walk(build.SOURCE):
            folders[:] = [name for name in folders if name != ".git" and not name.startswith("build")]
            found += [os.path.join(directory, name) for name in names]
        self.assertGreater(len(found), 100)
        for full in filter(os.path.isfile, found):
            path = os.path.relpath(full, build.SOURCE)
            with open(full, "rb") as file:
                first = file.readline()
            if first.startswith(b"#!") and first.rstrip().endswith((b"/sh", b"bash")):
                self.assertIn(path, SCRIPTS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
