#!/usr/bin/python3
"""The onion listener: Tor's PROXY line, the relay guard, and the snippets of etc/ as they are pasted."""
import os
import re
import shutil
import unittest

from case import Case, milters, paid, snippet
from postfix import Postfix

import build
import stamps
from message import Message
from port import free_port
from smtp import Smtp

BOB = "bob@example.test"
CIRCUIT = "PROXY TCP6 fc00:dead:beef:4dad::0:44 ::1 68 25\r\n"
HAPROXY = "smtpd_upstream_proxy_protocol=haproxy"
WIDE = ["mynetworks=0.0.0.0/0,[::]/0", "smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination"]


class Proxy(Case):
    @classmethod
    def listeners(cls, socket):
        return super().listeners(socket) | {"tor": milters(socket, "SOME") + [HAPROXY]}

    def setUp(self):
        self.milter('''listener "tor" { match-client = { "fc00:dead:beef:4dad::/64" } mode = enforce }
                       listener "rest" { match-client = { "0.0.0.0/0", "::/0" } mode = off }''')

    def test_circuit_is_guarded_by_its_address(self):
        message = Message()
        with Smtp(self.postfix.port["tor"], prefix=CIRCUIT) as client:
            reply = client.send([BOB], message)
            self.assertEqual(reply.code, 554)
            self.assertIn("onionpow:1:", reply.text)
            good = paid(BOB)
            self.assertEqual(client.send([BOB], good).code, 250)
        self.assertEqual(self.postfix.mailbox(message.mark), [])
        mail, = self.postfix.mailbox(good.mark)
        self.assertIn(b"[IPv6:fc00:dead:beef:4dad::44]", mail)

    def test_other_clients_are_told_from_circuits(self):
        message = Message()
        with Smtp(self.postfix.port["tor"], prefix="PROXY TCP4 192.0.2.7 127.0.0.1 4711 25\r\n") as client:
            self.assertEqual(client.send([BOB], message).code, 250)
        self.assertEqual(len(self.postfix.mailbox(message.mark)), 1)

    def test_missing_line_is_refused(self):
        message = paid(BOB)
        with Smtp(self.postfix.port["tor"]) as client:
            self.assertEqual(client.greeting.code, 421)
        with Smtp(self.postfix.port["tor"], prefix="EHLO sender.test\r\n") as client:
            self.assertEqual(client.greeting.code, 421)
        self.assertEqual(self.postfix.mailbox(message.mark), [])

    def test_a_client_cannot_send_the_line_itself(self):
        with Smtp(self.postfix.port["tor"], prefix=CIRCUIT) as client:
            self.assertEqual(client.command(CIRCUIT.strip()).code, 500)


class RelayGuard(Case):
    """mynetworks is wide open: Postfix itself would relay for everybody."""

    @classmethod
    def listeners(cls, socket):
        return {"naked": WIDE, "onion": milters(socket) + WIDE, "tor": milters(socket) + WIDE + [HAPROXY]}

    def test_outsider(self):
        self.milter('listener "onion" { match-daemon = { "ONION" } relay-guard = yes mode = enforce }')
        stranger = "someone@elsewhere.test"
        with Smtp(self.postfix.port["naked"]) as client:
            self.assertIsNone(client.envelope([stranger]), "without the guard it is an open relay")
        for listener, prefix in (("onion", None), ("tor", CIRCUIT)):
            for mode in ("unpaid", "paid"):
                with self.subTest(listener=listener, mode=mode):
                    message = Message(stamps.fields(stranger) if mode == "paid" else [])
                    with Smtp(self.postfix.port[listener], prefix=prefix) as client:
                        reply = client.send([stranger], message)
                        self.assertEqual(reply.code, 554, reply)
                        self.assertIn("relaying is not offered here", reply.text)
                    self.assertEqual(self.postfix.mailbox(message.mark), [])
                    self.assertEqual(self.postfix.queued(), [])

    def test_insider_beside_outsider(self):
        """The outsider is refused at RCPT, the insider goes on."""
        self.milter('listener "onion" { match-daemon = { "ONION" } relay-guard = yes mode = enforce }')
        message = paid(BOB)
        with Smtp(self.postfix.port["onion"]) as client:
            self.assertIsNone(client.envelope([BOB]))
            self.assertEqual(client.command("RCPT TO:<someone@elsewhere.test>").code, 554)
            self.assertIsNone(client.content(message))
            self.assertEqual(client.reply().code, 250)
        self.assertEqual(len(self.postfix.mailbox(message.mark)), 1)

    def test_guard_in_monitor_mode_too(self):
        self.milter('listener "onion" { match-daemon = { "ONION" } relay-guard = yes mode = monitor }')
        with Smtp(self.postfix.port["onion"]) as client:
            self.assertEqual(client.envelope(["someone@elsewhere.test"]).code, 554)


class Snippets(Case):
    """etc/postfix and etc/tor, with nothing but paths and the port replaced."""

    @classmethod
    def listeners(cls, socket):
        return {}

    def instance(self, name):
        text = snippet("postfix", name).replace("/run/onionpow/milter.sock", self.socket)
        port = None
        if "127.0.0.1:2525" in text:
            port = free_port()
            text = text.replace("127.0.0.1:2525", f"127.0.0.1:{port}")
        instance = Postfix({}, snippet("postfix", "main.cf"), text)
        self.addCleanup(instance.stop)
        instance.start()
        return instance, port or instance.path("queue", "public", "onion")

    def exercise(self, name):
        daemon = self.milter('listener "onion" { match-daemon = { "ONION" } mode = enforce relay-guard = yes }')
        instance, where = self.instance(name)
        bare, good = Message(), paid(BOB)
        with Smtp(where, prefix=CIRCUIT) as client:
            self.assertIn("onionpow:1:", client.send([BOB], bare).text)
            self.assertEqual(client.send([BOB], good).code, 250)
            self.assertEqual(client.envelope(["someone@elsewhere.test"]).code, 554)
        self.assertEqual(instance.mailbox(bare.mark), [])
        mail, = instance.mailbox(good.mark)
        self.assertIn(b"[IPv6:fc00:dead:beef:4dad::44]", mail)
        with self.subTest("no PROXY line"), Smtp(where) as client:
            self.assertEqual(client.greeting.code, 421)
        with self.subTest("a local process that poses as 127.0.0.1 may not relay"):
            with Smtp(where, prefix="PROXY TCP4 127.0.0.1 127.0.0.1 4711 25\r\n") as client:
                self.assertEqual(client.envelope(["someone@elsewhere.test"]).code, 554)
        with self.subTest("the milter is down: mail waits"):
            daemon.stop()
            with Smtp(where, prefix=CIRCUIT) as client:
                self.assertEqual(client.send([BOB], paid(BOB)).code, 451)

    def test_unix_listener(self):
        self.exercise("master.cf.unix")

    def test_tcp_listener(self):
        self.exercise("master.cf.tcp")

    def test_torrc_leads_to_these_listeners(self):
        text = snippet("tor", "torrc")
        targets = re.findall(r"(?m)^#?HiddenServicePort 25 (\S+)$", text)
        self.assertEqual(targets, ["unix:/var/spool/postfix/public/onion", "127.0.0.1:2525"])
        self.assertRegex(snippet("postfix", "master.cf.unix"), r"(?m)^onion +unix +n ")
        self.assertRegex(snippet("postfix", "master.cf.tcp"), r"(?m)^127\.0\.0\.1:2525 inet ")
        self.assertRegex(text, r"(?m)^HiddenServiceExportCircuitID haproxy$")

    @unittest.skipUnless(shutil.which("tor"), "needs the program tor")
    def test_tor_takes_the_torrc(self):
        for target in ("unix", "tcp"):
            text = snippet("tor", "torrc").replace("/var/lib/tor", self.scratch)
            if target == "tcp":
                text = text.replace("\nHiddenServicePort", "\n# ").replace("\n#HiddenServicePort", "\nHiddenServicePort")
            path = os.path.join(self.scratch, f"torrc-{target}")
            with open(path, "w", encoding="utf-8") as out:
                out.write(f"DataDirectory {self.scratch}/tor\n" + text)
            done = build.run("tor", "--verify-config", "-f", path, "--defaults-torrc", "/dev/null")
            self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
