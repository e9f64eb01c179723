"""Where the built programs and the sources are, and how long a test waits before it calls a thing hung."""
import os
import subprocess
import time

SOURCE = os.environ.get("ONIONPOW_SOURCE",
                        os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("ONIONPOW_BUILD", os.path.join(SOURCE, "build"))
MILTER = os.path.join(BUILD, "onionpow-milter")
CLI = os.path.join(BUILD, "onionpow")

HANG_S = 120  # a guard against hanging, never a measure of speed


def until(what, condition, limit_s=HANG_S):
    """Polls until the condition yields something true, and returns that."""
    deadline = time.monotonic() + limit_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {limit_s} s for: {what}")
        time.sleep(0.02)


def run(*argv, **options):
    """A program run to its end, output captured as text."""
    return subprocess.run(argv, stdin=options.pop("stdin", subprocess.DEVNULL),
                          capture_output=True, text=True, timeout=options.pop("timeout", 300), **options)
