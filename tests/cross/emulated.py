"""Builds kernels.c with pow's kernels for some processor and runs it under an emulator."""
import glob, hashlib, os, pathlib, shutil, subprocess, sys, tempfile, unittest

SOURCE = pathlib.Path(os.environ.get("ONIONPOW_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
HANG_S = 600  # a guard against hanging, never a measure of speed
SKIPPED = 77  # the exit status that ctest shows as such

PARTS = ["argon2id*.c", "blake2b.c", "sha256*.c", "kernel.c", "err.c"]
FLAGS = ["-std=c17", "-O3", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wvla", "-Wswitch-enum",
         "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wundef", "-Werror", "-static",
         "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", f"-I{SOURCE}"]


def search_answers(count):
    """Nonces from fffffff0 (hexadecimal) on whose digest begins with a number that a thousand times is below 2^64."""
    puzzle, nonce, answers = bytes(range(32)), 0xfffffff0, []
    while len(answers) < count:
        x = int.from_bytes(hashlib.sha256(puzzle + nonce.to_bytes(8, "big")).digest()[:8], "big")
        if x * 1000 < 2**64:
            answers.append(nonce)
        nonce += 1
    return answers


class Kernels(unittest.TestCase):
    compiler = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.program = os.path.join(directory.name, "kernels")
        parts = [path for part in PARTS for path in sorted(glob.glob(str(SOURCE / "pow" / part)))]
        answers = ",".join(map(str, search_answers(20)))
        done = subprocess.run([self.compiler, *FLAGS, f"-DSEARCH_ANSWERS={answers}", "-o", self.program,
                               SOURCE / "tests/cross/kernels.c", *parts], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def active(self, *emulator):
        """Runs it; everything is as it should be, and these were the best kernels: task -> name."""
        done = subprocess.run([*emulator, self.program], capture_output=True, text=True, timeout=HANG_S,
                              env={**os.environ, "ONIONPOW_SOURCE": str(SOURCE)})
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done)
        self.assertRegex(done.stdout, r"\n[1-9]\d{2,} comparisons, 0 differ\n\Z")
        return dict(line.split()[:2] for line in done.stdout.splitlines() if line.endswith(" active"))


def main(name, programs, files=()):
    """Runs the tests of the caller, or says what is not installed and exits SKIPPED."""
    missing = [program for program in programs if not shutil.which(program)]
    missing += [file for file in files if not os.path.exists(file)]
    if missing:
        print(f"{name} ... skipped 'not installed: {', '.join(missing)}'")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
