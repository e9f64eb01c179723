"""A test case with a running milter: directories that go away, daemons that end well."""
import os
import shutil
import tempfile
import unittest

from daemon import Daemon


class DaemonCase(unittest.TestCase):
    def directory(self, parent=None):
        """A new directory that other users may search: mail servers run as somebody else."""
        path = tempfile.mkdtemp(prefix="onionpow-", dir=parent)
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        os.chmod(path, 0o755)
        return path

    def run_daemon(self, directory, start=True, **options):
        daemon = Daemon(directory, **options)
        self.addCleanup(self.finish, daemon)
        return daemon.start() if start else daemon

    @staticmethod
    def finish(daemon):
        try:
            if daemon.running():
                status = daemon.stop()
                assert status == 0, f"ended with {status}: {daemon.log()}"
        finally:
            daemon.discard()
