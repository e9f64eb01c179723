"""What etc/ has for a monitoring: the rules of Prometheus and the dashboard of Grafana, and the queries in them."""
import json
import os
import re

import build

RULES = os.path.join(build.SOURCE, "etc", "prometheus", "onionpow.rules")
DASHBOARD = os.path.join(build.SOURCE, "etc", "grafana", "onionpow.json")


def rules_text():
    with open(RULES, encoding="utf-8") as file:
        return file.read()


def rule_names(kind):
    return re.findall(rf"(?m)^ +- {kind}: (\S+)$", rules_text())


def rule_queries():
    """What stands behind each `expr:`, on its line or on the deeper ones below."""
    return [match[2] or match[3] for match in
            re.finditer(r"(?m)^( +)expr: (?:\|\n((?:\1 +.*\n)+)|(.*)$)", rules_text())]


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def panel_queries():
    return [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]


def filled_in(query):
    """A panel's query without Grafana's variables."""
    return re.sub(r"\$\w+", ".*", query.replace("$__rate_interval", "5m"))
