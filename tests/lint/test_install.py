#!/usr/bin/python3
"""The installation: an operator's configuration outlives a second one, and an uninstallation."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

MINE = "# mine\n"


class Install(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="onionpow-install-")
        self.addCleanup(scratch.cleanup)
        self.root = scratch.name
        self.conf = os.path.join(self.root, "etc", "onionpow", "onionpow.conf")

    def content(self):
        with open(self.conf, encoding="utf-8") as text:
            return text.read()

    def install(self):
        """Returns what the manifest lists, by which people uninstall."""
        done = build.run("/usr/bin/env", f"DESTDIR={self.root}", "cmake", "--install", build.BUILD)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(build.BUILD, "install_manifest.txt"), encoding="utf-8") as manifest:
            return manifest.read().split("\n")

    def test_configuration(self):
        listed = self.install()
        with open(os.path.join(build.SOURCE, "etc", "onionpow.conf"), encoding="utf-8") as text:
            self.assertEqual(self.content(), text.read())
        self.assertEqual(os.stat(self.conf).st_mode & 0o777, 0o644)
        self.assertTrue([path for path in listed if path.endswith("/onionpow-milter")])
        self.assertEqual([path for path in listed if path.startswith("/etc/")], [])

    def test_configuration_that_is_there(self):
        os.makedirs(os.path.dirname(self.conf))
        with open(self.conf, "w", encoding="utf-8") as out:
            out.write(MINE)
        self.install()
        self.assertEqual(self.content(), MINE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
