#!/usr/bin/python3
"""Strangers who want to relay, through a real onion: nothing goes to another host, though mynetworks is wide open."""
import os
import unittest

from ends import OnionSmtp, socks_connect
from torcase import TorCase, set_up_module

import build
import stamps
from message import Message

ELSEWHERE = "someone@elsewhere.test"


def setUpModule():
    set_up_module()


def tricks(onion):
    """Recipients that some mail server or other takes for its own and sends on."""
    return [ELSEWHERE, "someone@" + "a" * 55 + "d.onion", f"someone%elsewhere.test@{onion}",
            f"elsewhere.test!someone@{onion}", f"@{onion}:{ELSEWHERE}", f'"{ELSEWHERE}"@{onion}',
            f"{ELSEWHERE}@{onion}", "someone@[127.0.0.1]", "someone@elsewhere.test@[::1]", f"{ELSEWHERE}.",
            "someone@ElseWhere.Test", "someone@localhost", "postmaster"]


class Relay(TorCase):
    def smtp(self, service, **options):
        client = OnionSmtp(self.network.client.socks, self.onion(service), **options)
        self.addCleanup(client.close)
        return client

    def try_all(self, service):
        """The tricks, each with a good stamp; returns those that got through."""
        through = []
        for recipient in tricks(self.onion(service)):
            with self.smtp(service) as client:
                if client.envelope([recipient]) is None:
                    reply = client.content(Message(self.stamps_for(recipient))) or client.reply()
                    through += [recipient] if reply.code == 250 else []
        self.receiver.settle()
        return through

    @staticmethod
    def stamps_for(recipient):
        try:
            return stamps.fields(recipient)
        except AssertionError:  # no address that could have one
            return []

    def relayed_by(self, service):
        before = len(self.receiver.relayed())
        through = self.try_all(service)
        return through, self.receiver.relayed()[before:]

    def test_without_the_filter_it_is_an_open_relay(self):
        through, relayed = self.relayed_by("naked")
        self.assertIn(ELSEWHERE, through)
        self.assertTrue(relayed)

    def test_with_the_filter_it_is_none(self):
        self.milter()
        through, relayed = self.relayed_by("open")
        self.assertNotIn(ELSEWHERE, through)
        self.assertEqual(relayed, [])

    def test_recipe(self):
        self.milter()
        through, relayed = self.relayed_by("mail")
        self.assertNotIn(ELSEWHERE, through)
        self.assertEqual(relayed, [])

    def test_posing_as_somebody_else(self):
        """XCLIENT, XFORWARD, a PROXY line of one's own, AUTH: none of them makes a stranger a friend."""
        self.milter()
        for service in ("mail", "open"):
            with self.subTest(service), self.smtp(service) as client:
                for command in ("XCLIENT ADDR=127.0.0.1", "XFORWARD ADDR=127.0.0.1",
                                "PROXY TCP4 127.0.0.1 127.0.0.1 4711 25", "AUTH PLAIN AGEAYg=="):
                    self.assertGreaterEqual(client.command(command).code, 500, command)
                self.assertEqual(client.envelope([ELSEWHERE]).code, 554)
        self.assertEqual([line for line in self.receiver.log().splitlines() if "client=localhost" in line], [])

    def test_proxy_line_before_the_greeting(self):
        """Tor's own line comes first, whatever the client writes first."""
        self.milter()
        with self.smtp("open", hello=None) as client:
            client.sock.sendall(b"PROXY TCP4 127.0.0.1 127.0.0.1 4711 25\r\n")
            self.assertGreaterEqual(client.reply().code, 500)
            client.command("EHLO sender.test")
            self.assertEqual(client.envelope([ELSEWHERE]).code, 554)

    def test_each_circuit_has_an_address_of_its_own(self):
        self.milter()
        before = len(self.receiver.log())
        for user in ("one", "two", "two"):
            with self.smtp("mail", user=user) as client:
                client.command("QUIT")
        addresses = [line.split("connect from unknown[")[1].split("]")[0]
                     for line in self.receiver.log()[before:].splitlines() if ": connect from" in line]
        self.assertEqual(len(addresses), 3)
        self.assertTrue(all(address.startswith("fc00:dead:beef:4dad::") for address in addresses), addresses)
        self.assertNotEqual(addresses[0], addresses[1])
        self.assertEqual(addresses[1], addresses[2])

    def test_tor_is_let_in_and_nobody_else(self):
        """By what the recipe says; without it Tor cannot reach the listener either."""
        public = self.receiver.path("queue", "public")
        connect = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        done = self.sender.user.run("/usr/bin/python3", "-c", connect, os.path.join(public, "mail"))
        self.assertIn(b"PermissionError", done.stderr)
        build.run("setfacl", "-b", public)
        try:
            with self.assertRaises(ConnectionError):
                self.smtp("mail", user="shut out")
        finally:
            self.receiver.let_tor_in()
        self.assertEqual(self.smtp("mail", user="let in").greeting.code, 220)

    def test_other_ports_are_closed(self):
        with self.assertRaises(ConnectionError):
            socks_connect(self.network.client.socks, self.onion(), 2525, "test")


if __name__ == "__main__":
    unittest.main(verbosity=2)
