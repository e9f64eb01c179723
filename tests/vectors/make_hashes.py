#!/usr/bin/python3
"""Prints hashes.txt: Argon2id by libargon2 (python3-argon2) and BLAKE2b by hashlib, for what runs without them.

Lines "blake2b LENGTH DIGEST" have the message 0, 1, 2 .. of that many octets, modulo 251. Lines "argon2id M T PASSWORD
SALT TAG" have one lane; the octets are hexadecimal, "-" for none. Everything in it is fixed:

    make_hashes.py >hashes.txt
"""
import hashlib, random
from argon2.low_level import Type, hash_secret_raw

MESSAGES = [0, 1, 3, 63, 64, 111, 112, 127, 128, 129, 255, 256, 257, 383, 384, 385, 1000, 1024, 4096]
DIGESTS = [1, 2, 4, 5, 16, 20, 31, 32, 33, 48, 63, 64]
SIZES = [  # every remainder modulo 4; below and above a block of addresses in a segment (128); m and t that differ
    (8, 1), (8, 4), (9, 1), (10, 2), (11, 3), (12, 1), (13, 4), (16, 1), (17, 2), (31, 1), (63, 3), (64, 1), (65, 2),
    (100, 1), (101, 4), (255, 1), (256, 2), (300, 1), (509, 1), (511, 2), (512, 1), (513, 3), (516, 1), (520, 2),
    (1023, 1), (1024, 2), (1037, 3), (2051, 1), (4096, 1), (16384, 1)]


def main():
    print("# Written by make_hashes.py, which says what the columns are.")
    for length in MESSAGES:
        for size in DIGESTS:
            message = bytes(i % 251 for i in range(length))
            print("blake2b", length, hashlib.blake2b(message, digest_size=size).hexdigest())
    source = random.Random(1)
    for memory, passes in SIZES:
        password, salt = source.randbytes(source.randrange(100)), source.randbytes(source.randrange(8, 150))
        tag = hash_secret_raw(password, salt, passes, memory, 1, source.randrange(4, 65), Type.ID, 0x13)
        print("argon2id", memory, passes, password.hex() or "-", salt.hex(), tag.hex())


main()
