"""A private Exim that sends, in a directory of its own, from an unpacked package: Debian does not install it beside
another mail server. It runs as an ordinary user: root hands it to nobody. Nothing of the system's Exim is touched.
"""
import os
import pwd
import shutil
import subprocess
import tempfile

import build

ROOT = os.environ.get("ONIONPOW_EXIM", "")  # where the package exim4-daemon-light is unpacked
SHIM = os.path.join(build.BUILD, "tests", "exim_shim.so")
PROGRAM = os.path.join(ROOT, "usr/sbin/exim4")

MAIN = """
exim_path = {program}
keep_environment = LD_PRELOAD : LD_LIBRARY_PATH
spool_directory = {dir}/spool
log_file_path = {dir}/log-%s
primary_hostname = sender.test
qualify_domain = example.test
trusted_users = {user}
never_users =
local_interfaces = 127.0.0.1
disable_ipv6
"""

RETRY = """
begin retry
* * F,1d,1s
"""


def usable():
    """None, or the reason why no private Exim can run here."""
    if not ROOT or not os.path.exists(PROGRAM):
        return "needs Debian's package exim4-daemon-light unpacked in $ONIONPOW_EXIM, as tools/run-tests does"
    if not os.path.exists(SHIM):
        return "needs the target exim_shim"
    return None


class Exim:
    """Exim(recipe): `recipe` has the sections that a recipe has; {dir} in it is the instance's directory."""

    def __init__(self, recipe):
        self.dir = tempfile.mkdtemp(prefix="onionpow-exim-")
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.mkdir(self.path("spool"))
        self.write("conf", MAIN.format(program=PROGRAM, dir=self.dir, user=self.user.pw_name)
                   + recipe.replace("{dir}", self.dir) + RETRY)
        for owned in (".", "spool"):
            os.chown(self.path(owned), self.user.pw_uid, self.user.pw_gid)
        os.chmod(self.dir, 0o755)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def run(self, *argv, octets=b""):
        libraries = [os.path.join(ROOT, *parts) for parts in (("usr", "lib"), ("lib",))]
        found = [os.path.join(at, name) for at in libraries if os.path.isdir(at) for name in os.listdir(at)]
        become = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        done = subprocess.run([PROGRAM, "-C", self.path("conf"), *argv], input=octets, capture_output=True,
                              timeout=300, cwd="/",
                              env={"PATH": os.defpath, "LD_PRELOAD": SHIM, "LD_LIBRARY_PATH": ":".join(found)},
                              **(become if os.geteuid() == 0 else {}))
        if done.returncode != 0:
            raise AssertionError(f"exim {argv}: {done.stderr}{self.log()}")
        return done.stdout.decode()

    def submit(self, message, sender="alice@example.test", recipients=()):
        """Delivers in the foreground."""
        to = ["--", *recipients] if recipients else ["-t"]
        self.run("-odf", "-i", "-f", sender, *to, octets=message.text().replace(b"\r\n", b"\n"))

    def retry(self):
        """Delivers what is in the queue, now."""
        self.run("-qff")

    def queued(self):
        return self.run("-bpr").strip()

    def log(self):
        text = ""
        for name in ("log-main", "log-panic"):
            if os.path.exists(self.path(name)):
                with open(self.path(name), encoding="utf-8", errors="replace") as log:
                    text += log.read()
        return text

    def stop(self):
        shutil.rmtree(self.dir, ignore_errors=True)
