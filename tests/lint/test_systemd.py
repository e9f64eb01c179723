#!/usr/bin/python3
"""What systemd itself says of the unit and of the user it runs as. No service is touched."""
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

EXPOSURE = 10  # tenths; systemd calls a unit safe up to 20


class Unit(unittest.TestCase):
    def setUp(self):
        directory = tempfile.mkdtemp(prefix="onionpow-unit-")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.unit = os.path.join(directory, "onionpow-milter.service")
        with open(os.path.join(build.SOURCE, "etc", "systemd", "onionpow-milter.service"), encoding="utf-8") as unit:
            self.text = unit.read()

    def analyze(self, verb, *options, text=None):
        with open(self.unit, "w", encoding="utf-8") as out:
            out.write((text or self.text).replace("/usr/sbin/onionpow-milter", "/bin/true"))
        return build.run("systemd-analyze", verb, *options, self.unit)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs the program systemd-analyze")
    def test_verify(self):
        done = self.analyze("verify", "--man=no")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with self.subTest("a wrong line is noticed"):
            self.assertNotEqual(self.analyze("verify", "--man=no", text=self.text.replace("UMask", "Umast")).stderr, "")

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs the program systemd-analyze")
    def test_security(self):
        options = ["--offline=true", "--no-pager", f"--threshold={EXPOSURE}"]
        done = self.analyze("security", *options)
        self.assertEqual(done.returncode, 0, done.stdout)
        with self.subTest("a bare unit would not do"):
            bare = "[Service]\nType=notify\nExecStart=/bin/true\n"
            self.assertNotEqual(self.analyze("security", *options, text=bare).returncode, 0)

    @unittest.skipUnless(shutil.which("systemd-sysusers"), "needs the program systemd-sysusers")
    def test_user(self):
        path = os.path.join(build.SOURCE, "etc", "systemd", "onionpow.sysusers")
        empty = os.path.dirname(self.unit)
        done = build.run("systemd-sysusers", "--dry-run", f"--root={empty}", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("user 'onionpow'", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
