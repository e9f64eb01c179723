#!/usr/bin/python3
"""test_text.py - what every file of the tree looks like: whole lines, no tabs, no leftovers, clean man pages, one layout."""
import os, pathlib, re, shutil, subprocess, unittest

SOURCE = pathlib.Path(os.environ.get("ONIONPOW_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
SKIPPED = {"tests/fuzz/corpus", "tests/demands"}  # octets of others
TABLES = {".txt", ".mc"}  # columns divided by tabs
CODE = {".c", ".h"}

# Spelled so that this file does not find itself.
LEFTOVER = re.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b")
MACHINE = re.compile(r"(?<![\w.~$}/-])/(" + "work|root|ho" + r"me)/\w")


def text_files():
    for directory, below, names in os.walk(SOURCE):
        here = pathlib.Path(directory)
        below[:] = [d for d in below if d not in {".git", "__pycache__"} and not d.startswith("build")
                    and (here / d).relative_to(SOURCE).as_posix() not in SKIPPED]
        yield from (here / name for name in sorted(names))


def read(path):
    return path.read_bytes().decode("utf-8")  # and fails unless it is


class Text(unittest.TestCase):
    def of_each(self, check, *suffixes):
        paths = [path for path in text_files() if not suffixes or path.suffix in suffixes]
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(file=path.relative_to(SOURCE).as_posix()):
                check(path)

    def test_whole_lines(self):
        def check(path):
            text = read(path)
            self.assertTrue(text.endswith("\n"), "no newline at the end")
            self.assertFalse(text.endswith("\n\n"), "empty lines at the end")
            self.assertNotIn("\r", text)
            if path.suffix not in TABLES:
                self.assertIsNone(re.search(r"[ \t]\n", text), "blanks at the end of a line")
        self.of_each(check)

    def test_no_tabs(self):
        self.of_each(lambda path: self.assertTrue(path.suffix in TABLES or "\t" not in read(path)))

    def test_no_leftovers(self):
        self.of_each(lambda path: self.assertIsNone(LEFTOVER.search(read(path))))

    def test_no_machine(self):
        self.of_each(lambda path: self.assertIsNone(MACHINE.search(read(path))))

    def test_a_file_says_what_it_is_for(self):
        self.of_each(lambda path: self.assertRegex(read(path), rf"\A/\*\s+(\* )?{re.escape(path.name)} - "), *CODE)

    @unittest.skipUnless(shutil.which("mandoc"), "needs the program mandoc")
    def test_man_pages(self):
        def check(path):
            run = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], capture_output=True, text=True)
            self.assertEqual((run.returncode, run.stdout), (0, ""))
        self.of_each(check, ".1", ".5", ".8")

    @unittest.skipUnless(shutil.which("clang-format"), "needs the program clang-format")
    def test_layout(self):
        sources = [path for path in text_files() if path.suffix in CODE]
        run = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources], capture_output=True, text=True)
        badly = sorted(set(re.findall(r"(?m)^(\S+?):\d+:\d+: error", run.stderr)))
        self.assertEqual((run.returncode, badly), (0, []))


if __name__ == "__main__":
    unittest.main()
