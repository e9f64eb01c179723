#!/usr/bin/python3
"""The metrics of a running milter: over HTTP, on a Unix socket and a port, and as a file; counted as the log tells it;
and every name that the rules and the dashboard use is one of them."""
import http.client
import os
import re
import signal
import socket
import stat
import unittest

from stage import BOB, Stage, listener

import build
import exposition
import monitoring
import stamps
from message import Message
from port import free_port
from promtool import needs_promtool, promtool

BEYOND = "someone@else.test"
OTHERS = {"up", "node_textfile_mtime_seconds"}  # metrics of Prometheus and of the node exporter


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=build.HANG_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(build.HANG_S)
        self.sock.connect(self.path)


class MetricsStage(Stage):
    def metered(self, more="", **options):
        """A daemon with its metrics at directory/metrics.sock."""
        directory = self.directory()
        options.setdefault("listeners", listener())
        return self.run_daemon(directory, extra=f'metrics {{ listen = "local:{directory}/metrics.sock" {more} }}',
                               **options)

    def ask(self, daemon, method="GET", path="/metrics"):
        connection = UnixConnection(os.path.join(daemon.directory, "metrics.sock"))
        self.addCleanup(connection.close)
        connection.request(method, path)
        answer = connection.getresponse()
        return answer, answer.read().decode()

    def scrape(self, daemon):
        answer, text = self.ask(daemon)
        self.assertEqual(answer.status, 200)
        return text

    def count(self, daemon, name="onionpow_answers_total", **labels):
        return exposition.value(self.scrape(daemon), name, **labels)


class Http(MetricsStage):
    def test_get_and_head(self):
        daemon = self.metered()
        answer, text = self.ask(daemon)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        exposition.families(text)
        head, body = self.ask(daemon, "HEAD")
        self.assertEqual((head.status, body), (200, ""))
        self.assertGreater(int(head.getheader("Content-Length")), 1000)

    def test_nothing_else(self):
        daemon = self.metered()
        for method, path, status in (("GET", "/", 404), ("GET", "/metrics/x", 404), ("POST", "/metrics", 405),
                                     ("DELETE", "/metrics", 405), ("POST", "/", 404)):
            with self.subTest(method=method, path=path):
                answer, text = self.ask(daemon, method, path)
                self.assertEqual(answer.status, status)
                self.assertNotIn("onionpow_", text)
                self.assertEqual(answer.getheader("Allow"), "GET, HEAD" if status == 405 else None)

    def test_bad_clients(self):
        """Junk, too much, and connections that only stay: mail and metrics go on."""
        daemon = self.metered()
        crowd = []
        for octets in [b"\x16\x03\x01\0\xff", b"GET", b"GET /" + b"x" * 100000, b"\r\n" * 100] + [b"G"] * 60:
            client = socket.socket(socket.AF_UNIX)
            client.connect(os.path.join(daemon.directory, "metrics.sock"))
            self.addCleanup(client.close)
            try:
                client.sendall(octets)
            except OSError:
                pass  # closed by the other side, which is its right
            crowd.append(client)
        self.scrape(daemon)
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))
        self.assertEqual(self.count(daemon, verdict="pass", reason="-"), 1)

    def test_port(self):
        port = free_port()
        self.daemon(extra=f'metrics {{ listen = "inet:{port}@127.0.0.1" }}')
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=build.HANG_S)
        self.addCleanup(connection.close)
        connection.request("GET", "/metrics")
        exposition.families(connection.getresponse().read().decode())

    def test_not_for_the_public(self):
        daemon = self.daemon(start=False, extra=f'metrics {{ listen = "inet:{free_port()}@0.0.0.0" }}')
        done = build.run(build.MILTER, "-n", "-c", daemon.conf)
        self.assertEqual(done.returncode, 78, done)
        self.assertIn("public", done.stderr)
        daemon.write_conf(daemon.text.replace('@0.0.0.0"', '@0.0.0.0" public = yes'))
        self.assertEqual(build.run(build.MILTER, "-n", "-c", daemon.conf).returncode, 0)

    def test_socket(self):
        daemon = self.metered()
        path = os.path.join(daemon.directory, "metrics.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
        self.assertEqual(daemon.stop(), 0)
        self.assertFalse(os.path.exists(path))

    def test_stale_socket(self):
        daemon = self.metered()
        daemon.kill()
        self.assertTrue(os.path.exists(os.path.join(daemon.directory, "metrics.sock")))
        daemon.start()
        self.scrape(daemon)

    def test_port_is_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            place = f"inet:{other.getsockname()[1]}@127.0.0.1"
            daemon = self.daemon(start=False, extra=f'metrics {{ listen = "{place}" }}')
            done = build.run(build.MILTER, "-c", daemon.conf)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(place, done.stderr)


class Counting(MetricsStage):
    def test_as_the_log_tells(self):
        daemon = self.metered()
        good = stamps.mint(BOB)
        for values in ([good], [good], [], [], ["junk"], [stamps.broken_proof(stamps.mint(BOB))]):
            self.deliver(daemon, [BOB], Message(values))
        with self.subTest("relay"):
            session = self.session(daemon)
            session.mail()
            session.rcpt(BEYOND, mailer="smtp")
        told = {}
        for verdict, reason in re.findall(r"verdict=(\S+) listener=onion .*?reason=(\S+)", daemon.log()):
            told[verdict, reason] = told.get((verdict, reason), 0) + 1
        self.assertGreaterEqual(len(told), 5, daemon.log())
        counted = {(labels["verdict"], labels["reason"]): number for _, labels, number
                   in exposition.families(self.scrape(daemon))["onionpow_answers_total"].samples if number}
        self.assertEqual(counted, told)

    def test_work_and_times(self):
        daemon = self.metered()
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))
        text = self.scrape(daemon)
        self.assertEqual(exposition.value(text, "onionpow_paid_evaluations_sum", suite="sha256"), stamps.SHA_WORK)
        self.assertEqual(exposition.value(text, "onionpow_paid_evaluations_count", suite="argon2id-16m"), 0)
        self.assertEqual(exposition.value(text, "onionpow_verification_seconds_count", suite="sha256"), 1)
        self.assertEqual(exposition.value(text, "onionpow_answer_seconds_count", verdict="pass"), 1)
        self.assertEqual(exposition.value(text, "onionpow_price_evaluations", suite="sha256"), stamps.SHA_WORK)
        self.assertEqual(exposition.value(text, "onionpow_ledger_entries"), 1)
        self.assertEqual(exposition.value(text, "onionpow_price_load"), 1)

    def test_exemptions(self):
        daemon = self.metered(listeners=listener(more="exempt { role-factor = 0 }"))
        self.assertAccepted(self.deliver(daemon, ["postmaster@example.test"], Message()))
        self.assertEqual(self.count(daemon, "onionpow_exemptions_total", rule="role"), 1)
        self.assertEqual(self.count(daemon, "onionpow_exemptions_total", rule="client"), 0)
        self.assertEqual(self.count(daemon, verdict="pass", reason="exempt"), 1)

    def test_monitor(self):
        daemon = self.metered(listeners=listener("monitor"))
        self.deliver(daemon, [BOB], Message())
        self.assertEqual(self.count(daemon, verdict="would-fail", reason="missing"), 1)

    def test_sessions(self):
        daemon = self.metered()
        self.assertEqual(self.count(daemon, "onionpow_sessions"), 0)
        session = self.session(daemon)
        self.assertEqual(self.count(daemon, "onionpow_sessions"), 1)
        session.quit()
        build.until("the session to be gone", lambda: self.count(daemon, "onionpow_sessions") == 0)

    def test_reload(self):
        """A new listener begins at zero, the old one keeps its count, and reloads are counted."""
        daemon = self.metered()
        self.deliver(daemon, [BOB], Message())
        good = daemon.text
        daemon.write_conf(good.replace('listener "onion"', 'listener "second"'))
        daemon.signal(signal.SIGHUP)
        build.until("the reload", lambda: self.count(daemon, "onionpow_reloads_total", result="done") == 1)
        self.assertEqual(self.count(daemon, listener="second", reason="missing"), 0)
        self.deliver(daemon, [BOB], Message())
        self.assertEqual(self.count(daemon, listener="second", reason="missing"), 1)
        self.assertEqual(self.count(daemon, listener="onion", reason="missing"), 1)
        daemon.write_conf("nonsense")
        daemon.signal(signal.SIGHUP)
        build.until("the failed reload", lambda: self.count(daemon, "onionpow_reloads_total", result="failed") == 1)
        daemon.write_conf(good)


class Textfile(MetricsStage):
    def test_written(self):
        directory = self.directory()
        path = os.path.join(directory, "onionpow.prom")
        self.daemon(extra=f'metrics {{ textfile = "{path}" }}')
        build.until("the file", lambda: os.path.exists(path))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o644)
        with open(path, encoding="utf-8") as file:
            self.assertIn("onionpow_answers_total", exposition.families(file.read()))
        self.assertEqual(os.listdir(directory), ["onionpow.prom"])

    def test_no_directory(self):
        """Is told once, and mail goes on."""
        path = os.path.join(self.directory(), "none", "onionpow.prom")
        daemon = self.daemon(extra=f'metrics {{ textfile = "{path}" }}')
        build.until("the complaint", lambda: daemon.lines(path))
        self.assertIn("No such file", daemon.lines(path)[0])
        self.assertAccepted(self.deliver(daemon, [BOB], Message([stamps.mint(BOB)])))


class Names(MetricsStage):
    """What is asked of Prometheus exists, with these labels, and with values that they can have."""

    def setUp(self):
        self.known = exposition.families(self.scrape(self.metered()))
        self.records = set(monitoring.rule_names("record"))

    def family_of(self, metric):
        return self.known.get(metric) or self.known[re.sub("_(bucket|sum|count)$", "", metric)]

    def values(self, metric, label):
        return {labels[label] for _, labels, _ in self.family_of(metric).samples if label in labels}

    def queries(self):
        found = monitoring.rule_queries() + monitoring.panel_queries()
        found += [variable["definition"] for variable in monitoring.dashboard()["templating"]["list"]
                  if variable["type"] == "query"]
        self.assertGreater(len(found), 30)
        return found

    def test_metrics(self):
        for query in self.queries():
            with self.subTest(query):
                names = exposition.metrics_in(query)
                self.assertTrue(names or any(other in query for other in OTHERS))
                for name in names - self.records:
                    self.assertTrue(self.family_of(name).samples)

    def test_labels(self):
        for query in self.queries():
            for metric, label, operator, wanted in exposition.selectors_in(query):
                if metric in OTHERS | self.records or label in ("job", "instance"):
                    continue
                with self.subTest(query=query, metric=metric, label=label):
                    self.assertTrue(self.values(metric, label))
                    if operator in ("=", "!="):
                        self.assertIn(wanted, self.values(metric, label))

    def test_groups(self):
        for query in self.queries():
            for label in exposition.grouped_in(query) - {"job", "instance"}:
                with self.subTest(query=query, label=label):
                    names = exposition.metrics_in(query)
                    self.assertTrue(all(self.values(name, label) for name in names))

    def test_every_metric_is_described(self):
        for family in self.known.values():
            with self.subTest(family.name):
                self.assertTrue(family.name.startswith("onionpow_"))
                self.assertRegex(family.description, r"^[A-Z0-9].+\.$")
                self.assertEqual(family.kind == "counter", family.name.endswith("_total"))

    @needs_promtool
    def test_promtool(self):
        done = promtool("check", "metrics", stdin=None, input=self.scrape(self.metered()))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
