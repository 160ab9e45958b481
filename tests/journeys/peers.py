"""Other people's mail servers, each in a folder of its own; started and ended by the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

POSTFIX_DAEMONS = Path("/usr/lib/postfix/sbin")
EXIM = Path("/var/tmp/ecluse-test/exim/usr/sbin/exim4")
START_S = 60.0

# A message that Postfix takes up again while its last delivery still holds the file is set aside for minutes ("skipped,
# still being delivered"): the back-off leaves a busy machine time to let go of it.
MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = postfix.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtp_dns_support_level = disabled
smtpd_relay_restrictions = permit_mynetworks, reject
queue_run_delay = 1s
minimal_backoff_time = 3s
maximal_backoff_time = 4s
"""
MASTER_CF = """
{place} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
EXIM_CONF = """
exim_path = {exim}
keep_environment =
primary_hostname = exim.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
tls_advertise_hosts =
never_users =
begin routers
all:
  driver = manualroute
  route_list = * "127.0.0.1::{port}"
  self = send
  transport = onward
begin transports
onward:
  driver = smtp
  tls_verify_certificates =
begin retry
* * F,1h,1s
"""


def need(*programs):
    """Skip the test, visibly, where a program is not installed or we may not start it."""
    missing = [str(one) for one in programs if not (shutil.which(str(one)) or Path(one).exists())]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (scripts/install-test-servers)")


def need_root():
    if os.geteuid() != 0:
        pytest.skip("needs root: Postfix and Exim give up their rights to users of their own")


@contextmanager
def open_folder():
    """A folder that other users may walk through: these servers give up their rights to users of their own."""
    folder = Path(tempfile.mkdtemp(prefix="ecluse-peer-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def postfix(host, port, more, services=()):
    """Postfix listening there, with `more` lines in its main.cf and `services` in its master.cf; gives its folder."""
    need("postfix", POSTFIX_DAEMONS / "master")
    need_root()
    with open_folder() as folder:
        (folder / "data").mkdir()
        shutil.chown(folder / "data", "postfix")
        (folder / "queue").mkdir()
        (folder / "main.cf").write_text(MAIN_CF.format(folder=folder, daemons=POSTFIX_DAEMONS) + more)
        (folder / "master.cf").write_text(MASTER_CF.format(place=f"{host}:{port}") + "\n".join(services) + "\n")
        subprocess.run(["postfix", "-c", folder, "check"], check=True, capture_output=True)
        with running([POSTFIX_DAEMONS / "master", "-c", folder, "-d"], host, port):
            yield folder


@contextmanager
def smtp_sink(host, port, *options):
    """smtp-sink listening there; gives the folder into which it writes one file for each message."""
    need("smtp-sink")
    with open_folder() as folder:
        folder.chmod(0o777)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with running(["smtp-sink", *options, *user, "-d", f"{folder}/%M.", f"{host}:{port}", "100"], host, port):
            yield folder


@contextmanager
def running(command, host, port):
    """The server, from its first open port to its end."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_S
        while not _listens(host, port):
            assert process.poll() is None, f"{command[0]} did not start"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _listens(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def exim(port):
    """`send(sender, recipients, content)` hands a message to Exim, which relays it to us; gives Exim's log."""
    need(EXIM)
    need_root()
    with open_folder() as folder:
        for name in ("spool", "log"):
            (folder / name).mkdir()
            shutil.chown(folder / name, "Debian-exim", "Debian-exim")
        configuration = folder / "exim.conf"
        configuration.write_text(EXIM_CONF.format(exim=EXIM, folder=folder, port=port))

        def command(*words, octets=b""):
            return subprocess.run(
                [EXIM, "-C", configuration, *words], input=octets, check=True, capture_output=True, timeout=60
            )

        def send(sender, recipients, content):
            command("-odf", "-oi", "-f", sender, *recipients, octets=content.replace(b"\r\n", b"\n"))
            return (folder / "log" / "mainlog").read_text()

        def run_queue():
            command("-qff")
            return (folder / "log" / "mainlog").read_text()

        send.run_queue = run_queue
        yield send
