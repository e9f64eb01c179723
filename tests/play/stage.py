"""What the play tests share: a daemon for each test, sessions with it that are closed at the end."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import player
from daemoncase import DaemonCase

BOB = "bob@example.test"


def listener(mode="enforce", more=""):
    return f'listener "onion" {{ match-daemon = {{ "ONION" }} mode = {mode} {more} }}\n'


class Stage(DaemonCase):
    def daemon(self, mode="enforce", **options):
        options.setdefault("listeners", listener(mode))
        return self.run_daemon(self.directory(), **options)

    def session(self, daemon, **connect):
        session = player.session(daemon.socket, **connect)
        self.addCleanup(session.sock.close)
        return session

    def deliver(self, daemon, recipients, message, **options):
        """One message on a connection of its own."""
        with player.session(daemon.socket) as session:
            answer = session.deliver(recipients, message, **options)
            session.quit()
        return answer

    def assertAccepted(self, answer):
        self.assertTrue(answer.accepted, answer)

    def assertRefused(self, answer, code, *words):
        self.assertEqual(answer.kind, "y", answer)
        self.assertTrue(answer.text.startswith(code.replace(" ", "-")) or answer.text.startswith(code),
                        answer)
        for word in words:
            self.assertIn(word, answer.text)
        self.assertLess(len(answer.text), 901, "octets of the whole reply")
        for line in answer.text.splitlines():
            self.assertLess(len(line), 511, "octets of a line")
            self.assertTrue(line.isascii() and line.isprintable(), line)


def results(message, answer, renumber=True):
    """The Authentication-Results of the message after the filter's edits, top first."""
    return [value for name, value in player.edited(message.fields(), answer.edits, renumber)
            if name.lower() == "authentication-results"]
