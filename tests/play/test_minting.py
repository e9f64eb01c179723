#!/usr/bin/python3
"""mode = mint: our own mail gets the stamps that its recipients' servers want, or goes as the operator has said."""
import hashlib
import hmac
import http.client
import os
import socket
import time
import unittest

from stage import Stage

import build
import exposition
import stamps
from message import Message
from stamps import FIELD

BOB, ANN = "bob@abcdef.onion", "ann@abcdef.onion"
EVE = "eve@elsewhere.test"
LISTENERS = """
listener "out"   { match-daemon = { "OUT" } mode = mint }
listener "onion" { match-daemon = { "ONION" } mode = enforce }
"""
# Of one thread: more than 16 s on the fastest machine there is, and not beyond hope on one a hundred times slower.
DEAR = """
suite "sha256"        { enabled = yes work = 4096 deprecated-since = "" }
suite "argon2id-16m"  { enabled = yes work = 16384 }
suite "argon2id-64m"  { enabled = no }
suite "argon2id-256m" { enabled = no }
"""
HOPELESS = """
suite "sha256"        { enabled = yes work = 1000000000000000 deprecated-since = "" }
suite "argon2id-16m"  { enabled = no }
suite "argon2id-64m"  { enabled = no }
suite "argon2id-256m" { enabled = no }
"""


def macros(daemon_name):
    return {"j": "mx.test", "{daemon_name}": daemon_name, "v": "Postfix 3.7.11", "_": "localhost [127.0.0.1]"}


def hear(state, offers):
    """Keeps offers as onionpow deliver does: by domain."""
    key = os.urandom(32)
    os.mkdir(os.path.join(state, "offers"))
    with open(os.path.join(state, "key"), "wb") as out:
        out.write(key)
    for domain, text in offers.items():
        place = f"{domain}:25".encode()
        name = hmac.new(key, b"onionpow purse destination" + place, hashlib.sha256).hexdigest()[:32]
        with open(os.path.join(state, "offers", name), "w", encoding="ascii") as out:
            out.write(f"heard {int(time.time())} onionpow:1:{text}\n")


class Minting(Stage):
    def office(self, mint="", **options):
        return self.run_daemon(self.directory(), listeners=LISTENERS, extra=f"mint {{ {mint} }}", **options)

    def out(self, daemon):
        return self.session(daemon, macros=macros("OUT"))

    def submit(self, daemon, recipients, message, session=None):
        session = session or self.out(daemon)
        for recipient, answer in session.envelope(recipients).items():
            self.fail(f"{recipient}: {answer}")
        self.assertIsNone(session.content(message))
        return session.eom()

    def begin(self, daemon, recipients, message, login="", address="127.0.0.1"):
        """As submit(), without waiting for the answer."""
        session = self.session(daemon, macros=macros("OUT"), address=address)
        self.assertEqual(session.envelope(recipients, login=login), {})
        self.assertIsNone(session.content(message))
        session.eom_begin()
        return session


def minted(answer):
    return [value for kind, _, name, value in answer.edits if name == FIELD]


class Stamps(Minting):
    def test_our_own_guard_takes_them(self):
        daemon = self.office()
        message = Message()
        answer = self.submit(daemon, [BOB, EVE, ANN], message)
        self.assertAccepted(answer)
        values = minted(answer)
        self.assertEqual(len(values), 2)
        for value in values:
            self.assertLess(max(len(line) for line in value.split("\n")), 77)
        self.assertTrue(daemon.lines("verdict=pass listener=out rcpts=2 suite=argon2id-16m work=32 price=32 reason=minted"),
                        daemon.log())
        self.assertAccepted(self.deliver(daemon, [BOB, ANN], message.again(values)))
        with self.subTest("each is for one of them"):
            self.assertRefused(self.deliver(daemon, [BOB, ANN], Message(values[:1])), "554 5.7.1", "onionpow:1:")
        with self.subTest("no address in a strict log"):
            self.assertNotIn("abcdef", daemon.log())

    def test_many_messages_of_a_connection(self):
        daemon = self.office()
        session = self.out(daemon)
        seen = set()
        for recipients in ([BOB], [EVE], [ANN, BOB], [BOB]):
            answer = self.submit(daemon, recipients, Message(), session)
            self.assertAccepted(answer)
            self.assertEqual(len(minted(answer)), len([name for name in recipients if name != EVE]))
            seen.update(minted(answer))
        self.assertEqual(len(seen), 4, "no stamp twice")

    def test_stamped_mail_is_left_alone(self):
        daemon = self.office()
        for value in (stamps.mint(ANN), "nonsense"):
            answer = self.submit(daemon, [BOB], Message([value]))
            self.assertAccepted(answer)
            self.assertEqual(minted(answer), [])
        self.assertEqual(len(daemon.lines("reason=stamped ")), 2)

    def test_mail_elsewhere_is_left_alone(self):
        daemon = self.office()
        answer = self.submit(daemon, [EVE, "bob@notonion", "bob@abcdef.onion.example"], Message())
        self.assertAccepted(answer)
        self.assertEqual(minted(answer), [])
        self.assertTrue(daemon.lines("reason=exempt "), daemon.log())

    def test_the_price_that_deliver_has_heard(self):
        state = self.directory()
        hear(state, {"abcdef.onion": "sha256/300,argon2id-16m/2"})
        daemon = self.office(f'offers = "{state}"')
        self.assertFalse(daemon.lines("mint.offers"), daemon.log())
        answer = self.submit(daemon, [BOB, "bob@other.onion"], Message())
        self.assertEqual(sorted((stamps.tags(value)["a"], stamps.tags(value)["d"]) for value in minted(answer)),
                         [("argon2id-16m", "1"), ("sha256", "300")])
        cheap, = [value for value in minted(answer) if stamps.tags(value)["a"] == "sha256"]
        self.assertAccepted(self.deliver(daemon, [BOB], Message([cheap])))

    def test_offers_that_cannot_be_read_are_told_of(self):
        daemon = self.office('offers = "/nonexistent"')
        self.assertTrue(daemon.lines("mint.offers: /nonexistent/key: No such file"), daemon.log())
        self.assertEqual(len(minted(self.submit(daemon, [BOB], Message()))), 1)


class Without(Minting):
    """What becomes of a message that cannot have its stamps."""

    def test_no_hope(self):
        for late, accepted in (("send", True), ("tempfail", False)):
            with self.subTest(late):
                daemon = self.office(f"late = {late} time = 3s", suites=HOPELESS)
                answer = self.submit(daemon, [BOB], Message())
                self.assertEqual(minted(answer), [])
                if accepted:
                    self.assertAccepted(answer)
                    self.assertTrue(daemon.lines("reason=unstamped ms="), daemon.log())
                    self.assertTrue(daemon.lines(" lack=late"), daemon.log())
                else:
                    self.assertRefused(answer, "451 4.3.2", "in time")
                    self.assertTrue(daemon.lines("verdict=tempfail listener=out rcpts=1 suite=- work=0 price=0 reason=late"))

    def test_crowd(self):
        with self.subTest("send"):
            daemon = self.office("recipients = 1 late = send")
            answer = self.submit(daemon, [BOB, ANN], Message())
            self.assertAccepted(answer)
            self.assertEqual(minted(answer), [])
            self.assertTrue(daemon.lines(" lack=too-many-recipients"), daemon.log())
        with self.subTest("tempfail: the rest in another message"):
            daemon = self.office("recipients = 1 late = tempfail")
            session = self.out(daemon)
            refused = session.envelope([BOB, ANN])
            self.assertEqual(list(refused), [ANN])
            self.assertRefused(refused[ANN], "452 4.5.3")
            session.content(Message())
            answer = session.eom()
            self.assertAccepted(answer)
            self.assertEqual(len(minted(answer)), 1)

    def test_turns_and_stop(self):
        """One is minted for, one waits, a third finds no room; mail from outside is not held up; a stop ends all."""
        directory = self.directory()
        at = os.path.join(directory, "metrics.sock")
        daemon = self.run_daemon(directory, listeners=LISTENERS, suites=DEAR, extra=f"""
            mint {{ max-cpu-threads = 1 time = 240s queue = 1 late = tempfail }} metrics {{ listen = "local:{at}" }}""")
        begun = [self.begin(daemon, [BOB], Message())]
        build.until("the first one's turn", lambda: gauge(at, "onionpow_minter_messages_busy") == 1)
        begun.append(self.begin(daemon, [BOB], Message(), "bob"))
        build.until("the second one to wait", lambda: gauge(at, "onionpow_minter_queue_length") == 1)
        self.assertRefused(self.submit(daemon, [ANN], Message()), "451 4.3.2", "right now")
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))
        self.assertAccepted(self.submit(daemon, [EVE], Message()))
        self.assertEqual(gauge(at, "onionpow_minter_stamps_total"), 0)
        self.assertEqual(daemon.stop(), 0)
        for session in begun:
            self.assertRefused(session.answer(), "451 4.3.2", "right now")
        self.assertFalse(daemon.lines("before"), "messages were left unanswered")

    def test_nobody_has_more_than_half_of_the_places(self):
        """By login where there is one, else by address; those without, on this host, are one."""
        directory = self.directory()
        at = os.path.join(directory, "metrics.sock")
        daemon = self.run_daemon(directory, listeners=LISTENERS, suites=DEAR, extra=f"""
            mint {{ max-cpu-threads = 1 time = 240s queue = 9 late = tempfail }} metrics {{ listen = "local:{at}" }}""")
        begun = []
        for who in [("ann", "192.0.2.1")] * 5 + [("bob", "192.0.2.1"), ("", "192.0.2.1"), ("", "127.0.0.1")]:
            begun.append(self.begin(daemon, [BOB], Message(), *who))
        build.until("all to have a place", lambda: gauge(at, "onionpow_minter_queue_length") == len(begun) - 1)
        self.assertRefused(self.begin(daemon, [BOB], Message(), "Ann", "192.0.2.2").answer(), "451 4.3.2", "right now")
        begun.append(self.begin(daemon, [BOB], Message(), "", "127.0.0.1"))
        build.until("room for others", lambda: gauge(at, "onionpow_minter_queue_length") == len(begun) - 1)
        self.assertEqual(daemon.stop(), 0)
        for session in begun:
            self.assertRefused(session.answer(), "451 4.3.2", "right now")

    def test_a_dear_domain_takes_nothing_from_the_others(self):
        state = self.directory()
        hear(state, {"evil.onion": "sha256/1000000000000"})
        for privacy in ("strict", "normal"):
            with self.subTest(privacy):
                daemon = self.office(f'offers = "{state}" time = 3s late = send', privacy=privacy)
                message = Message()
                answer = self.submit(daemon, ["eve@evil.onion", BOB], message)
                self.assertAccepted(answer)
                value, = minted(answer)
                self.assertAccepted(self.deliver(daemon, [BOB], message.again([value])))
                line, = daemon.lines("reason=unstamped ")
                self.assertIn(" lack=late missing=1", line)
                self.assertEqual("dear=evil.onion" in line, privacy != "strict", line)
                self.assertEqual("evil" in daemon.log(), privacy != "strict")
        with self.subTest("tempfail: all or not at all"):
            daemon = self.office(f'offers = "{state}" time = 3s late = tempfail')
            answer = self.submit(daemon, ["eve@evil.onion", BOB], Message())
            self.assertRefused(answer, "451 4.3.2", "in time")

    def test_stop_never_sends_without(self):
        daemon = self.office("max-cpu-threads = 1 time = 240s late = send", suites=DEAR)
        session = self.begin(daemon, [BOB], Message())
        self.assertEqual(daemon.stop(), 0)
        self.assertRefused(session.answer(), "451 4.3.2")

    def test_a_mail_server_that_hangs_up_gives_its_turn_back(self):
        directory = self.directory()
        at = os.path.join(directory, "metrics.sock")
        daemon = self.run_daemon(directory, listeners=LISTENERS, suites=DEAR, extra=f"""
            mint {{ max-cpu-threads = 1 time = 240s late = send }} metrics {{ listen = "local:{at}" }}""")
        session = self.begin(daemon, [BOB], Message())
        build.until("its turn", lambda: gauge(at, "onionpow_minter_messages_busy") == 1)
        session.sock.close()
        build.until("its end", lambda: gauge(at, "onionpow_minter_messages_busy") == 0)
        self.assertTrue(daemon.lines("verdict=tempfail listener=out rcpts=1 suite=- work=0 price=0 reason=no-minter"),
                        daemon.log())
        self.assertEqual(daemon.stop(), 0)

    def test_progress(self):
        """The mail server hears of us all the time, else it would give up."""
        daemon = self.office("time = 240s max-cpu-threads = 1", suites=DEAR)
        session = self.begin(daemon, [BOB], Message())
        for _ in range(2):
            kind, _ = session.read()
            self.assertEqual(kind, "p")
        self.assertEqual(daemon.stop(), 0)
        self.assertRefused(session.answer(), "451 4.3.2")


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=build.HANG_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def gauge(path, name):
    connection = Connection(path)
    try:
        connection.request("GET", "/metrics")
        return exposition.value(connection.getresponse().read().decode(), name)
    finally:
        connection.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
