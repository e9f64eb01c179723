"""A mail message for tests: header fields in order and a body, with marks by which it is found again."""
import email.utils
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
