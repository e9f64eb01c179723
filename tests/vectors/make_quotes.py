#!/usr/bin/python3
"""Prints quotes.txt: quotes as FORMAT.md section 6 has the reference server make them, by hmac alone.

Columns: site key, suite, effort, last second (as asked for), quote, canonical recipient. Octets are hexadecimal.
Everything in it is fixed:

    make_quotes.py >quotes.txt
"""
import hmac

KEY = bytes(range(32))
CASES = [  # site key, suite, effort, expires in unix seconds, canonical recipient
    (KEY, "argon2id-16m", 512, 1795003200, "bob@example.com"),
    (KEY, "argon2id-16m", 512, 1795003201, "bob@example.com"),  # the next minute
    (KEY, "argon2id-256m", 48, 1795046400, "bob@example.com"),  # the first minute of a day
    (KEY, "argon2id-256m", 48, 1795046340, "bob@example.com"),  # the last of the day before
    (KEY, "sha256", 2**56, 1795003200, "postmaster"),
    (b"\xff" * 32, "argon2id-64m", 1, 60, "x@[192.0.2.1]"),
    (b"\0" * 32, "argon2id-64m", 257, 0, '"a b"@xn--bcher-kva.example'),
    (KEY, "argon2id-16m", 2**26, 60 * (2**32 - 1), "b" * 256 + "@" + "d" * 63 + ".example"),
]


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def be(number, size):
    return number.to_bytes(size, "big")


def quote(key, suite, effort, expires, recipient):
    minutes = -(-expires // 60)
    day_key = mac(key, b"onionpow-v1 quote key", be(minutes // 1440, 4))
    authentic = mac(day_key, b"onionpow-v1 quote", be(len(suite), 1), suite.encode(), be(effort, 8), be(minutes, 4),
                    recipient.encode())
    return be(minutes, 4) + be(minutes // 1440 % 256, 1) + authentic[:16]


print("# Written by make_quotes.py, which says what the columns are.")
for case in CASES:
    key, suite, effort, expires, recipient = case
    print(key.hex(), suite, effort, expires, quote(*case).hex(), recipient)
