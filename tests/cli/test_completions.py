#!/usr/bin/python3
"""The completions of etc/completions at work: in bash by its own means, in zsh by a person's TAB on a terminal."""
import os
import pty
import re
import select
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build

DIRECTORY = os.path.join(build.SOURCE, "etc", "completions")


class Bash(unittest.TestCase):
    def completed(self, *words):
        script = f'''. "{DIRECTORY}/onionpow.bash"
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${{#COMP_LINE}}
            function=$(complete -p onionpow | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            "$function" onionpow "${{@: -1}}" "${{@: -2:1}}"
            printf '%s\\n' "${{COMPREPLY[@]}}"'''
        done = build.run("bash", "--norc", "-c", script, "bash", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {word.strip() for word in done.stdout.split()}

    def test_verbs(self):
        self.assertLessEqual({"mint", "verify", "explain", "stamp"}, self.completed("onionpow", ""))
        self.assertEqual(self.completed("onionpow", "ver"), {"verify"})

    def test_options(self):
        found = self.completed("onionpow", "mint", "--")
        self.assertTrue(any(word.startswith("--suite") for word in found), found)
        self.assertFalse(any(word.startswith("--validity") for word in found), "an option of verify")


@unittest.skipUnless(shutil.which("zsh"), "needs the program zsh")
class Zsh(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="onionpow-zsh-")
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        with open(os.path.join(self.home, ".zshrc"), "w", encoding="utf-8") as out:
            out.write(f"""PS1='READY>' COLUMNS=200
unset zle_bracketed_paste
unsetopt prompt_cr prompt_sp
fpath=('{DIRECTORY}' $fpath)
autoload -Uz compinit && compinit -u -D
""")
        pid, self.terminal = pty.fork()
        if pid == 0:
            os.execvpe("zsh", ["zsh", "-d", "-i"], {"HOME": self.home, "ZDOTDIR": self.home, "TERM": "dumb",
                                                    "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
        self.addCleanup(self.end, pid)
        self.wait_for(r"READY>")

    def end(self, pid):
        os.close(self.terminal)  # hangs up
        os.waitpid(pid, 0)

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def wait_for(self, pattern):
        """Reads the screen until the pattern is there; zsh redraws as it likes."""
        screen, deadline = "", time.monotonic() + build.HANG_S
        while not re.search(pattern, screen):
            ready, _, _ = select.select([self.terminal], [], [], max(deadline - time.monotonic(), 0))
            self.assertTrue(ready, f"nothing like {pattern!r} in {screen!r}")
            screen += os.read(self.terminal, 4096).decode("utf-8", "replace")
        return screen

    def test_verb(self):
        self.type("onionpow ver\t")
        self.wait_for(r"onionpow ver\W*ify ")

    def test_option(self):
        self.type("onionpow mint --max-t\t")
        self.wait_for(r"--max-time=")

    def test_value(self):
        self.type("onionpow mint --suite=argon2id-2\t")
        self.wait_for(r"--suite=argon2id-256m")

    def test_every_verb_has_its_options(self):
        """zsh checks the specification of each option when it completes one."""
        verbs = [line.split()[0] for line in build.run(build.CLI, "--help").stdout.splitlines()
                 if re.match(r"  [a-z]+ {2}", line)]
        self.assertIn("mint", verbs)
        for verb in verbs:
            with self.subTest(verb):
                self.type(f"onionpow {verb} --hel\t")
                screen = self.wait_for(rf"onionpow {verb} --help")
                self.assertNotRegex(screen, r"_arguments|invalid|not found|parse error")
                self.type("\x15\n")  # the line away
                self.wait_for(r"READY>")

    def test_syntax(self):
        done = build.run("zsh", "-n", os.path.join(DIRECTORY, "_onionpow"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
