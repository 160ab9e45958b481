"""Debian's slapd with people of ours in it, on loopback, with TLS from the first octet and by StartTLS."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time

from tests.journeys.certificates import write_certificate
from tests.loopback import free_port

PASSWORD = "open sesame"
BIND_DN = "cn=reader,dc=one,dc=example"
CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb.so
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
sizelimit {sizelimit}
database mdb
suffix "dc=one,dc=example"
rootdn "{dn}"
rootpw "{password}"
directory {folder}/db
"""
BASE = "dn: dc=one,dc=example\nobjectClass: dcObject\nobjectClass: organization\no: One\ndc: one\n\n"


def person(uid, mail, *others):
    """As LDIF has it; `others` are further addresses."""
    lines = [f"dn: uid={uid},dc=one,dc=example", "objectClass: inetOrgPerson", f"uid: {uid}", f"cn: {uid.title()}"]
    lines += [f"sn: {uid}", *(f"mail: {each}" for each in (mail, *others))]
    return "\n".join(lines) + "\n\n"


@contextlib.contextmanager
def serving(folder, people, sizelimit="unlimited"):
    """Give the ports for ldaps and for StartTLS."""
    (folder / "db").mkdir()
    write_certificate(folder, "ldap.one.example")
    config = folder / "slapd.conf"
    config.write_text(CONFIG.format(folder=folder, dn=BIND_DN, password=PASSWORD, sizelimit=sizelimit))
    ldif = (BASE + "".join(people)).encode()
    subprocess.run(
        [_program("slapadd"), "-q", "-f", str(config)], input=ldif, check=True, capture_output=True, timeout=60
    )
    secure, plain = free_port(), free_port()
    urls = f"ldaps://127.0.0.1:{secure}/ ldap://127.0.0.1:{plain}/"
    server = subprocess.Popen(
        [_program("slapd"), "-d", "0", "-f", str(config), "-h", urls],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for port in (secure, plain):
            _wait_for(port, server)
        yield secure, plain
    finally:
        server.terminate()
        server.wait(20)


def is_installed():
    return shutil.which("slapd", path=_PATH) is not None


_PATH = os.environ.get("PATH", "") + ":/usr/sbin"


def _program(name):
    return shutil.which(name, path=_PATH)


def _wait_for(port, server):
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("slapd does not listen")
