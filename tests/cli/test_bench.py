"""onionpow bench: its tables, JSON and pictures."""
import json
import os
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
from command import Case, run


class Bench(Case):
    QUICK = ("bench", "--seconds", "0.05", "--threads", "2")

    def bench(self, *args):
        return [json.loads(line) for line in self.ok(*self.QUICK, "--json", *args).splitlines()]

    def test_json(self):
        (got,) = self.bench("--suite", "sha256", "--work", "1G")
        self.assertEqual((got["schema"], got["suite"], got["threads"], got["work"]), (1, "sha256", 2, 10**9))
        for name in ("rate_one", "rate_all", "verify_seconds", "junk_seconds", "sealed_junk_seconds"):
            self.assertGreater(got[name], 0, name)
        self.assertLess(got["seconds_median"], got["seconds_90"])
        self.assertLess(got["seconds_90"], got["seconds_99"])
        self.assertAlmostEqual(got["seconds_median"] * got["rate_all"] / 1e9, 1, delta=0.05)
        self.assertAlmostEqual(got["million_core_seconds"] * got["rate_one"] / 1e15, 1, delta=0.001)
        for name in ("rate_libargon2", "memcpy"):  # that suite has no memory to speak of
            self.assertIsNone(got[name])
        self.assertIn("portable", [kernel["kernel"] for kernel in got["kernels"]])
        self.assertIsNone(got["kernels"][0]["over_libargon2"])

    def test_json_of_memory(self):
        (got,) = self.bench("--suite", "argon2id-16m")
        self.assertGreater(got["peak_memory"], 2 * (16 << 20))
        active = [kernel for kernel in got["kernels"] if kernel["active"]]
        self.assertEqual([kernel["rate"] for kernel in active], [got["rate_one"]])
        for kernel in got["kernels"]:
            self.assertAlmostEqual(kernel["over_libargon2"] * got["rate_libargon2"] / kernel["rate"], 1, delta=0.001)
            self.assertAlmostEqual(kernel["of_memcpy"] * got["memcpy"] / kernel["rate"] / (16 << 20), 1, delta=0.001)
        self.assertLess(got["junk_seconds"], got["verify_seconds"])

    def test_costs(self):
        (got,) = self.bench("--suite", "argon2id-16m", "--work", "32")
        laptop, server, gpu = got["million"]
        self.assertEqual([row["machine"] for row in got["million"]], ["laptop", "server", "gpu"])
        self.assertAlmostEqual(laptop["rate"] / got["rate_one"], 3.2, delta=0.001)
        self.assertAlmostEqual(server["rate"] / got["rate_one"], 1, delta=0.001)
        for row in got["million"]:
            self.assertTrue(row["source"] and row["basis"])
            self.assertAlmostEqual(row["hours"] * 3600 * row["rate"] / 32e6, 1, delta=0.001)
            self.assertAlmostEqual(row["kwh"] * 1000 / row["hours"] / row["watts"], 1, delta=0.001)
            rent = row["dollars_per_hour"]
            cost = row["hours"] * rent if rent else row["kwh"] * row["dollars_per_kwh"]
            self.assertAlmostEqual(row["dollars"] / cost, 1, delta=0.001)

    def test_text(self):
        text = self.ok(*self.QUICK, "--suite", "sha256").decode()
        lines = text.splitlines()
        self.assertTrue(lines[0].startswith("sha256: work 2147483648 "))
        self.assertEqual([line for line in lines if line != line.rstrip()], [])
        # A slow machine's numbers are longer than those of any that the columns are made for.
        self.assertEqual([line for line in lines if len(line) > 120], [])
        for word in ("portable", "mint ", "verify ", "laptop", "server", "GPU", "Assumed:"):
            self.assertIn(word, text)
        self.assertNotIn("libargon2,", text)

    def test_suites(self):
        done = run("bench", "--suite", "argon2id-64m", "--max-mem", "1MiB")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertIn(b"argon2id-64m left out", done.stderr)
        self.assertEqual([got["suite"] for got in self.bench("--quiet", "--max-mem", "64MiB")],
                         ["argon2id-16m", "argon2id-64m", "sha256"])
        self.fails(64, "bench", "--suite", "argon2id-16m", "--work", "1000G", says=b"that much work")

    def test_plot(self):
        with tempfile.TemporaryDirectory() as scratch:
            path = os.path.join(scratch, "bench.svg")
            with open(path, "wb") as file:
                file.write(b"x" * 100000)  # an older file, and a longer one
            (got,) = self.bench("--suite", "sha256", "--plot", path)
            root = xml.etree.ElementTree.parse(path).getroot()
            with open(path, encoding="ascii") as file:
                text = file.read()
        svg = "{http://www.w3.org/2000/svg}"
        self.assertEqual(root.tag, svg + "svg")
        drawn = [element.get("class") for element in root.iter(svg + "rect")]
        for machine in got["million"]:
            self.assertEqual(drawn.count(machine["machine"]), 2)  # a bar, and its name
        self.assertGreater(drawn.count("trial"), 10)
        (curve,) = root.iter(svg + "polyline")
        self.assertGreater(len(curve.get("points").split()), 100)
        self.assertIn("prefers-color-scheme: dark", text)
        self.assertNotIn("nan", text)
        width, height = float(root.get("width")), float(root.get("height"))
        for rect in root.iter(svg + "rect"):
            if rect.get("class") != "back":
                self.assertLessEqual(float(rect.get("x")) + float(rect.get("width")), width)
                self.assertLessEqual(float(rect.get("y")) + float(rect.get("height")), height)

    def test_plot_that_cannot_be(self):
        start_s = time.monotonic()
        self.fails(73, "bench", "--seconds", "1000", "--plot", "/nonexistent/bench.svg", says=b"/nonexistent/bench.svg")
        self.assertLess(time.monotonic() - start_s, build.HANG_S)  # it is found out before anything is measured
        self.fails(73, "bench", "--plot", "/", says=b"--plot: /")
        self.fails(69, "bench", "--suite", "argon2id-16m", "--max-mem", "1MiB", "--quiet", "--plot", os.devnull)
        done = run(*self.QUICK, "--suite", "sha256", "--plot", "/dev/full")
        self.assertEqual(done.returncode, 74)
        self.assertIn(b"--plot: /dev/full", done.stderr)


if __name__ == "__main__":
    unittest.main()
