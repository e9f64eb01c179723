"""A private Sendmail in a directory of its own: some listeners on loopback, a directory that takes all local mail.

It runs from an unpacked package, since Debian does not install it beside another mail server, and as an ordinary
user: root hands it to nobody. Nothing of the system's Sendmail is read or touched.
"""
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import build
from message import carrying
from port import free_port, listens

ROOT = os.environ.get("ONIONPOW_SENDMAIL", "")  # where the packages of Sendmail are unpacked
SHIM = os.path.join(build.BUILD, "tests", "sendmail_shim.so")
CF = os.path.join(ROOT, "usr/share/sendmail/cf")

# Mail for example.test is delivered, mail for elsewhere goes to the port `out`; all of it however
# busy the machine is.
BEFORE = """divert(0)dnl
include(`{cf}/m4/cf.m4')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{name}')dnl
define(`confTRUSTED_USER', `{user}')dnl
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')dnl
define(`confPID_FILE', `{dir}/pid')dnl
define(`confCW_FILE', `{dir}/local-host-names')dnl
define(`confCT_FILE', `{dir}/trusted-users')dnl
define(`confSERVICE_SWITCH_FILE', `{dir}/service.switch')dnl
define(`confDELIVERY_MODE', `interactive')dnl
define(`confTO_IDENT', `0')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confQUEUE_LA', `9999')dnl
define(`confREFUSE_LA', `9999')dnl
define(`QUEUE_DIR', `{dir}/queue')dnl
define(`STATUS_FILE', `')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`LOCAL_MAILER_PATH', `{dir}/deliver')dnl
define(`LOCAL_MAILER_ARGS', `deliver $u')dnl
define(`_DEF_LOCAL_MAILER_FLAGS', `lsDFM5:')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {out}')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
LOCAL_DOMAIN(`example.test')dnl
"""

AFTER = """MAILER_DEFINITIONS
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

DELIVER = """#!/bin/sh
# Puts the message on stdin into the mailbox, whole or not at all.
cat >{dir}/mail/part.$$ && mv {dir}/mail/part.$$ {dir}/mail/new/$(date +%s%N).$$
"""


def usable():
    """None, or the reason why no private Sendmail can run here."""
    for what, path in (("Sendmail's packages unpacked in $ONIONPOW_SENDMAIL, as tools/run-tests does", program("m4")),
                       ("the target sendmail_shim", SHIM)):
        if not ROOT or not os.path.exists(path):
            return f"needs {what}"
    return None


def program(name):
    return os.path.join(ROOT, {"sendmail": "usr/libexec/sendmail/sendmail", "m4": "usr/bin/m4"}[name])


def daemon_options(name, port, more=""):
    return f"DAEMON_OPTIONS(`Name={name}, Family=inet, Addr=127.0.0.1, Port={port}{more}')dnl\n"


class Sendmail:
    """Sendmail(listeners, mc="...", out=PORT) where listeners maps a name to its daemon's name and more options;
    port[name] tells where it listens. `mc` is pasted into its sendmail.mc as a recipe says.
    """

    def __init__(self, listeners, mc="", out=9, name="mx.test"):
        self.dir = tempfile.mkdtemp(prefix="onionpow-sendmail-")
        os.chmod(self.dir, 0o755)
        self.port = {listener: free_port() for listener in listeners}
        self.process = None
        self.log_path = self.path("log")
        self.user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        for folder in ("queue", "mail", "mail/new"):
            os.mkdir(self.path(folder))
        fill = {"dir": self.dir, "cf": CF, "user": self.user.pw_name, "out": out, "name": name}
        daemons = "".join(daemon_options(daemon, self.port[listener], more)
                          for listener, (daemon, more) in listeners.items())
        self._write("sendmail.mc", _fill(BEFORE, fill) + daemons + mc + AFTER)
        self._write("service.switch", "hosts files\npasswd files\n")
        self._write("deliver", _fill(DELIVER, fill))
        os.chmod(self.path("deliver"), 0o755)
        for empty in ("local-host-names", "trusted-users", "log"):
            self._write(empty, "")
        self._configure()
        os.chmod(self.path("queue"), 0o700)
        for owned in (".", "queue", "mail", "mail/new", "log"):
            os.chown(self.path(owned), self.user.pw_uid, self.user.pw_gid)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def _configure(self):
        done = build.run(program("m4"), f"-D_CF_DIR_={CF}/", self.path("sendmail.mc"))
        if done.returncode != 0 or re.search(r"ERROR|WARNING", done.stderr.replace("local socket name", "")):
            raise AssertionError(f"m4: {done.stderr}")
        self._write("sendmail.cf", done.stdout)

    def command(self, *argv):
        """How to run Sendmail: arguments for subprocess."""
        libraries = [os.path.join(ROOT, *parts) for parts in (("usr", "lib"), ("lib",))]
        found = [os.path.join(at, name) for at in libraries if os.path.isdir(at) for name in os.listdir(at)]
        become = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        return {"args": [program("sendmail"), "-C", self.path("sendmail.cf"), *argv],
                "env": {"PATH": os.defpath, "LD_PRELOAD": SHIM, "SENDMAIL_SHIM_LOG": self.log_path,
                        "LD_LIBRARY_PATH": ":".join(found)},
                "stdin": subprocess.DEVNULL, "cwd": "/", "start_new_session": True,
                **(become if os.geteuid() == 0 else {})}

    def start(self):
        with open(self.path("errors"), "wb") as errors:
            self.process = subprocess.Popen(**self.command("-bD"), stdout=errors, stderr=errors)
        for port in self.port.values():
            build.until(f"Sendmail to listen on {port}", lambda p=port: self._runs() and listens(p))
        return self

    def _runs(self):
        if self.process.poll() is not None:
            with open(self.path("errors"), encoding="utf-8", errors="replace") as errors:
                raise AssertionError(f"sendmail ended with {self.process.returncode}: {errors.read()}{self.log()}")
        return True

    def stop(self):
        """Stops it with its children and takes its files away; safe in every state."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(build.HANG_S)
            self.process = None
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def queued(self):
        return [name[2:] for name in os.listdir(self.path("queue")) if name.startswith("qf")]

    def settle(self):
        """Waits until nothing is on its way; what is deferred counts as on its way."""
        build.until("Sendmail's queue to be empty", lambda: not self.queued())

    def mailbox(self, mark):
        """The delivered messages (octets) that carry the mark, once all mail has settled."""
        self.settle()
        return carrying(mark, self.path("mail", "new"))


def _fill(template, values):
    return re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), template)
