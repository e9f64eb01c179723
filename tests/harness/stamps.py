"""Stamps for tests: minted by the real command line tool, bent by hand.

A stamp here is the value of a header field, unfolded; Stamp.field() gives the field again.
"""
import base64
import os
import re
import time

import build

FIELD = "X-Onion-PoW"
SHA_WORK = 4096       # the price of sha256 in the tests' configuration: 16 puzzles of effort 256
ARGON_WORK = 32       # and of argon2id-16m: 32 puzzles of effort 1


def day(offset=0):
    """A UTC day as stamps write it, so many days from today."""
    return time.strftime("%Y%m%d", time.gmtime(time.time() + offset * 86400))


def fields(*recipients, suite="sha256", work=None, date=None, offer=None):
    """The values of freshly minted header fields, one for each recipient, folds kept."""
    argv = [build.CLI, "mint", "--quiet"]
    if offer:
        argv += ["--offer", offer]
    else:
        argv += ["--suite", suite, "--work", str(work or (SHA_WORK if suite == "sha256" else ARGON_WORK))]
    if date:
        argv += ["--date", date]
    done = build.run(*argv, "--", *recipients)
    if done.returncode != 0:
        raise AssertionError(f"onionpow mint: exit {done.returncode}: {done.stderr}")
    values = [part for part in re.split(r"(?m)^" + FIELD + ": ", done.stdout) if part]
    if len(values) != len(recipients):
        raise AssertionError(f"{len(values)} stamps for {len(recipients)} recipients: {done.stdout}")
    return [value.rstrip("\n") for value in values]


def mint(recipient, **options):
    return fields(recipient, **options)[0]


def unfold(value):
    return re.sub(r"\r?\n[ \t]+", "", value)


def tags(value):
    """The tags of a stamp in order, as a dictionary."""
    return dict(re.sub(r"\s+", "", tag).split("=", 1) for tag in unfold(value).split(";") if tag.strip())


def bend(value, **changed):
    """The stamp with tags replaced, added, or (None) taken out."""
    all_tags = tags(value) | changed
    return "; ".join(f"{name}={text}" for name, text in all_tags.items() if text is not None)


def b64(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def broken_proof(value):
    """The same sha256 stamp (a suite without a seal to recompute) with every nonce replaced."""
    nonces = os.urandom(len(unb64(tags(value)["n"])))
    return bend(value, n=b64(nonces))
