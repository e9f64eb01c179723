#!/usr/bin/python3
"""Start, reload, stop, the command line's -n, -d and -V, and what the log may hold."""
import os
import re
import signal
import stat
import unittest

from stage import BOB, Stage, listener

import build
import stamps
from message import Message

USAGE, CONFIG = 64, 78


class CommandLine(Stage):
    def check(self, text, *more):
        daemon = self.daemon(start=False)
        daemon.write_conf(text.replace("{dir}", daemon.directory))
        return build.run(build.MILTER, "-n", "-c", daemon.conf, *more), daemon

    def test_check_is_quiet(self):
        done, _ = self.check(self.daemon(start=False).text)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_check_has_no_effect(self):
        _, daemon = self.check('socket = "local:{dir}/s"\nuser = ""\nledger { path = "{dir}/l" }')
        self.assertEqual(os.listdir(daemon.directory), ["onionpow.conf"])

    def test_bad_configuration(self):
        """Exit 78, and a text that names file, line, key, and what was there."""
        cases = [
            ('socket = "local:{dir}/s"\nno-such-key = 1', ["2", "no-such-key"]),
            ('\n\nvalidity = "soon"', ["3", "validity", "soon"]),
            ('validity = 7d\nlog-privacy = loud', ["2", "log-privacy", "loud", "strict"]),
            ('suite "rot13" { work = 1 }', ["1", "rot13"]),
            ('suite "sha256" { work = 0 }', ["1", "work"]),
            ('suite "sha256" { work = -5 }', ["work"]),
            ('suite "argon2id-16m" { work = 99999999999999999999 }', ["work"]),
            ('ledger { backend = paper }', ["backend", "paper", "lmdb"]),
            ('ledger { max-size = 3 }', ["max-size"]),
            ('listener "a" { mode = maybe }', ["mode", "maybe", "enforce"]),
            ('listener "a" { match-client = { "300.1.1.1" } }', ["match-client", "300.1.1.1"]),
            ('listener "a" { match-client = { "10.0.0.0/40" } }', ["match-client", "10.0.0.0/40"]),
            ('listener "a" { price-factor = 0 }', ["price-factor"]),
            ('listener "a" { }\nlistener "a" { }', ["a"]),
            ('socket = "carrier-pigeon"', ["socket", "carrier-pigeon"]),
            ('verify { max-memory = 1KiB }', ["max-memory"]),
            ('suite "sha256" {\n work = 5\n seconds = 5 }', [":2:", "work", "seconds"]),
            ('suite "sha256" {\n refuse-after = "2025-01-01" }', [":2:", "refuse-after", "2026-01-01"]),
            ('price { grace = 7h }', [":1:", "grace", "window"]),
            ('metrics {\n listen = "inet:9464@0.0.0.0" }', [":2:", "metrics.listen", "metrics.public"]),
            ('listener "a" {\n gateway = yes mode = off }', [":2:", "listener.a.gateway"]),
            ('listener "a" { exempt {\n recipient-map = "{dir}/map" } }',
             [":2:", "listener.a.exempt.recipient-map", "/map: cannot be read"]),
            ('help-url = "two words"', ["help-url"]),
            ('socket = "local:{dir}/s', []), ("}", ["1"]), ("socket", []),
        ]
        for text, words in cases:
            with self.subTest(text):
                done, daemon = self.check(text)
                self.assertEqual(done.returncode, CONFIG, done)
                self.assertEqual(done.stdout, "")
                for word in [daemon.conf] + words:
                    self.assertIn(word, done.stderr)

    def test_missing_file(self):
        done = build.run(build.MILTER, "-n", "-c", "/nonexistent/onionpow.conf")
        self.assertEqual(done.returncode, CONFIG, done)
        self.assertIn("/nonexistent/onionpow.conf", done.stderr)

    def test_no_suite_enabled(self):
        done, _ = self.check("".join(f'suite "{name}" {{ enabled = no }}\n' for name in (
            "argon2id-16m", "argon2id-64m", "argon2id-256m", "sha256")))
        self.assertEqual(done.returncode, CONFIG, done)

    def test_overrides(self):
        done, _ = self.check('validity = 7d', "-o", "validity=soon")
        self.assertEqual(done.returncode, CONFIG, done)
        self.assertIn("soon", done.stderr)
        done, _ = self.check('validity = 7d', "-o", "validity=3d", "-o", "ledger.backend=memory")
        self.assertEqual(done.returncode, 0, done)

    def test_dump_reads_back(self):
        daemon = self.daemon(start=False, listeners=listener(more='price-factor = 2.5 relay-guard = yes')
                             + 'listener "tor" { match-client = { "fc00:dead:beef:4dad::/64" } mode = monitor }',
                             extra='help-url = "https://help.example/"')
        dump = build.run(build.MILTER, "-d", "-c", daemon.conf)
        self.assertEqual(dump.returncode, 0, dump)
        again = self.daemon(start=False)
        again.write_conf(dump.stdout)
        second = build.run(build.MILTER, "-d", "-c", again.conf)
        self.assertEqual(second.stdout, dump.stdout, second)
        for word in ("fc00:dead:beef:4dad::/64", "monitor", "2.5", "https://help.example/", "4096"):
            self.assertIn(word, dump.stdout)

    def test_shipped_configuration(self):
        """etc/onionpow.conf is what the program does without any."""
        shipped = os.path.join(build.SOURCE, "etc", "onionpow.conf")
        done = build.run(build.MILTER, "-n", "-c", shipped)
        self.assertEqual(done.returncode, 0, done)
        empty = self.daemon(start=False)
        empty.write_conf("")
        self.assertEqual(build.run(build.MILTER, "-d", "-c", shipped).stdout,
                         build.run(build.MILTER, "-d", "-c", empty.conf).stdout)

    def test_version(self):
        done = build.run(build.MILTER, "-V")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("argon2id-16m", done.stdout)

    def test_check_warns(self):
        """What is allowed and doubtful is told on standard error, and is no failure."""
        done, _ = self.check('listener "a" { match-daemon = {A} exempt { sender = {"@x.example"} } }')
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("listener a: exempt.sender: anybody can write", done.stderr)

    def test_map_is_checked(self):
        daemon = self.daemon(start=False)
        path = os.path.join(daemon.directory, "map")
        daemon.write_conf(f'listener "a" {{ exempt {{ recipient-map = "{path}" }} }}')
        for text, status in (("bob@example.org 0.5\n", 0), ("bob@example.org 0.5\nbob@example.org\n", CONFIG)):
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
            done = build.run(build.MILTER, "-n", "-c", daemon.conf)
            self.assertEqual(done.returncode, status, done)
        self.assertIn(f"{daemon.conf}:1", done.stderr)
        self.assertIn(f"{path}:2", done.stderr)

    def test_explain(self):
        daemon = self.daemon(start=False)
        daemon.write_conf('''key-file = "/nonexistent/key"
            suite "sha256" { enabled = yes work = 1600 deprecated-since = "2026-01-01" }
            listener "onion" { match-client = { "fc00:dead:beef:4dad::/64" } price-factor = 2 }''')
        query = "client=fc00:dead:beef:4dad::1 from=<> rcpt=Bob@Example.org mailer=local"

        def explain(*more):
            done = build.run(build.MILTER, "--explain", query, "--at", "2026-04-01", "--load", "2", "-c", daemon.conf, *more)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done)
            return dict(line.split(": ", 1) for line in done.stdout.splitlines())

        adaptive = {
            "client": "fc00:dead:beef:4dad::1", "listener": "onion", "mode": "enforce", "mailer": "local",
            "relay-guard": "passed", "recipient": "bob@example.org", "exemption": "null-sender",
            "factor-listener": "2", "factor-exemption": "0.25", "factor-circuit": "1", "factor": "0.5",
            "load": "2", "price-argon2id-16m": "work=16384 d=512 seconds=17.2",
            "price-argon2id-256m": "work=768 d=48 seconds=20.2", "price-argon2id-64m": "work=4096 d=256 seconds=21.0",
            "price-sha256": "work=6400 d=400 seconds=0.0", "answer": "work"}  # 90 days: twice; load 2 squared
        self.assertEqual(explain("-o", "price.mode=adaptive"), adaptive)
        self.assertEqual(explain(), adaptive | {
            "load": "1 (not 2: prices are fixed)", "price-argon2id-16m": "work=8192 d=256 seconds=8.6",
            "price-argon2id-256m": "work=384 d=24 seconds=10.1", "price-argon2id-64m": "work=2048 d=128 seconds=10.5",
            "price-sha256": "work=1600 d=100 seconds=0.0"})
        for query, word in (("rcpt=a@b colour=red", "colour"), ("listener=onion", "rcpt"), ("rcpt=a@b listener=x", '"x"')):
            with self.subTest(query):
                done = build.run(build.MILTER, "--explain", query, "-c", daemon.conf)
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
                self.assertIn(word, done.stderr)

    def test_price_list(self):
        daemon = self.daemon(start=False)
        plain = build.run(build.MILTER, "-d", "-c", daemon.conf)
        dated = build.run(build.MILTER, "-d", "--at", "2027-01-01", "-c", daemon.conf)
        load = ["-d", "--at", "2027-01-01", "--load", "4", "-c", daemon.conf]
        fixed, loaded = build.run(build.MILTER, *load), build.run(build.MILTER, *load, "-o", "price.mode=adaptive")
        self.assertEqual((plain.returncode, dated.returncode, fixed.returncode, loaded.returncode), (0, 0, 0, 0))
        self.assertIn("2027-01-01", dated.stdout)
        self.assertNotIn("socket =", dated.stdout)
        self.assertIn("load 4\n", loaded.stdout)
        self.assertIn("load 1 (not 4: prices are fixed)\n", fixed.stdout)
        self.assertEqual(fixed.stdout.splitlines()[1:], dated.stdout.splitlines()[1:])
        self.assertNotEqual(fixed.stdout.splitlines()[1:], loaded.stdout.splitlines()[1:])

    def test_usage(self):
        for argv in (["-z"], ["extra"], ["-c"], ["-n", "-d"], ["-d", "--at", "20270101"], ["-d", "--load", "0.5"],
                     ["-d", "--load", "nan"], ["--at", "2027-01-01"], ["-n", "--load", "2"], ["-d", "--plot", "x.svg"],
                     ["--explain"], ["--explain", "rcpt=a@b", "-n"]):
            with self.subTest(argv):
                done = build.run(build.MILTER, *argv)
                self.assertEqual(done.returncode, USAGE, done)
                self.assertEqual(done.stdout, "")


class Life(Stage):
    def test_stop(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                daemon = self.daemon()
                idle = self.session(daemon)
                idle.envelope([BOB])
                self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))
                daemon.signal(number)
                self.assertEqual(daemon.wait(), 0, daemon.log())

    def test_stop_finishes_what_is_being_judged(self):
        suites = 'suite "argon2id-256m" { enabled = yes work = 16 }'
        daemon = self.daemon(suites=suites)
        message = Message([stamps.mint(BOB, suite="argon2id-256m", work=16)])
        session = self.session(daemon)
        session.envelope([BOB])
        self.assertIsNone(session.content(message))
        daemon.freeze()
        session.eom_begin()
        daemon.signal(signal.SIGCONT)
        daemon.signal(signal.SIGTERM)
        answer = session.answer()
        self.assertTrue(answer.accepted or answer.text.startswith("451"), answer)
        self.assertEqual(daemon.wait(), 0, daemon.log())

    def test_reload(self):
        daemon = self.daemon()
        before = self.session(daemon)
        for number in (signal.SIGHUP, signal.SIGUSR1):
            with self.subTest(number):
                self.assertRefused(self.deliver(daemon, [BOB], Message()), "554 5.7.1")
                daemon.write_conf(daemon.text.replace("mode = enforce", "mode = monitor"))
                daemon.signal(number)
                build.until("the reload", lambda: self.deliver(daemon, [BOB], Message()).accepted)
                daemon.write_conf(daemon.text.replace("mode = monitor", "mode = enforce"))
                daemon.signal(number)
                build.until("the reload", lambda: not self.deliver(daemon, [BOB], Message()).accepted)
        self.assertRefused(before.deliver([BOB], Message()), "554 5.7.1")

    def test_session_keeps_the_configuration_it_started_with(self):
        daemon = self.daemon()
        before = self.session(daemon)
        daemon.write_conf(daemon.text.replace("mode = enforce", "mode = monitor"))
        daemon.signal(signal.SIGHUP)
        build.until("the reload", lambda: self.deliver(daemon, [BOB], Message()).accepted)
        self.assertRefused(before.deliver([BOB], Message()), "554 5.7.1")

    def test_bad_reload_keeps_the_old(self):
        daemon = self.daemon()
        good = daemon.text
        daemon.write_conf(good.replace("mode = enforce", "mode = perhaps"))
        daemon.signal(signal.SIGHUP)
        build.until("a complaint in the log", lambda: "perhaps" in daemon.log())
        self.assertRefused(self.deliver(daemon, [BOB], Message()), "554 5.7.1")
        daemon.write_conf(good.replace("mode = enforce", "mode = monitor"))
        daemon.signal(signal.SIGHUP)
        build.until("the reload", lambda: self.deliver(daemon, [BOB], Message()).accepted)

    def test_bad_map_keeps_the_old(self):
        path = os.path.join(self.directory(), "map")

        def write(text):
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        write(f"{BOB} 0\n")
        daemon = self.daemon(listeners=listener(more=f'exempt {{ recipient-map = "{path}" }}'))
        self.assertAccepted(self.deliver(daemon, [BOB], Message()))
        write(f"@example.test 1\n{BOB} cheap\n")
        daemon.signal(signal.SIGHUP)
        build.until("a complaint in the log", lambda: f"{path}:2" in daemon.log())
        self.assertIn(f"{daemon.conf}:", "".join(daemon.lines(f"{path}:2")))
        self.assertAccepted(self.deliver(daemon, [BOB], Message()))
        write(f"{BOB} 1\n")
        daemon.signal(signal.SIGHUP)
        build.until("the reload", lambda: not self.deliver(daemon, [BOB], Message()).accepted)

    def test_second_on_the_same_socket(self):
        daemon = self.daemon()
        second = self.daemon(start=False, at=daemon.socket)
        done = build.run(build.MILTER, "-c", second.conf, timeout=build.HANG_S)
        self.assertNotIn(done.returncode, (0, -signal.SIGKILL), done)
        self.assertGreater(done.returncode, 0, done)
        self.assertIn(daemon.socket, done.stderr)
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))

    def test_second_on_the_same_ledger(self):
        daemon = self.daemon(ledger="lmdb")
        second = self.daemon(start=False, ledger="lmdb")
        second.write_conf(second.text.replace(second.ledger_path, daemon.ledger_path))
        done = build.run(build.MILTER, "-c", second.conf, timeout=build.HANG_S)
        self.assertGreater(done.returncode, 0, done)
        self.assertIn(daemon.ledger_path, done.stderr)
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))

    def test_socket_left_by_a_crash(self):
        daemon = self.daemon()
        daemon.kill()
        self.assertTrue(os.path.exists(daemon.socket))
        daemon.start()
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))

    def test_socket_path_taken_by_a_file(self):
        daemon = self.daemon(start=False)
        with open(daemon.socket, "w", encoding="utf-8") as out:
            out.write("precious")
        done = build.run(build.MILTER, "-c", daemon.conf, timeout=build.HANG_S)
        self.assertGreater(done.returncode, 0, done)
        with open(daemon.socket, encoding="utf-8") as kept:
            self.assertEqual(kept.read(), "precious")

    def test_site_key_and_socket_modes(self):
        daemon = self.daemon()
        key = os.path.join(daemon.directory, "site.key")
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(daemon.socket).st_mode), 0o666)
        with open(key, "rb") as first:
            before = first.read()
        daemon.stop()
        daemon.start()
        with open(key, "rb") as second:
            self.assertEqual(second.read(), before, "the key stays")

    def test_damaged_site_key(self):
        daemon = self.daemon(start=False)
        with open(os.path.join(daemon.directory, "site.key"), "wb") as key:
            key.write(b"short")
        os.chmod(os.path.join(daemon.directory, "site.key"), 0o600)
        done = build.run(build.MILTER, "-c", daemon.conf, timeout=build.HANG_S)
        self.assertGreater(done.returncode, 0, done)
        self.assertIn("site.key", done.stderr)

    def test_unusable_ledger_directory(self):
        daemon = self.daemon(start=False, ledger="lmdb")
        with open(daemon.ledger_path, "w", encoding="utf-8") as blocker:
            blocker.write("a file where the directory should be")
        done = build.run(build.MILTER, "-c", daemon.conf, timeout=build.HANG_S)
        self.assertGreater(done.returncode, 0, done)
        self.assertIn(daemon.ledger_path, done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "needs root: to have privileges that can be dropped")
    def test_root_becomes_the_user(self):
        daemon = self.daemon(start=False, ledger="lmdb")
        daemon.write_conf(daemon.text.replace('user = ""', 'user = "nobody"'))
        os.chown(daemon.directory, 65534, 65534)
        daemon.start()
        with open(f"/proc/{daemon.process.pid}/status", encoding="utf-8") as status:
            text = status.read()
        self.assertRegex(text, r"Uid:\t65534\t65534\t65534\t65534")
        self.assertRegex(text, r"CapEff:\t0+\n")
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))


class Privacy(Stage):
    LINE = re.compile(r"(\w+): verdict=(\S+) listener=(\S+) rcpts=(\d+) suite=(\S+) work=(\d+|-) price=(\d+|-) "
                      r"reason=(\S+) ms=(\d+)")

    def play(self, privacy):
        daemon = self.daemon(privacy=privacy)
        for message in (Message([stamps.mint(BOB)]), Message(), Message(["v=1; junk"])):
            self.deliver(daemon, [BOB], message, queue_id="4XyZ12")
        session = self.session(daemon, host="[fc00:dead:beef:4dad::44]", address="fc00:dead:beef:4dad::44", port=68)
        session.deliver([BOB], Message())
        session.mail()
        session.rcpt("<eve@elsewhere.test>", mailer="smtp")
        daemon.stop()
        return daemon

    def test_one_line_a_message(self):
        lines = [self.LINE.search(line) for line in self.play("strict").lines("verdict=")]
        self.assertTrue(all(lines), lines)
        self.assertEqual([m.group(1, 2, 3, 4, 8) for m in lines][:3],
                         [("4XyZ12", "pass", "onion", "1", "-"), ("4XyZ12", "fail", "onion", "1", "missing"),
                          ("4XyZ12", "fail", "onion", "1", "malformed")])
        self.assertEqual(lines[0].group(5, 6, 7), ("sha256", "4096", "4096"))

    def test_strict_names_nobody(self):
        log = self.play("strict").log().lower()
        for word in ("bob", "alice", "eve@", "elsewhere.test", "sender.test", "example.test", "fc00:", "dead:beef",
                     "4dad", "message-id"):
            with self.subTest(word):
                self.assertNotIn(word, log)

    def test_normal_tells_who_and_debug_which_stamp(self):
        for privacy, end in (("normal", ""), ("debug", r" stamp=[0-9a-f]{16}")):
            with self.subTest(privacy):
                lines = self.play(privacy).lines("verdict=")
                self.assertRegex(lines[0], rf"ms=\d+ circuit=[0-9a-f]{{8}} client=127\.0\.0\.1 rcpt=<{BOB}>{end}$")
                self.assertRegex(lines[3], rf"ms=\d+ circuit=[0-9a-f]{{8}} client=fc00:dead:beef:4dad::44 rcpt=<{BOB}>$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
