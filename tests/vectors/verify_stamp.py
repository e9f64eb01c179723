#!/usr/bin/python3
"""Verifies onionpow stamps: a second implementation, written from pow/FORMAT.md alone.

Reads a message, header fields or one bare value on stdin and prints a verdict for each stamp, in the words of
FORMAT.md. Exit status 0 if there is a stamp and all pass, else 1. It has no key, so it checks every puzzle. The tests
of recipient, effort and date are made only where their option is given. Of domains in other scripts it takes those
of letters and digits that NFKC and lower case are enough for (there is no UTS 46 in Python), and refuses others.
"""
import argparse, base64, datetime, hashlib, os, re, sys, unicodedata
from argon2.low_level import Type, hash_secret_raw

TAG = re.compile(r"[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=([\x21-\x3a\x3c-\x7e \t\r\n]*)")
ATOM = re.compile(rb"[\w!#$%&'*+/=?^`{|}~\x80-\xff-]+(\.[\w!#$%&'*+/=?^`{|}~\x80-\xff-]+)*")
NAME = re.compile(rb"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
SUITES = {  # KiB of memory (0: SHA-256), k puzzles, octets of a nonce, seal bits, maximum d
    "argon2id-16m": (16384, 32, 4, 20, 2**26), "argon2id-256m": (262144, 16, 4, 22, 2**26),
    "argon2id-64m": (65536, 16, 4, 22, 2**26), "sha256": (0, 16, 8, 0, 2**56)}

class Verdict(Exception):
    pass

def need(condition, verdict):
    if not condition:
        raise Verdict(verdict)

def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def F(memory, puzzle, nonce):
    return hash_secret_raw(nonce, puzzle, 1, memory, 1, 32, Type.ID, 0x13) if memory else H(puzzle, nonce)

def solves(digest, effort):
    return int.from_bytes(digest[:8], "big") * effort < 2**64

def a_label(label):
    label = unicodedata.normalize("NFKC", "".join(map(str.lower, unicodedata.normalize("NFKC", label))))
    if not label.replace("-", "").isalnum():
        sys.exit("verify_stamp.py: a domain that this program cannot map")
    return label.encode() if label.isascii() else b"xn--" + label.encode("punycode")

def canonical(address):
    address = re.sub(rb"(?s)^<(.*)>\Z", rb"\1", address.strip(b" \t"))
    address = re.sub(rb"^@[^:]*:", b"", address)
    quoted = re.match(rb'(?s)"((?:[^"\\]|\\.)*)"', address)
    local = re.sub(rb"(?s)\\(.)", rb"\1", quoted[1]) if quoted else address.split(b"@")[0]
    domain = address[quoted.end() if quoted else len(local):]
    need((quoted or ATOM.fullmatch(local)) and not re.search(rb"[\0-\x1f\x7f]|.{257}", local), "no address")
    local = local.lower()  # of bytes: ASCII letters only
    if not ATOM.fullmatch(local):
        local = b'"' + re.sub(rb'(["\\])', rb"\\\1", local) + b'"'
    if not domain and local == b"postmaster":
        return local
    need(domain[:1] == b"@", "no address")
    domain = domain[1:].lower() if domain.isascii() else b".".join(map(a_label, domain[1:].decode().split(".")))
    need(len(domain) <= 253 and NAME.fullmatch(domain) or re.fullmatch(rb"\[[!-?A-Z^-~]{1,253}\]", domain), "no address")
    return local + b"@" + domain

def decode(value, size):
    text = re.sub("[ \t\r\n]", "", value)
    need(re.fullmatch("[A-Za-z0-9_-]*", text) and len(text) == (size * 4 + 2) // 3, "malformed")
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(base64.urlsafe_b64encode(octets).decode().rstrip("=") == text, "malformed")  # spare bits
    return octets

def parse(value):
    tags = [TAG.fullmatch(tag) for tag in re.sub(r";[ \t\r\n]*$", "", value).split(";")]
    need(len(value) <= 4096 and len(tags) <= 32 and all(tags), "malformed")
    tag = {match[1]: match[2].strip() for match in tags}
    need(len(tag) == len(tags) and "v" in tag, "malformed")
    need(tag["v"] == "1", "unknown version")
    need("a" in tag, "malformed")
    need(tag["a"] in SUITES, "unknown suite")
    memory, k, size, bits, most = SUITES[tag["a"]]
    need(tag.keys() >= set("dtrsng") and re.fullmatch("[1-9][0-9]{0,19}", tag["d"]) and int(tag["d"]) <= most, "malformed")
    need(re.fullmatch("[0-9]{8}", tag["t"]) and tag["t"] >= "19700101", "malformed")
    try:
        day = datetime.datetime.strptime(tag["t"], "%Y%m%d")
    except ValueError:
        raise Verdict("malformed")
    return (tag["a"].encode(), int(tag["d"]), day, decode(tag["r"], 16), decode(tag["s"], 16),
            decode(tag["c"], 21) if "c" in tag else b"", decode(tag["n"], k * size), decode(tag["g"], 8))

def verify(value, recipient, effort, date):
    suite, d, day, r, s, c, nonces, seal = parse(value)
    memory, k, size, bits, most = SUITES[suite.decode()]
    if recipient is not None:
        need(r == H(b"onionpow-v1 recipient", s, canonical(os.fsencode(recipient)))[:16], "wrong recipient")
    need(d >= effort, "weak")
    if date:  # at its first second, with 7 days of validity and 12 hours of skew
        age = datetime.datetime.strptime(date, "%Y%m%d") - day
        need(age.days <= 7, "expired")
        need(age.days >= 0, "not yet valid")
    C = H(b"onionpow-v1 challenge", bytes([len(suite)]), suite, d.to_bytes(8, "big"),
          int(day.strftime("%Y%m%d")).to_bytes(4, "big"), r, s, bytes([len(c)]), c)
    need(solves(H(H(b"onionpow-v1 seal", C, nonces), seal), 2**bits), "bad seal")
    for i in range(k):
        puzzle = H(b"onionpow-v1 puzzle", C, i.to_bytes(4, "big"))
        need(solves(F(memory, puzzle, nonces[i * size:][:size]), d), "failed proof")
    return "pass"

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipient")
    parser.add_argument("--effort", type=int, default=1, help="the least d that is enough")
    parser.add_argument("--date", help="YYYYMMDD, the day on which to verify")
    options = vars(parser.parse_args())
    text = sys.stdin.buffer.read().decode("latin-1")
    fields = re.split(r"\r?\n(?![ \t])", re.split(r"\r?\n\r?\n", text)[0])
    stamps = [field.split(":", 1)[1] for field in fields if re.match("x-onion-pow[ \t]*:", field, re.I)][:200]
    failed = 0
    for stamp in stamps or [text]:
        try:
            print(verify(stamp, **options))
        except (Verdict, UnicodeError) as verdict:
            failed = print(verdict) or 1
    return failed

if __name__ == "__main__":
    sys.exit(main())
