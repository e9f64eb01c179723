#!/usr/bin/python3
"""test_simulate.py - onionpow-milter --simulate as its users meet it: the examples, the table, the picture, what goes wrong."""
import glob
import os
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

USAGE, DATA, NO_INPUT, CANT_CREATE, IO, CONFIG = 64, 65, 66, 73, 74, 78
EXAMPLES = sorted(set(glob.glob(os.path.join(build.SOURCE, "etc", "scenarios", "*.txt")))
                  - set(glob.glob(os.path.join(build.SOURCE, "etc", "scenarios", "recorded.txt"))))
COLUMNS = ["time", "load", "work", "seconds", "mint-s", "honest", "gave-up", "spam", "refused", "core-h", "dollars"]
SCENE = "run span=2d row=6h\nhonest mails=0.2T\nbuyer mails=10T from=12h until=1d\n"


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="onionpow-simulate-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.conf = self.file("onionpow.conf", 'price { mode = adaptive target = 60 }\n')

    def file(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def simulate(self, scenario, *more, **options):
        return build.run(build.MILTER, "-c", self.conf, "--simulate", scenario, *more, **options)

    def rows(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        lines = done.stdout.splitlines()
        head, = [line for line in lines if line.split()[1:2] == ["load"] or line.split()[:2] == ["#", "time"]]
        self.assertEqual(head.lstrip("# ").split(), COLUMNS)
        return [dict(zip(COLUMNS, line.split(), strict=True)) for line in lines if not line.startswith("#")]


class Examples(Case):
    def test_all_run(self):
        self.assertGreater(len(EXAMPLES), 8)
        for path in EXAMPLES:
            with self.subTest(os.path.basename(path)):
                rows = self.rows(self.simulate(path))
                self.assertGreater(len(rows), 7)
                self.assertTrue(all(float(row["load"]) >= 1 for row in rows))

    def test_they_say_what_they_are(self):
        for path in EXAMPLES:
            with self.subTest(os.path.basename(path)), open(path, encoding="utf-8") as text:
                self.assertRegex(text.readline(), r"\A# [A-Z]")


class Table(Case):
    def test_rows(self):
        done = self.simulate(self.file("s.txt", SCENE))
        rows = self.rows(done)
        self.assertEqual([row["time"] for row in rows],
                         ["0d06:00", "0d12:00", "0d18:00", "1d00:00", "1d06:00", "1d12:00", "1d18:00", "2d00:00"])
        self.assertEqual([int(row["spam"]) > 0 for row in rows], [False, False, True, True] + [False] * 4)
        self.assertEqual(rows[0]["work"], "16384")
        self.assertGreater(float(rows[3]["load"]), 2)
        self.assertGreater(int(rows[3]["work"]), 2 * 16384)
        self.assertRegex(done.stdout, r"(?m)^# load: at most \d+\.\d+, at 1d\d\d:\d\d; above 1\.2 ")
        self.assertIn("$", done.stdout)

    def test_the_configuration_counts(self):
        path = self.file("s.txt", SCENE)
        fixed = self.rows(self.simulate(path, "-o", "price.mode=fixed", "-o", "suite.argon2id-16m.work=32000"))
        self.assertEqual({row["load"] for row in fixed}, {"1.000"})
        self.assertEqual({row["work"] for row in fixed}, {"32000"})
        self.assertIn("price: fixed", self.simulate(path, "-o", "price.mode=fixed").stdout)

    def piped(self, text):
        with open(self.file("s.txt", text), encoding="utf-8") as scenario:
            return self.simulate("-", stdin=scenario)

    def test_standard_input_and_again(self):
        first, second = self.piped(SCENE), self.piped(SCENE)
        self.assertTrue(self.rows(first))
        self.assertEqual(first.stdout, second.stdout)
        self.assertNotEqual(self.rows(first), self.rows(self.piped(SCENE.replace("run", "run seed=9"))))

    def test_recorded_beside_the_scenario(self):
        self.file("mail.txt", "1000000 3\n1000060\n")
        rows = self.rows(self.simulate(self.file("s.txt", "run span=1h row=30m\nreplay file=mail.txt\n")))
        self.assertEqual([row["honest"] for row in rows], ["4", "0"])


class Picture(Case):
    def test_svg(self):
        for name, text in (("s.txt", SCENE), ("a<&>\"b.txt", "run span=1h row=1h\n")):
            plot = os.path.join(self.directory, "p.svg")
            self.rows(self.simulate(self.file(name, text), "--plot", plot))
            root = xml.etree.ElementTree.parse(plot).getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            with open(plot, encoding="utf-8") as svg:
                text = svg.read()
            self.assertIn("prefers-color-scheme: dark", text)
            self.assertNotRegex(text, r"\b-?(nan|inf)\b")
            width, height = (float(root.get(side)) for side in ("width", "height"))
            for line in root.iter("{http://www.w3.org/2000/svg}polyline"):
                for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", line.get("points")):
                    self.assertTrue(0 <= float(x) <= width and 0 <= float(y) <= height, (x, y))
            self.assertEqual({line.get("class") for line in root.iter("{http://www.w3.org/2000/svg}polyline")},
                             {"load", "honest", "gave-up", "spam", "cost"})

    def test_cannot_be_drawn(self):
        done = self.simulate(self.file("s.txt", SCENE), "--plot", os.path.join(self.directory, "no", "p.svg"))
        self.assertEqual((done.returncode, done.stdout), (CANT_CREATE, ""), done)
        self.assertIn("p.svg: No such file or directory", done.stderr)
        done = self.simulate(self.file("s.txt", SCENE), "--plot", "/dev/full")
        self.assertEqual(done.returncode, IO, done)

    def test_a_bad_scenario_leaves_the_old_picture(self):
        plot = self.file("p.svg", "old")
        self.assertEqual(self.simulate(self.file("s.txt", "nonsense\n"), "--plot", plot).returncode, DATA)
        with open(plot, encoding="utf-8") as svg:
            self.assertEqual(svg.read(), "old")


class Refused(Case):
    def test_scenarios(self):
        for text, says in (("run span=1d\nhonest mails=x\n", r's\.txt:2: mails: got "x", allowed: mails as 200/d'),
                           ("run span=1d\nhonset\n", r's\.txt:2: kind: got "honset", allowed: run, honest'),
                           ("", r's\.txt:0: run: got "nothing"')):
            done = self.simulate(self.file("s.txt", text))
            self.assertEqual((done.returncode, done.stdout), (DATA, ""), done)
            self.assertRegex(done.stderr, says)

    def test_files(self):
        for scenario in (os.path.join(self.directory, "none.txt"),
                         self.file("s.txt", "run span=1d\nreplay file=none.txt\n")):
            done = self.simulate(scenario)
            self.assertEqual((done.returncode, done.stdout), (NO_INPUT, ""), done)
            self.assertIn("none.txt: No such file or directory", done.stderr)
        done = self.simulate(self.directory)
        self.assertEqual(done.returncode, IO, done)

    def test_configuration(self):
        done = self.simulate(self.file("s.txt", SCENE), "-o", "price.target=0")
        self.assertEqual((done.returncode, done.stdout), (CONFIG, ""), done)

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = build.subprocess.run([build.MILTER, "-c", self.conf, "--simulate", self.file("s.txt", SCENE)],
                                        stdout=full, stderr=build.subprocess.PIPE, timeout=build.HANG_S)
        self.assertEqual(done.returncode, IO, done)

    def test_plot_alone(self):
        done = build.run(build.MILTER, "-c", self.conf, "--plot", os.path.join(self.directory, "p.svg"))
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done)


if __name__ == "__main__":
    unittest.main(verbosity=2)
