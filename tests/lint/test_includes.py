#!/usr/bin/python3
"""test_includes.py - which way things may flow: includes, exported names, and what an object file reaches for.

The tables below are the architecture: pow/ stands alone, milter/ and tools/ use it and never each other; inside
milter/ edge files use decision files and these use resources; a third-party header has one home. A new arrow is a
new row here, and so a decision.
"""
import os, pathlib, re, subprocess, unittest

SOURCE = pathlib.Path(os.environ.get("ONIONPOW_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("ONIONPOW_BUILD", SOURCE / "build"))

MAY_INCLUDE = {"pow": {"pow"}, "milter": {"pow", "milter"}, "tools": {"pow", "tools"}}

HOME = {  # third-party header: the files that may include it
    "libmilter/": {"milter/mfi.c", "milter/act.c"},
    "confuse.h": {"milter/conf.c", "tools/sender_parse.c"},
    "lmdb.h": {"milter/ledger_lmdb.c"},
    "argon2.h": {"pow/suite_argon2id_lib.c", "tools/bench_libargon2.c"},
    "idn2.h": {"pow/recipient.c"},
    "curl/": {"tools/socks.c"},
    "openssl/": {"pow/key.c", "tools/tls.c", "tools/onion.c"},
    "immintrin.h": {"pow/sha256_ni.h"} | {f"pow/{kernel}.c" for kernel in (
        "argon2id_avx2", "argon2id_avx512", "sha256_search_avx2", "sha256_search_avx512")},
    "arm_neon.h": {"pow/argon2id_neon.c"},
    "cpuid.h": {"pow/sha256_ni.c"},
    "microhttpd.h": {"milter/exporter.c"},
    "syslog.h": {"milter/log.c"},
    "unbound.h": {"tools/srv.c"},
}

SYSTEM = set("""
    assert.h ctype.h errno.h inttypes.h limits.h math.h signal.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h
    stdio.h stdlib.h string.h time.h
    arpa/inet.h dirent.h fcntl.h getopt.h grp.h link.h malloc.h netinet/in.h poll.h pthread.h pwd.h sched.h strings.h
    sysexits.h sys/file.h sys/ioctl.h sys/mman.h sys/prctl.h sys/queue.h sys/random.h sys/resource.h sys/socket.h
    sys/stat.h sys/time.h sys/types.h sys/un.h sys/wait.h termios.h unistd.h""".split())

DECISION = """
    session scope msg policy price tariff tariff_record market pricelist check reply outcome report authres
    fingerprint metrics metrics_gauges exempt token sign postage pin outgoing refusal finding tally submitter""".split()
RESOURCE = "gate ledger histogram exposition addrkey pricemap circuits minter offerbook processors".split()  # and their backends, ledger_*
SHARED = {"milter/conf.h", "milter/scope.h"}  # values that decisions are made from, or that name a client

CLOCK = {"time", "clock_gettime", "gettimeofday", "clock", "nanosleep", "localtime_r", "gmtime_r"}
OUTSIDE = {"open", "openat", "fopen", "socket", "connect", "getenv", "secure_getenv", "syslog", "vsyslog", "system",
           "popen", "getrandom", "rand", "random"}


def files(directory, *suffixes):
    return sorted(p for p in (SOURCE / directory).iterdir() if p.suffix in suffixes)


def name_of(path):
    return path.relative_to(SOURCE).as_posix()


def includes(path):
    """Pairs of the bracket ('<' or '"') and the header's name."""
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', path.read_text(), re.M)


def tier(name):
    stem = pathlib.PurePath(name).stem
    if stem in DECISION:
        return "decision"
    return "resource" if stem.split("_")[0] in RESOURCE else "edge"


class Includes(unittest.TestCase):
    def test_directories(self):
        for directory, allowed in MAY_INCLUDE.items():
            for path in files(directory, ".c", ".h"):
                for bracket, header in includes(path):
                    if bracket == '"':
                        with self.subTest(file=name_of(path), header=header):
                            self.assertIn(header.split("/")[0], allowed)
                            self.assertTrue((SOURCE / header).is_file(), "not a path from the top of the tree")

    def test_third_party_headers_have_a_home(self):
        for directory in MAY_INCLUDE:
            for path in files(directory, ".c", ".h"):
                for bracket, header in includes(path):
                    if bracket == "<" and header not in SYSTEM:
                        homes = [home for prefix, home in HOME.items() if header.startswith(prefix)]
                        with self.subTest(file=name_of(path), header=header):
                            self.assertTrue(homes, "a header that the tables do not know")
                            self.assertIn(name_of(path), homes[0])

    def test_tiers_of_the_filter(self):
        rank = {"resource": 0, "decision": 1, "edge": 2}
        for path in files("milter", ".c", ".h"):
            for bracket, header in includes(path):
                if header.startswith("milter/") and header not in SHARED:
                    with self.subTest(file=name_of(path), header=header):
                        self.assertLessEqual(rank[tier(header)], rank[tier(path.name)])

    def test_decisions_get_their_time_from_above(self):
        for path in files("milter", ".c", ".h"):
            if tier(path.name) == "decision":
                with self.subTest(file=name_of(path)):
                    self.assertFalse({h for _, h in includes(path)} & {"time.h", "sys/time.h", "syslog.h"})

    def test_a_source_file_includes_its_header_first(self):
        for directory in MAY_INCLUDE:
            for path in files(directory, ".c"):
                header = name_of(path.with_suffix(".h"))
                own = [h for bracket, h in includes(path) if bracket == '"']
                if (SOURCE / header).exists():
                    with self.subTest(file=name_of(path)):
                        self.assertEqual(own[0], header)

    def test_headers_are_guarded_and_compile_alone(self):
        compiler = os.environ.get("CC", "cc")
        for directory in MAY_INCLUDE:
            for path in files(directory, ".h"):
                with self.subTest(file=name_of(path)):
                    self.assertRegex(path.read_text(), r"(?m)^#ifndef (\w+)\n#define \1$")
                    run = subprocess.run([compiler, "-std=c17", "-fsyntax-only", "-D_GNU_SOURCE", "-Wall", "-Wextra",
                                          f"-I{SOURCE}", "-x", "c", path], capture_output=True, text=True)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    self.assertEqual(run.stderr, "")


def symbols(library):
    """For each object of a library: (kind as nm prints it, name)."""
    run = subprocess.run(["nm", "-A", BUILD / library], capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        match = re.match(r".*:([^:]+)\.c\.o:[0-9a-f ]{16,} ([A-Za-z]) (\S+)$", line)
        if match:
            yield match[1], match[2], match[3]


INSTRUMENTED = re.compile(r"^(__|\.|_GLOBAL__|asan\.|sancov\.|DW\.)")  # what sanitizers add


@unittest.skipUnless((BUILD / "libpow.a").exists(), "nothing built")
class Symbols(unittest.TestCase):
    def exported(self, library):
        found = [(stem, name) for stem, kind, name in symbols(library)
                 if kind in "TDBRVWC" and not INSTRUMENTED.match(name)]
        self.assertTrue(found)
        return found

    def reached(self, library):
        return [(stem, name) for stem, kind, name in symbols(library) if kind == "U"]

    def test_pow_exports_op(self):
        for stem, name in self.exported("libpow.a"):
            with self.subTest(file=stem):
                self.assertRegex(name, r"^op_")

    def test_the_filter_exports_its_stems(self):
        for stem, name in self.exported("libmilter_core.a"):
            if (stem, name) == ("signals", "sigwait"):
                continue  # the C library's name, taken on purpose
            with self.subTest(file=stem):
                self.assertRegex(name, rf"^{stem.split('_')[0]}(_|$)")

    def test_tools_export_their_stems(self):
        for stem, name in self.exported("libtools_core.a"):
            with self.subTest(file=stem):  # x...: exits on failure; the plain ones live in fail.c
                self.assertRegex(name, r"^(x|fail_)" if stem == "fail" else rf"^x?{stem.split('_')[0]}(_|$)")

    def test_pow_knows_no_world(self):
        for stem, name in self.reached("libpow.a"):
            with self.subTest(file=stem):
                self.assertNotIn(name, OUTSIDE)
                if stem != "mint":
                    self.assertNotIn(name, CLOCK)
                    self.assertNotEqual(name, "pthread_create")

    def test_pow_has_no_mutable_globals_but_these(self):
        known = {"chosen": "kernel", "lender": "suite_argon2id_lib"}
        run = subprocess.run(["objdump", "-t", BUILD / "libpow.a"], capture_output=True, text=True, check=True)
        stem = None
        for line in run.stdout.splitlines():
            start = re.match(r"(\S+)\.c\.o:", line)
            stem = start[1] if start else stem
            match = re.match(r"[0-9a-f]+ .......\s?\s*(\.(?:data|bss|tdata|tbss))\s+[0-9a-f]+ (\S+)$", line)
            if match and match[1] != match[2] and not INSTRUMENTED.match(match[2]):
                with self.subTest(file=stem):
                    self.assertEqual(known.get(match[2].split(".")[0]), stem, match[2])

    def test_decisions_reach_for_nothing(self):
        for stem, name in self.reached("libmilter_core.a"):
            if stem in DECISION:
                with self.subTest(file=stem):
                    self.assertNotIn(name, CLOCK | OUTSIDE)
                    self.assertFalse(name.startswith("smfi_"), name)


if __name__ == "__main__":
    unittest.main()
