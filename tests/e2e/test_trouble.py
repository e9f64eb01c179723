#!/usr/bin/python3
"""Crashes, restarts, full disks: the client hears 4xx, nothing unpaid gets in, nothing is lost or doubled."""
import os
import resource
import signal
import time
import unittest

from case import Case, paid

import build
import stamps
from message import Message
from smtp import Smtp

BOB = "bob@example.test"
DEAR = 'suite "argon2id-256m" { enabled = yes work = 16 }\nsuite "sha256" { enabled = yes work = 4096 deprecated-since = "" }'


class Trouble(Case):
    def until_accepted(self, message):
        """What a sending server does: 4xx means again later. A lease of two minutes may have to run out."""
        def attempt():
            reply = self.send([BOB], message)
            self.assertIn(reply.code // 100, (2, 4), reply)
            return reply.code == 250
        build.until("the message to be accepted", attempt, 240)

    def test_milter_missing(self):
        self.refused(451, "4.7.1", [BOB], paid(BOB))

    def test_killed_with_the_message_in_hand(self):
        """Frozen before the final dot, killed with it pending: 4xx; after a restart the retry is delivered once."""
        for backend in ("memory", "lmdb"):
            with self.subTest(backend):
                daemon = self.milter(ledger=backend)
                message = paid(BOB)
                with Smtp(self.postfix.port["onion"]) as client:
                    self.assertIsNone(client.envelope([BOB]))
                    daemon.freeze()
                    self.assertIsNone(client.content(message))
                    daemon.kill()
                    self.assertEqual(client.reply().code, 451)
                self.assertEqual(self.postfix.mailbox(message.mark), [])
                daemon.start()
                self.until_accepted(message)
                self.assertEqual(len(self.postfix.mailbox(message.mark)), 1)
                daemon.stop()

    def test_killed_while_verifying(self):
        """At some moment of a verification that takes a while. Whatever the client heard, one copy in the end."""
        daemon = self.milter(ledger="lmdb", suites=DEAR)
        for pause in (0.0, 0.15):
            with self.subTest(pause):
                message = paid(BOB, suite="argon2id-256m", work=16)
                with Smtp(self.postfix.port["onion"]) as client:
                    self.assertIsNone(client.envelope([BOB]))
                    self.assertIsNone(client.content(message))
                    time.sleep(pause)
                    daemon.kill()
                    code = client.reply().code
                self.assertIn(code, (250, 451))
                self.assertEqual(len(self.postfix.mailbox(message.mark)), 1 if code == 250 else 0)
                daemon.start()
                if code == 451:
                    self.until_accepted(message)
                self.assertEqual(len(self.postfix.mailbox(message.mark)), 1)
                self.refused(554, "5.7.1", [BOB], Message(message.stamps))

    def test_restart_keeps_what_is_spent(self):
        daemon = self.milter(ledger="lmdb")
        first = paid(BOB)
        self.accepted([BOB], first)
        for end in (daemon.stop, daemon.kill):
            end()
            daemon.start()
            with self.subTest(end.__name__):
                self.refused(554, "5.7.1", [BOB], Message(first.stamps))
                self.accepted([BOB], first)

    def test_restart_keeps_an_open_connection_honest(self):
        """A client that was connected before the restart is not let through unpaid."""
        daemon = self.milter()
        with Smtp(self.postfix.port["onion"]) as client:
            self.assertEqual(client.command("NOOP").code, 250)
            daemon.stop()
            daemon.start()
            message = Message()
            self.assertIn(client.send([BOB], message).code // 100, (4, 5))
        self.assertEqual(self.postfix.mailbox(message.mark), [])

    def test_ledger_cannot_be_written(self):
        daemon = self.milter(ledger="lmdb", start=False)
        daemon.start(preexec=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
        limit = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        message = paid(BOB)
        self.refused(451, "4.3.0", [BOB], message)
        self.refused(554, "onionpow:1:", [BOB], Message())
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, limit)
        self.accepted([BOB], message)

    def test_ledger_is_full(self):
        cheap = 'suite "sha256" { enabled = yes work = 16 deprecated-since = "" }\nsuite "argon2id-16m" { enabled = no }'
        self.milter(ledger="lmdb", ledger_size="1MiB", suites=cheap)
        names = [f"u{i}@example.test" for i in range(200)]
        for _ in range(200):
            message = paid(*names, work=16)
            reply = self.send(names, message)
            if reply.code != 250:
                break
        self.assertEqual(reply.code, 451, reply)
        self.assertIn("4.3.0", reply.text)
        self.assertEqual(self.postfix.mailbox(message.mark), [])

    def test_ledger_directory_may_not_be_written(self):
        """A daemon that cannot open its ledger does not start, so mail waits."""
        daemon = self.milter(ledger="lmdb", start=False)
        own_socket = os.path.join(daemon.directory, "own.sock")
        daemon.write_conf(daemon.text.replace('user = ""', 'user = "nobody"').replace(self.socket, own_socket))
        os.chown(daemon.directory, 65534, 65534)
        os.mkdir(daemon.ledger_path, 0o755)
        done = build.run(build.MILTER, "-c", daemon.conf, timeout=build.HANG_S)
        self.assertGreater(done.returncode, 0, done)
        self.assertIn(daemon.ledger_path, done.stderr)
        self.refused(451, "4.7.1", [BOB], paid(BOB))


if __name__ == "__main__":
    unittest.main(verbosity=2)
