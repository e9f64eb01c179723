#!/usr/bin/python3
"""What mail servers made of our demand: bounces and log lines of a real Postfix and Sendmail, in tests/demands.

Postfix keeps the whole reply. Sendmail keeps line 1 in Diagnostic-Code, but in its log, and in the words for people,
it takes the middle out of what is longer than 200 octets.
"""
import email
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

DIRECTORY = os.path.join(build.SOURCE, "tests", "demands")
TOKEN = re.compile(r"onionpow:1:\S+")


def read(name):
    with open(os.path.join(DIRECTORY, name), encoding="utf-8") as file:
        return file.read()


class Demands(unittest.TestCase):
    def explained(self, token):
        done = build.run(build.CLI, "explain", token)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_bounces(self):
        for name in ("postfix.dsn", "sendmail.dsn"):
            with self.subTest(name):
                report = email.message_from_string(read(name)).get_payload(1).get_payload()
                diagnostic = [part["Diagnostic-Code"] for part in report if part["Diagnostic-Code"]]
                self.assertEqual(len(diagnostic), 1)
                token, = TOKEN.findall(diagnostic[0])
                said = self.explained(token)
                for suite in ("argon2id-16m", "argon2id-256m", "argon2id-64m", "sha256"):
                    self.assertIn(suite, said)

    def test_logs(self):
        token, = TOKEN.findall(read("postfix.log"))
        self.explained(token)
        token, = TOKEN.findall(read("sendmail.log"))
        self.assertRegex(token, r"^onionpow:1:argon2id-16m/512/[\w-]{28},.*\.\.\..*", "the first offer is whole")
        self.explained(token.partition(",")[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
