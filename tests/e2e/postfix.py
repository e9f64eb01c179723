"""A private Postfix in a directory of its own: some listeners on loopback, a Maildir that takes all mail.

Nothing of the system's Postfix is read or touched. Its master needs root. Every directory is searchable by all,
because Postfix's daemons run as user postfix.
"""
import grp
import json
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

MAIN = """
compatibility_level = 3.6
config_directory = {dir}/conf
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = /usr/lib/postfix/sbin
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = {dir}
maillog_file = {dir}/maillog
myhostname = mx.test
inet_interfaces = 127.0.0.1, [::1]
inet_protocols = all
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
virtual_mailbox_domains = example.test, other.test, xn--e1afmkfd.test
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {dir}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
smtp_host_lookup = native
disable_dns_lookups = yes
smtp_tls_security_level = none
smtpd_tls_security_level = none
in_flow_delay = 0
message_size_limit = 0
smtputf8_enable = yes
smtpd_recipient_limit = 1000
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
milter_connect_timeout = 20s
milter_protocol = 6
# mail that a test leaves behind is not to come back by itself
queue_run_delay = 300s
minimal_backoff_time = 300s
"""

MASTER = """
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def usable():
    """None, or the reason why no private Postfix can run here."""
    if os.geteuid() != 0:
        return "needs root: Postfix's master runs as nobody else"
    if not os.path.exists("/usr/lib/postfix/sbin/master"):
        return "needs Debian's package postfix"
    return None


def last_of_each(main):
    """main.cf with one setting of each parameter, the last.

    Postfix takes that one too, but warns; postlogd warns itself, and waits for itself for ever if others have filled
    its socket meanwhile.
    """
    settings = {}
    for setting in re.findall(r"(?m)^[a-z].*(?:\n[ \t].*)*", main):
        settings[setting.partition("=")[0].strip()] = setting
    return "".join(f"{setting}\n" for setting in settings.values())


class Postfix:
    """Postfix(listeners, main="...") where listeners maps a name to its -o lines; port[name] tells where it listens.

    `master` is text for master.cf as it is (for the snippets that are tried out). {dir} in any of them is
    the instance's directory.
    """

    def __init__(self, listeners, main="", master=""):
        self.dir = tempfile.mkdtemp(prefix="onionpow-postfix-")
        os.chmod(self.dir, 0o755)
        self.port = {name: free_port() for name in listeners}
        self.started = False
        for name in ("conf", "queue", "data", "mail"):
            os.mkdir(os.path.join(self.dir, name))
        user = pwd.getpwnam("postfix")
        nobody = pwd.getpwnam("nobody")
        os.chown(self.path("data"), user.pw_uid, user.pw_gid)
        os.chown(self.path("mail"), nobody.pw_uid, grp.getgrgid(nobody.pw_gid).gr_gid)
        self._write("conf/main.cf", last_of_each(MAIN.format(dir=self.dir, uid=nobody.pw_uid, gid=nobody.pw_gid)
                                                 + main.replace("{dir}", self.dir)))
        lines = [f"127.0.0.1:{self.port[name]} inet n - n - - smtpd\n" + "".join(
            f"  -o {option}\n" for option in options) for name, options in listeners.items()]
        self._write("conf/master.cf", MASTER + ("".join(lines) + master).replace("{dir}", self.dir) + "\n")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)

    def command(self, name, *argv):
        return subprocess.run([name, "-c", self.path("conf"), *argv], capture_output=True, text=True,
                              timeout=build.HANG_S, stdin=subprocess.DEVNULL)

    def start(self):
        self.started = True
        done = self.command("postfix", "start")
        if done.returncode != 0:
            raise AssertionError(f"postfix start: {done.stderr}{self.log()}")
        for port in self.port.values():
            build.until(f"Postfix to listen on {port}", lambda p=port: listens(p))
        return self

    def stop(self):
        """Stops it and takes its files away; safe in every state."""
        if self.started:
            try:
                self.command("postfix", "stop")
            except subprocess.TimeoutExpired:
                with open(self.path("queue", "pid", "master.pid"), encoding="ascii") as pid:
                    os.killpg(int(pid.read()), signal.SIGKILL)
            self.started = False
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        try:
            with open(self.path("maillog"), encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def queued(self):
        """Ids of what is in the queue, deferred included."""
        return [json.loads(line)["queue_id"] for line in self.command("postqueue", "-j").stdout.splitlines()]

    def settle(self):
        """Waits until nothing is on its way; what is deferred counts as on its way."""
        build.until("Postfix's queue to be empty", lambda: not self._files() and not self.queued())

    def _files(self):
        return [name for queue in ("maildrop", "incoming", "active", "deferred", "hold")
                for _, _, names in os.walk(self.path("queue", queue)) for name in names]

    def mailbox(self, mark):
        """The delivered messages (octets) that carry the mark, once all mail has settled."""
        self.settle()
        return carrying(mark, self.path("mail", "all", "new"), self.path("mail", "all", "cur"))
