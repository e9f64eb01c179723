#!/usr/bin/python3
"""test_aarch64.py - pow's kernels on AArch64: NEON is chosen, and right.

Needs Debian's gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user; exits 77 (skipped) without them.
"""
import emulated

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"


class AArch64(emulated.Kernels):
    compiler = COMPILER

    def test_kernels(self):
        self.assertEqual(self.active(EMULATOR)["argon2id"], "neon")


if __name__ == "__main__":
    emulated.main("AArch64", (COMPILER, EMULATOR), ("/usr/aarch64-linux-gnu/lib/libc.a",))
