#!/usr/bin/python3
"""The rules for Prometheus and the dashboard for Grafana are well-formed, and every alert is tested. That they name
only metrics which there are is for play/test_metrics.py, which asks the daemon."""
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import monitoring
from promtool import needs_promtool, promtool

RULES_TEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onionpow_rules_test.yml")


class Rules(unittest.TestCase):
    @needs_promtool
    def test_form(self):
        done = promtool("check", "rules", monitoring.RULES)
        self.assertEqual(done.returncode, 0, done)
        count = len(monitoring.rule_names("alert") + monitoring.rule_names("record"))
        self.assertIn(f"SUCCESS: {count} rules found", done.stdout)

    @needs_promtool
    def test_effect(self):
        done = promtool("test", "rules", RULES_TEST)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @needs_promtool
    def test_effect_is_tested(self):
        """The test of the rules fails for other rules."""
        with open(RULES_TEST, encoding="utf-8") as file:
            text = file.read()
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "onionpow.rules"), "w", encoding="utf-8") as file:
                file.write(monitoring.rules_text().replace("> 0.8", "> 0.999"))
            with open(os.path.join(directory, "test.yml"), "w", encoding="utf-8") as file:
                file.write(text.replace("../../etc/prometheus/", ""))
            done = promtool("test", "rules", os.path.join(directory, "test.yml"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("OnionpowLedgerNearlyFull", done.stdout + done.stderr)

    def test_each_alert_is_tested_both_ways(self):
        with open(RULES_TEST, encoding="utf-8") as file:
            text = file.read()
        quiet = set(re.findall(r"alertname: (\w+), exp_alerts: \[\]", text))
        loud = set(re.findall(r"alertname: (\w+)\n +exp_alerts:\n", text))
        alerts = set(monitoring.rule_names("alert"))
        self.assertGreater(len(alerts), 5)
        self.assertEqual(quiet, alerts)
        self.assertEqual(loud, alerts)

    def test_each_record_is_tested(self):
        with open(RULES_TEST, encoding="utf-8") as file:
            text = file.read()
        for name in monitoring.rule_names("record"):
            with self.subTest(name):
                used = sum(name in query for query in monitoring.rule_queries())
                self.assertTrue(used or f"expr: {name}" in text)

    def test_each_alert_says_what_it_means(self):
        text = monitoring.rules_text()
        alerts = len(monitoring.rule_names("alert"))
        self.assertEqual(len(re.findall(r"labels: \{ severity: (?:critical|warning|info) \}", text)), alerts)
        self.assertEqual(len(re.findall(r"(?m)^ +summary: \S.*\.$", text)), alerts)

    def test_queries_are_found(self):
        """Or the tests of names would pass by finding nothing."""
        names = monitoring.rule_names("alert") + monitoring.rule_names("record")
        self.assertEqual(len(monitoring.rule_queries()), len(names))


class Dashboard(unittest.TestCase):
    def test_panels(self):
        panels = monitoring.dashboard()["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = set()
        for panel in panels:
            with self.subTest(panel["title"]):
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertLessEqual(place["x"] + place["w"], 24)
                self.assertFalse(cells & taken, "lies over another panel")
                taken |= cells
                if panel["type"] != "row":
                    self.assertTrue(panel["targets"])

    def test_source_is_chosen(self):
        board = monitoring.dashboard()
        names = [variable["name"] for variable in board["templating"]["list"]]
        self.assertEqual(names[0], "datasource")
        self.assertEqual(board["templating"]["list"][0]["type"], "datasource")
        for panel in board["panels"]:
            for part in [panel] * (panel["type"] != "row") + panel.get("targets", []):
                self.assertEqual(part["datasource"], {"type": "prometheus", "uid": "${datasource}"})

    def test_variables(self):
        known = {variable["name"] for variable in monitoring.dashboard()["templating"]["list"]}
        for query in monitoring.panel_queries():
            with self.subTest(query):
                self.assertLessEqual(set(re.findall(r"\$(\w+)", query)), known | {"__rate_interval"})

    @needs_promtool
    def test_queries(self):
        """As rules, so that promtool reads them."""
        lines = ["groups:", "- name: panels", "  rules:"]
        for number, query in enumerate(monitoring.panel_queries()):
            quoted = monitoring.filled_in(query).replace("'", "''")
            lines += [f"  - record: panel_{number}", f"    expr: '{quoted}'"]
        with tempfile.NamedTemporaryFile("w", suffix=".rules", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(f"{len(monitoring.panel_queries())} rules found", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
