#!/usr/bin/python3
"""What systemd itself says of the units, and of the users and directories that go with them. No service is touched."""
import os
import pwd
import shutil
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

# Tenths of what systemd calls exposure, up to 20 of which it calls safe. The map server has a network, for DNS.
EXPOSURE = {"onionpow-milter": 10, "onionpow-map": 13}
DIRECTORY = os.path.join(build.SOURCE, "etc", "systemd")


class Case(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="onionpow-unit-")
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)


@unittest.skipUnless(shutil.which("systemd-analyze"), "needs the program systemd-analyze")
class Unit(Case):
    def text(self, name):
        with open(os.path.join(DIRECTORY, f"{name}.service"), encoding="utf-8") as unit:
            return unit.read()

    def analyze(self, verb, name, text, *options):
        path = os.path.join(self.scratch, f"{name}.service")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text.replace("/usr/sbin/onionpow-milter", "/bin/true").replace("/usr/bin/onionpow", "/bin/true"))
        return build.run("systemd-analyze", verb, *options, path)

    def test_all_are_here(self):
        self.assertEqual({name for name in os.listdir(DIRECTORY) if name.endswith(".service")},
                         {f"{name}.service" for name in EXPOSURE})

    def test_verify(self):
        for name in EXPOSURE:
            with self.subTest(name):
                done = self.analyze("verify", name, self.text(name), "--man=no")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
            with self.subTest(f"{name}: a wrong line is noticed"):
                wrong = self.text(name).replace("UMask", "Umast")
                self.assertNotEqual(self.analyze("verify", name, wrong, "--man=no").stderr, "")

    def test_security(self):
        options = ["--offline=true", "--no-pager"]
        for name, exposure in EXPOSURE.items():
            threshold = f"--threshold={exposure}"
            with self.subTest(name):
                done = self.analyze("security", name, self.text(name), *options, threshold)
                self.assertEqual(done.returncode, 0, done.stdout)
            with self.subTest(f"{name}: a bare unit would not do"):
                bare = "[Service]\nType=exec\nExecStart=/bin/true\n"
                self.assertNotEqual(self.analyze("security", name, bare, *options, threshold).returncode, 0)


class User(Case):
    @unittest.skipUnless(shutil.which("systemd-sysusers"), "needs the program systemd-sysusers")
    def test_users(self):
        done = build.run("systemd-sysusers", "--dry-run", f"--root={self.scratch}",
                         os.path.join(DIRECTORY, "onionpow.sysusers"))
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("onionpow", "onionpow-sender"):
            self.assertIn(f"user '{name}'", done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("systemd-tmpfiles"), "needs the program systemd-tmpfiles")
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to give a directory to somebody else")
    def test_directory_of_the_sender(self):
        """Made for its user alone, beneath a root of our own that knows the user."""
        nobody = pwd.getpwnam("nobody")
        os.mkdir(os.path.join(self.scratch, "etc"))
        for name, line in (("passwd", f"onionpow-sender:x:{nobody.pw_uid}:{nobody.pw_gid}::/:/bin/false\n"),
                           ("group", f"onionpow-sender:x:{nobody.pw_gid}:\n")):
            with open(os.path.join(self.scratch, "etc", name), "w", encoding="ascii") as out:
                out.write(line)
        done = build.run("systemd-tmpfiles", "--create", f"--root={self.scratch}",
                         os.path.join(DIRECTORY, "onionpow.tmpfiles"))
        self.assertEqual(done.returncode, 0, done.stderr)
        made = os.stat(os.path.join(self.scratch, "var/lib/onionpow-sender"))
        self.assertEqual((stat.S_IMODE(made.st_mode), made.st_uid, made.st_gid), (0o700, nobody.pw_uid, nobody.pw_gid))


if __name__ == "__main__":
    unittest.main(verbosity=2)
