"""Prometheus's promtool, which checks metrics and rules: from ONIONPOW_PROMTOOL, else from PATH."""
import os
import shutil
import unittest

import build

PROMTOOL = os.environ.get("ONIONPOW_PROMTOOL") or shutil.which("promtool")

needs_promtool = unittest.skipUnless(PROMTOOL, "needs promtool of Debian's package prometheus, in PATH or "
                                               "ONIONPOW_PROMTOOL")


def promtool(*argv, **options):
    return build.run(PROMTOOL, *argv, **options)
