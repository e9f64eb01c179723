"""Every kernel by force: what one mints each other one accepts, names that cannot be, slow code announced."""
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
import daemon

USAGE, CONFIG = 64, 78
RCPT = "a@x.org"
SUITES = {"sha256": 1600, "argon2id-16m": 64, "argon2id-64m": 32, "argon2id-256m": 32}  # effort 2, and 100
CHEAP = ("sha256", "argon2id-16m")  # minted by every kernel; the others by one


def run(kernel, program, *args, **options):
    env = {name: value for name, value in os.environ.items() if name != "ONIONPOW_KERNEL"}
    if kernel is not None:
        env["ONIONPOW_KERNEL"] = kernel
    return build.run(program, *args, env=env, **options)


def kernels(forced=None):
    """(task, name, note) of each, as onionpow-milter shows them; note is "active", "not on this processor" or ""."""
    done = run(forced, build.MILTER, "-V")
    assert done.returncode == 0, done
    return re.findall(r"(?m)^kernel (\S+): (\S+?)(?: \((.*)\))?$", done.stdout)


def usable():
    return list(dict.fromkeys(name for _, name, note in kernels() if note != "not on this processor"))


class Stamps(unittest.TestCase):
    def mint(self, kernel, suite):
        with tempfile.NamedTemporaryFile("w", suffix=".stamp", delete=False) as file:
            self.addCleanup(os.unlink, file.name)
            done = run(kernel, build.CLI, "mint", "--suite", suite, "--work", str(SUITES[suite]), RCPT)
            self.assertEqual((done.returncode, done.stderr), (0, ""), (kernel, suite))
            file.write(done.stdout)
        return file.name

    def judged(self, kernel, path):
        done = run(kernel, build.CLI, "verify", "--rcpt", RCPT, "--work", "1", path)
        self.assertIn(done.returncode, (0, 1), done)
        return done.stdout.split("\t")[1]

    def test_all_suites_are_here(self):
        done = run(None, build.CLI, "suites")
        self.assertEqual({line.split()[0] for line in done.stdout.splitlines()} & set(SUITES), set(SUITES), done)

    def test_what_one_mints_the_others_accept(self):
        names = usable()
        for suite in SUITES:
            for minter in names if suite in CHEAP else names[:1]:
                path = self.mint(minter, suite)
                for verifier in names:
                    if verifier != minter or len(names) == 1:
                        with self.subTest(suite=suite, minter=minter, verifier=verifier):
                            self.assertEqual(self.judged(verifier, path), "pass")

    def test_none_accepts_another_proof(self):
        """A nonce that is another one breaks the seal, whatever its puzzle says."""
        path = self.mint(None, "argon2id-16m")
        with open(path, encoding="ascii") as file:
            field = file.read()
        forged, count = re.subn(r"\bn=(.)", lambda m: "n=" + ("B" if m[1] == "A" else "A"), field)
        self.assertEqual(count, 1, field)
        with open(path, "w", encoding="ascii") as file:
            file.write(forged)
        for kernel in usable():
            with self.subTest(kernel):
                self.assertIn(self.judged(kernel, path), ("bad-seal", "failed-proof"))


class Names(unittest.TestCase):
    def test_shown(self):
        """One active in each task, the first that can run unless another one is forced."""
        for forced in (None, "", *usable()):
            rows = kernels(forced)
            for task in ("argon2id", "sha256-search", "sha256"):
                with self.subTest(forced=forced, task=task):
                    able = [name for t, name, note in rows if t == task and note != "not on this processor"]
                    active, = [name for t, name, note in rows if t == task and note == "active"]
                    self.assertEqual(active, (forced if forced in able else able[-1]) if forced else able[0])

    def test_refused(self):
        unable = {name for _, name, _ in kernels()} - set(usable())
        with tempfile.TemporaryDirectory() as directory:
            conf = daemon.Daemon(directory).conf
            for name in ("no-such-kernel", "AVX2", "portable ", *unable):
                for status, argv in ((USAGE, (build.CLI, "mint", "--suite", "sha256", "--work", "16", RCPT)),
                                     (USAGE, (build.CLI, "suites")),
                                     (CONFIG, (build.MILTER, "-V")), (CONFIG, (build.MILTER, "-c", conf))):
                    with self.subTest(name=name, argv=argv):
                        done = run(name, *argv)
                        self.assertEqual((done.returncode, done.stdout), (status, ""), done)
                        self.assertIn(f'ONIONPOW_KERNEL: got "{name}"', done.stderr)
                        self.assertTrue(done.stderr.endswith(f" can run: {', '.join(usable())}\n"), done.stderr)
            self.assertEqual(os.listdir(directory), ["onionpow.conf"])  # nothing was begun


class Announced(unittest.TestCase):
    def test_slow_code(self):
        """One line at the start of the daemon, and only where the code is slow."""
        argon2id = [name for task, name, note in kernels() if task == "argon2id" and note != "not on this processor"]
        for forced in (None, *argon2id):
            with self.subTest(forced), tempfile.TemporaryDirectory() as directory:
                slow = (forced or argon2id[0]) == argon2id[-1]
                os.environ["ONIONPOW_KERNEL"] = forced or ""
                try:
                    milter = daemon.Daemon(directory).start()
                finally:
                    del os.environ["ONIONPOW_KERNEL"]
                self.addCleanup(milter.discard)
                self.assertEqual(milter.stop(), 0)
                self.assertEqual(len(milter.lines("argon2id: no kernel made for this processor")), int(slow), milter.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
