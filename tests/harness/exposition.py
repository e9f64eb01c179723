"""Reads the Prometheus text form, and the names in PromQL."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"^({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


def labels_of(text):
    found, end = {}, 0
    for match in LABEL.finditer(text or ""):
        if match.start() != end:
            break
        found[match[1]], end = match[2], match.end()
    if end != len(text or ""):
        raise ValueError(f"labels: {text}")
    return found


class Family:
    def __init__(self, name, kind, description):
        self.name, self.kind, self.description = name, kind, description
        self.samples = []  # name, labels, value


def families(text):
    """{name: Family}; raises ValueError for what a scraper would refuse, or for a family without its HELP and TYPE."""
    found, family, description = {}, None, None
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    for line in text.splitlines():
        words = line.split(" ", 3)
        if words[:2] == ["#", "HELP"]:
            description = words[2], words[3]
        elif words[:2] == ["#", "TYPE"]:
            if description is None or description[0] != words[2] or words[2] in found:
                raise ValueError(line)
            family = found[words[2]] = Family(words[2], words[3], description[1])
        else:
            match = SAMPLE.match(line)
            if not match or family is None or match[1] not in [family.name + s for s in SUFFIXES[family.kind]]:
                raise ValueError(line)
            family.samples.append((match[1], labels_of(match[2]), float(match[3])))
    for family in found.values():
        series = [(name, tuple(sorted(labels.items()))) for name, labels, _ in family.samples]
        if len(set(series)) != len(series):
            raise ValueError(f"{family.name}: a series twice")
    return found


def value(text, name, **labels):
    """The one sample of that name with (at least) these labels."""
    found = [number for family in families(text).values() for sample, have, number in family.samples
             if sample == name and labels.items() <= have.items()]
    if len(found) != 1:
        raise ValueError(f"{name}{labels}: {len(found)} samples")
    return found[0]


def metrics_in(expression):
    """Names of onionpow's own metrics in a query; recorded ones have a colon."""
    return set(re.findall(rf"(?<![\w:$])(?:{NAME}:)?onionpow_[\w:]+", re.sub(r'"[^"]*"', '""', expression)))


def selectors_in(expression):
    """(metric, label, operator, value) of each matcher."""
    for metric, inside in re.findall(rf"({NAME})\{{([^}}]*)\}}", expression):
        for label, operator, wanted in re.findall(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"', inside):
            yield metric, label, operator, wanted


def grouped_in(expression):
    """The labels that a query groups by."""
    return {label for inside in re.findall(r"\bby\s*\(([^)]*)\)", expression)
            for label in re.findall(r"\w+", inside)}
