#!/usr/bin/python3
"""The whole way for people to look at: tools/quickstart --tor runs this. Exit status 0 if every step did as it should.

A private Tor network, a Postfix with the filter behind an onion service, a Postfix with an ordinary user before Tor.
The conversation is what the tap between sender and Tor heard.
"""
import os
import signal
import sys
import time

import ends
import torcase

import build
from daemon import Daemon
from message import Message, headers


def heading(text):
    print(f"\n== {text}", flush=True)


def say(text):
    print(f"  {text}", flush=True)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Show:
    def __init__(self, work):
        self.began = time.monotonic()
        self.work = work
        self.way = torcase.Way(say=lambda text: say(f"{time.monotonic() - self.began:4.0f} s  {text}"))
        self.filter = None

    def close(self):
        if self.filter:
            self.filter.discard()
        self.way.close()

    def start(self):
        heading("A private Tor network on loopback: nothing leaves this machine")
        self.way.build()
        directory = os.path.join(self.way.scratch, "milter")
        os.mkdir(directory, 0o755)
        self.filter = Daemon(directory, torcase.LISTENERS, at=self.way.socket,
                             suites=f'suite "argon2id-16m" {{ work = {self.work} }}').start()
        self.bob = f"bob@{self.way.network.onion['mail']}"
        self.way.sender.user.configure(self.way.tap.port)
        say(f"The receiver: Postfix and onionpow-milter behind {self.way.network.onion['mail']}")
        say(f"asks for stamps of work {self.work} (the default price is 16384).")
        say("The sender: Postfix, and onionpow deliver for addresses in .onion. All of it by the files in etc/.")

    def send(self, subject):
        """As alice's mail client does."""
        self.way.tap.forget()
        message = Message(sender="alice@example.test", body=f"{subject}!\r\n")
        message.headers[1:3] = [("To", f"Bob <{self.bob}>"), ("Subject", subject)]
        message.headers.append(("X-Mark", message.mark))
        say(f"$ sendmail -t   # to {self.bob}")
        began = time.monotonic()
        self.way.sender.submit(message)
        say(f"{time.monotonic() - began:.1f} s: handed in. Alice's part is done.")
        expect(build.until("the delivery", lambda: self.way.receiver.arrived(message), ends.PATIENCE_S), "delivery")
        mail, = self.way.receiver.mailbox(message.mark)
        say(f"{time.monotonic() - began:.1f} s: in Bob's mailbox.")
        return mail

    def conversation(self):
        """What went over the onion; the folds of the stamp and most of the EHLO reply are left out."""
        for stream in self.way.tap.streams:
            before = None
            for who, octets, when in stream.said[2 * 3:]:  # after the three questions to Tor's SOCKS port
                pause = when - before if before else 0
                before = when
                if who == "C" and pause > 1:
                    say(f"... {pause:.1f} s: a stamp is minted")
                for line in octets.decode("utf-8", "replace").splitlines():
                    if not line.startswith("\t") and not line.startswith("250-"):
                        say(f"{who}: {line}")

    def first(self):
        heading("1. Alice writes to a mailbox that she knows nothing about")
        mail = self.send("Hello Bob")
        heading("   What the two servers said")
        self.conversation()
        expect(b"554" in self.way.tap.said("S"), "no demand was heard")
        heading("   What Bob sees")
        for name, value in headers(mail):
            say(f"{name}: {value if len(value) < 100 else value[:97] + '...'}")
        expect(b"x-onion-pow=pass" in mail, "the receiver does not say that the stamp is good")

    def second(self):
        heading("2. Alice writes again: the price is known by now, the stamp goes along at once")
        self.send("Hello again")
        expect(b"554" not in self.way.tap.said("S"), "it was asked for again")
        say(f"{self.way.tap.turns()} round trips over Tor, no refusal.")

    def relay(self):
        heading("3. A stranger wants to send mail elsewhere through Bob's server")
        with ends.OnionSmtp(self.way.network.client.socks, self.way.network.onion["mail"], "stranger") as client:
            for line in ("MAIL FROM:<spam@elsewhere.test>", "RCPT TO:<victim@elsewhere.test>"):
                reply = client.command(line)
                say(f"C: {line}")
                say(f"S: {reply.text}")
        expect(reply.code == 554, "it is an open relay")

    def logs(self):
        heading("The sender's log, and the filter's")
        for line in self.way.sender.lines(self.bob, "sent") + self.filter.lines("verdict="):
            say(line)


def main(work):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if torcase.usable():
        print(f"\nquickstart: FAILED: it {torcase.usable()}", file=sys.stderr)
        return 1
    show = Show(work)
    try:
        show.start()
        show.first()
        show.second()
        show.relay()
        show.logs()
    except (AssertionError, OSError, ValueError) as error:
        print(f"\nquickstart: FAILED: {error}\n{show.filter.log() if show.filter else ''}{show.way.sender.log()}",
              file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        show.close()
    heading("All steps did what they should; nothing is left running.")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
