"""A mail message for tests: header fields in order and a body, with marks by which it is found again."""
import email.utils
import os
import re
import uuid


class Message:
    def __init__(self, stamps=(), headers=None, body=None, sender="alice@sender.test"):
        self.mark = uuid.uuid4().hex
        self.headers = headers if headers is not None else [
            ("From", f"Alice <{sender}>"),
            ("To", "undisclosed-recipients:;"),
            ("Subject", "a test"),
            ("Date", email.utils.formatdate()),
            ("Message-ID", f"<{self.mark}@sender.test>"),
        ]
        self.stamps = list(stamps)
        self.body = f"Body of {self.mark}\r\n" if body is None else body

    def again(self, stamps):
        """The same mail with other stamps: same marks, same fingerprint."""
        twin = Message(stamps, list(self.headers), self.body)
        twin.mark = self.mark
        return twin

    def fields(self):
        return [("X-Onion-PoW", value) for value in self.stamps] + self.headers

    def text(self):
        """As sent after DATA, without the dot."""
        head = "".join(f"{name}: {value}\n" for name, value in self.fields())
        return (head.replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n" + self.body).encode()


def carrying(mark, *directories):
    """The messages (octets) in these directories that carry the mark; a directory need not exist."""
    found = []
    for directory in filter(os.path.isdir, directories):
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), "rb") as mail:
                text = mail.read()
            if mark.encode() in text:
                found.append(text)
    return found


def headers(mail):
    """The header of a delivered message, unfolded, as a list of (name, value)."""
    head = re.sub(rb"\n[ \t]+", b" ", mail.split(b"\n\n")[0]).decode("utf-8")
    return [tuple(line.split(": ", 1)) for line in head.split("\n")]
