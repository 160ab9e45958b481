"""Debian's Dovecot with a mailbox of ours, on loopback, with TLS from the first octet and by STARTTLS."""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.certificates import write_certificate
from tests.loopback import free_port

HOST, USER, PASSWORD = "imap.one.example", "lessons@one.example", 'op&n "sésame" \\'
SPAM, HAM = 'Indésirables & "co"', "NotSpam"
WRITTEN = {SPAM: '"Ind&AOk-sirables &- \\"co\\""', HAM: '"NotSpam"'}  # As IMAP has it (RFC 3501 section 5.1.3).
CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
default_internal_user = {user}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
protocols = imap
auth_failure_delay = 0
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secure}
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
"""


@dataclass(frozen=True)
class Served:
    """Where it is."""

    folder: Path
    secure: int  # The port for imaps.
    plain: int  # That for STARTTLS.

    @property
    def authority(self):
        return (self.folder / "cert.pem").read_text()


@contextlib.contextmanager
def serving():
    """As whoever runs the tests; root's server gives up its rights to Debian's own users, who must reach its folder."""
    with tempfile.TemporaryDirectory(prefix="ecluse-dovecot-", dir="/var/tmp") as name:
        served = Served(Path(name), free_port(), free_port())
        _write(served)
        server = subprocess.Popen(
            [_program(), "-F", "-c", str(served.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for port in (served.secure, served.plain):
                _wait_for(port, server, served.folder)
            yield served
        finally:
            server.terminate()
            server.wait(20)


def _write(served):
    folder, me = served.folder, pwd.getpwuid(os.getuid())
    owner = pwd.getpwnam("dovecot") if me.pw_uid == 0 else me
    names = {
        "user": owner.pw_name,
        "login": "dovenull" if me.pw_uid == 0 else me.pw_name,
        "group": grp.getgrgid(owner.pw_gid).gr_name,
        "uid": owner.pw_uid,
        "gid": owner.pw_gid,
    }
    write_certificate(folder, HOST)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", "utf-8")
    ports = {"secure": served.secure, "plain": served.plain}
    config = CONFIG.format(folder=folder, **ports, **names)
    (folder / "dovecot.conf").write_text(config, "utf-8")
    for each in (folder / "home", folder / "mail"):
        each.mkdir()
        os.chown(each, owner.pw_uid, owner.pw_gid)
    os.chown(folder / "users", owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)


@contextlib.contextmanager
def signed_in(served):
    """As its user does, with the standard library's client."""
    context = ssl.create_default_context(cadata=served.authority)
    context.check_hostname = False
    with imaplib.IMAP4_SSL("127.0.0.1", served.secure, ssl_context=context, timeout=20) as box:
        box.authenticate("PLAIN", lambda _asked: f"\0{USER}\0{PASSWORD}".encode())
        yield box


def put(box, folder, *messages):
    """Into one of our folders, which is made first."""
    box.create(WRITTEN[folder])
    for octets in messages:
        assert box.append(WRITTEN[folder], None, None, octets)[0] == "OK"


def is_installed():
    return shutil.which("dovecot", path=_PATH) is not None and Path("/usr/lib/dovecot/imap").exists()


_PATH = os.environ.get("PATH", "") + ":/usr/sbin"


def _program():
    return shutil.which("dovecot", path=_PATH)


def _wait_for(port, server, folder):
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    log = folder / "dovecot.log"
    raise AssertionError(log.read_text() if log.exists() else "Dovecot does not listen")
