#!/usr/bin/python3
"""test_x86_64.py - pow's kernels on x86-64 processors other than this one: none is used that the processor can't run.

Needs an x86-64 machine and Debian's qemu-user; exits 77 (skipped) without them.
"""
import platform
import sys

import emulated

COMPILER, EMULATOR = "gcc", "qemu-x86_64"


class X86(emulated.Kernels):
    compiler = COMPILER

    def test_first_of_its_kind(self):
        """Nothing but SSE2 and SSE3."""
        self.assertEqual(set(self.active(EMULATOR, "-cpu", "qemu64").values()), {"portable"})

    def test_all_that_the_emulator_can_do(self):
        """AVX2 in most versions, and no AVX-512: whatever it is, the answers are right."""
        self.assertEqual(set(self.active(EMULATOR, "-cpu", "max")), {"argon2id", "sha256-search", "sha256"})


if __name__ == "__main__":
    if platform.machine() != "x86_64":
        print("X86 ... skipped 'not an x86-64 machine'")
        sys.exit(emulated.SKIPPED)
    emulated.main("X86", (COMPILER, EMULATOR))
