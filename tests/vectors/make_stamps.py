#!/usr/bin/python3
"""Prints stamps.txt: a stamp of every suite with each intermediate value, minted by the functions of verify_stamp.py.

None of it comes from the C code, which reads the file in tests/unit/test_vectors.c and has to arrive at the same
octets. Everything in it is fixed, so that running this again gives the same file:

    make_stamps.py >stamps.txt
"""
import base64, hmac
import verify_stamp as vs

CASES = [  # label, address, suite, effort, date, salt, quote
    ("the example of FORMAT.md", "Bob@Example.COM", "argon2id-16m", 4, 20261122, bytes(range(16)), b""),
    ("a quote, another script", "Jürgen@bücher.example", "argon2id-16m", 2, 20240229, bytes(range(100, 116)),
     bytes(range(200, 221))),
    ("64 MiB", "\"a b\\\"c\"@[192.0.2.1]", "argon2id-64m", 2, 20261231, b"\xff" * 16, b""),
    ("256 MiB", "postmaster", "argon2id-256m", 1, 99991231, b"\0" * 16, b""),
    ("sha256", "bob@example.com", "sha256", 1000, 19700101, bytes(range(16, 32)), b""),
    ("sha256 with a quote", "BOB@xn--bcher-kva.example", "sha256", 100003, 20270101, bytes(range(32, 48)), b"\xff" * 21),
]
KEY = bytes(range(32))


def base64url(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def first_nonce(evaluate, size, effort):
    number = 0
    while not vs.solves(evaluate(number.to_bytes(size, "big")), effort):
        number += 1
    return number.to_bytes(size, "big")


def sample(C, k, s):
    taken, n = [], 0
    while len(taken) < s:
        for octet in hmac.digest(KEY, b"onionpow-v1 sample" + C + n.to_bytes(4, "big"), "sha256"):
            if octet % k not in taken and len(taken) < s:
                taken.append(octet % k)
        n += 1
    return taken


def show(label, address, suite, effort, date, salt, quote):
    memory, k, size, bits, most = vs.SUITES[suite]
    recipient = vs.canonical(address.encode())
    blind = vs.H(b"onionpow-v1 recipient", salt, recipient)[:16]
    challenge = b"".join((b"onionpow-v1 challenge", bytes([len(suite)]), suite.encode(), effort.to_bytes(8, "big"),
                          date.to_bytes(4, "big"), blind, salt, bytes([len(quote)]), quote))
    C = vs.H(challenge)
    print("\nlabel", label)
    print("address", address)
    print("recipient", recipient.decode())
    print("suite", suite)
    print("effort", effort)
    print("date", f"{date:08}")
    print("salt", salt.hex())
    print("quote", quote.hex() or "-")
    print("blind", blind.hex())
    print("challenge", challenge.hex())
    print("id", C.hex())
    nonces = b""
    for i in range(k):
        puzzle = vs.H(b"onionpow-v1 puzzle", C, i.to_bytes(4, "big"))
        nonce = first_nonce(lambda n: vs.F(memory, puzzle, n), size, effort)
        print("puzzle", i, puzzle.hex(), nonce.hex(), vs.F(memory, puzzle, nonce).hex()[:16])
        nonces += nonce
    S = vs.H(b"onionpow-v1 seal", C, nonces)
    seal = first_nonce(lambda n: vs.H(S, n), 8, 2**bits)
    print("nonces", nonces.hex())
    print("seal-input", S.hex())
    print("seal", seal.hex())
    print("seal-hash", vs.H(S, seal).hex())
    print("key", KEY.hex())
    print("sample", *sample(C, k, {"argon2id-16m": 4, "sha256": 16}.get(suite, 2)))
    tags = [("v", 1), ("a", suite), ("d", effort), ("t", f"{date:08}"), ("r", base64url(blind)), ("s", base64url(salt)),
            ("c", base64url(quote)), ("n", base64url(nonces)), ("g", base64url(seal))]
    print("stamp", "; ".join(f"{name}={value}" for name, value in tags if value != ""))
    print("end")


print("# Written by make_stamps.py, which says what this is. Octets are in hexadecimal.")
for case in CASES:
    show(*case)
