"""onionpow stamp: messages go through octet for octet, with stamps in front."""
import email
import email.policy
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
from command import CHEAP, Case


class Stamp(Case):
    def stamped(self, message, *args, work=CHEAP):
        """The stamps, their line end, and the output without them."""
        out = self.ok("stamp", *work, *args, stdin=message)
        start_at = out.index(b"X-Onion-PoW: v=1; a=sha256; d=63;")
        match = re.compile(rb"(?:X-Onion-PoW: v=1; a=sha256; d=63;.*\n(?:\t.*\n)+)+").match(out, start_at)
        stamps = re.findall(rb"X-Onion-PoW: .*\n(?:\t.*\n)+", match[0])
        return stamps, out[:start_at], out[match.end():]

    def test_octet_for_octet(self):
        for label, message in (
                ("plain", b"From: a@x.org\nTo: b@x.org\n\nbody\n"),
                ("no trailing newline", b"To: b@x.org\n\nbody"),
                ("no body", b"To: b@x.org\n\n"),
                ("header alone", b"To: b@x.org\n"),
                ("header without line end", b"To: b@x.org"),
                ("NUL and eight bits", b"To: b@x.org\nX: a\0b\xff\n\nb\0dy\xfe\r\n\r\r\n"),
                ("long line", b"To: b@x.org\n\n" + b"x" * 100000 + b"\n"),
                ("text behind the header", b"To: b@x.org\nno header line\nBcc: c@x.org\n"),
                ("Return-Path first", b"Return-Path: <a@x.org>\nTo: b@x.org\n\nbody\n"),
                ("fields in the body", b"To: b@x.org\n\nBcc: c@x.org\nX-Onion-PoW: v=1\n")):
            with self.subTest(label):
                stamps, before, after = self.stamped(message, "--rcpt", "b@x.org")
                self.assertEqual((len(stamps), before, after), (1, b"", message))
                stamps, before, after = self.stamped(message, "-t")
                self.assertEqual((len(stamps), before, after), (1, b"", message))

    def test_line_ends(self):
        crlf = b"To: b@x.org\r\nX: y\r\n\r\nbody\nbody\r\n"
        stamps, _, after = self.stamped(crlf, "-t")
        self.assertEqual(after, crlf)
        self.assertEqual(stamps[0].count(b"\n"), stamps[0].count(b"\r\n"))
        stamps, _, after = self.stamped(crlf.replace(b"org\r\n", b"org\n"), "-t")
        self.assertNotIn(b"\r", stamps[0])

    def test_no_header(self):
        for message, want in ((b"\nbody\n", b"\nbody\n"), (b"just text\n", b"\njust text\n"), (b"", b"\n"),
                              (b"\r\nbody", b"\r\nbody"), (b"just text\r\n", b"\r\njust text\r\n")):
            stamps, before, after = self.stamped(message, "--rcpt", "b@x.org")
            self.assertEqual((len(stamps), before, after), (1, b"", want))
        self.fails(65, "stamp", "-t", *CHEAP, stdin=b"just text\n", says=b"no recipient")

    def test_mbox(self):
        line = b"From bob Thu Jan  1 00:00:00 1970\n"
        stamps, before, after = self.stamped(line + b"To: b@x.org\n\nFrom here\n", "-t")
        self.assertEqual((before, after), (line, b"To: b@x.org\n\nFrom here\n"))

    def test_bcc(self):
        for eol in (b"\n", b"\r\n"):
            blind = (b"Bcc: secret@x.org,\n\thidden@x.org\n", b"bcc:\n", b"RESENT-BCC: other@x.org\n")
            keep = (b"From: a@x.org\n", b"To: b@x.org\n", b"Cc: c@x.org\n d@x.org (who, Bcc: x@x.org)\n",
                    b"X-Bcc: stays\n", b"\nBcc: body@x.org\nsecret\n")
            keep = (keep[0], keep[1], keep[2].replace(b"\n d@", b",\n d@"), keep[3], keep[4])
            message = keep[0] + blind[0] + keep[1] + blind[1] + keep[2] + keep[3] + keep[4]
            message, want = (text.replace(b"\n", eol) for text in (message, b"".join(keep)))
            stamps, before, after = self.stamped(message, "-t")
            self.assertEqual((before, after), (b"", want))
            self.assertEqual(len(stamps), 5)
            self.assertNotIn(b"secret@x.org", b"".join(stamps))
            rcpts = [arg for name in ("b", "secret", "hidden", "c", "d") for arg in ("--rcpt", name + "@x.org")]
            rows = self.judged(*CHEAP, *rcpts, stdin=b"".join(stamps))
            self.assertEqual({row[1] for row in rows}, {"pass"})
            # Without -t nobody asked for Bcc to be removed.
            _, _, after = self.stamped(message, "--rcpt", "b@x.org")
            self.assertEqual(after, message)
            # A message that is sent again goes to the Resent- recipients alone.
            message = (b"Resent-To: e@x.org\n" + blind[2] + keep[0] + keep[1] + b"\nx").replace(b"\n", eol)
            stamps, _, after = self.stamped(message, "-t")
            self.assertEqual(len(stamps), 2)
            self.assertEqual(after, message.replace(blind[2].replace(b"\n", eol), b""))

    def test_existing_stamps_stay(self):
        once = self.ok("stamp", "-t", *CHEAP, stdin=b"To: b@x.org\n\nbody\n")
        stamps, before, after = self.stamped(once, "--rcpt", "b@x.org")
        self.assertEqual(len(stamps), 2)
        self.assertEqual(stamps[1] + after, once)

    def test_is_still_a_message(self):
        out = self.ok("stamp", "-t", *CHEAP, stdin=b"To: b@x.org\nSubject: hi\n\nbody\n")
        message = email.message_from_bytes(out, policy=email.policy.default)
        self.assertEqual((message["Subject"], message["To"], message.get_payload()), ("hi", "b@x.org", "body\n"))
        self.assertEqual(self.judged(*CHEAP, stdin=out)[0][1], "pass")

    def test_large(self):
        """Beyond what is held in memory, and around that limit."""
        for size in ((1 << 20) - 1, 1 << 20, (1 << 20) + 1, 20 << 20):
            body = os.urandom(4096) * (size // 4096) + os.urandom(size % 4096)
            message = b"To: b@x.org\n\n" + body
            _, _, after = self.stamped(message, "-t")
            self.assertEqual(after, message)

    def test_file(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"To: b@x.org\n\nx")
            file.flush()
            self.assertTrue(self.ok("stamp", "-t", *CHEAP, file.name).endswith(b"To: b@x.org\n\nx"))
        self.fails(66, "stamp", "-t", *CHEAP, "/nonexistent")

    def test_nothing_on_failure(self):
        self.fails(65, "stamp", "-t", *CHEAP, stdin=b"To: b@x.org\nCc: Bob\n\nx", says=b"Bob: ")
        self.fails(65, "stamp", "-t", *CHEAP, stdin=b"To: b@x.org\nX: " + b"x" * (1 << 20), says=b"header")
        self.fails(69, "stamp", "-t", "--max-mem", "1MiB", stdin=b"To: b@x.org\n\nx")
        many = b"To: " + b",\n ".join(b"u%d@x.org" % i for i in range(201)) + b"\n\n"
        self.fails(65, "stamp", "-t", *CHEAP, stdin=many, says=b"more than 200 recipients", hint=b"split")

    def test_no_temporary_file(self):
        self.fails(73, "stamp", "-t", *CHEAP, stdin=b"To: b@x.org\n\n" + b"x" * (2 << 20), says=b"/nonexistent",
                   hint=b"TMPDIR", env={**os.environ, "TMPDIR": "/nonexistent"})

    def test_errors_in_json(self):
        self.assertEqual(self.ok("stamp", "-t", "--json", *CHEAP, stdin=b"To: b@x.org\n\nx")[-14:],
                         b"To: b@x.org\n\nx")


if __name__ == "__main__":
    unittest.main()
