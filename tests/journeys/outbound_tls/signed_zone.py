"""A zone that we sign ourselves, behind a real unbound that trusts its key and says so (AD)."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.rdatatype
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssecalgs.ecdsa import PrivateECDSAP256SHA256
from dns.rdtypes.dnskeybase import Flag

from tests.journeys.peers import need, open_folder
from tests.loopback import free_port

CONF = """
server:
    interface: 127.0.0.1@{port}
    access-control: 127.0.0.0/8 allow
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/log"
    verbosity: 1
    do-not-query-localhost: no
    do-ip6: no
    trust-anchor-file: "{folder}/anchor"
    domain-insecure: "open.test"
    local-zone: "test." nodefault
remote-control:
    control-enable: no
auth-zone:
    name: "sec.test"
    zonefile: "{folder}/sec.test.zone"
    for-downstream: no
    for-upstream: yes
auth-zone:
    name: "open.test"
    zonefile: "{folder}/open.test.zone"
    for-downstream: no
    for-upstream: yes
"""
SOA = "@ 60 IN SOA ns.{origin}. admin.{origin}. 1 3600 600 86400 60\n@ 60 IN NS ns.{origin}.\nns 60 IN A 127.0.0.1\n"


def sign(lines, origin):
    """The zone's text, signed, and the record of its key."""
    zone = dns.zone.from_text(SOA.format(origin=origin) + "\n".join(lines) + "\n", origin=origin, relativize=False)
    private = PrivateECDSAP256SHA256(ec.generate_private_key(ec.SECP256R1()))
    key = dns.dnssec.make_dnskey(
        private.public_key().key, dns.dnssec.Algorithm.ECDSAP256SHA256, flags=Flag.ZONE | Flag.SEP
    )
    with zone.writer() as transaction:
        dns.dnssec.sign_zone(zone, transaction, [(private.key, key)], lifetime=86_400)
    return zone, f"{origin}. 60 IN DNSKEY {key.to_text()}\n"


def forge(zone, owner):
    """Change what a signature was made of: the records of this name are bogus from now on."""
    name = dns.name.from_text(owner)
    with zone.writer() as transaction:
        changed = transaction.get(name, dns.rdatatype.TLSA)
        transaction.delete(name, dns.rdatatype.TLSA)
        record = changed[0].replace(cert=bytes(32))
        transaction.add(name, 60, record)


@contextmanager
def resolver(secure, open_lines, forged=()):
    """Unbound with the zones sec.test, signed, and open.test; gives its port."""
    need("unbound")
    zone, anchor = sign(secure, "sec.test")
    for owner in forged:
        forge(zone, owner)
    port = free_port()
    with open_folder() as folder:
        (folder / "sec.test.zone").write_text(zone.to_text(relativize=False))
        (folder / "open.test.zone").write_text(
            "$ORIGIN open.test.\n" + SOA.format(origin="open.test") + "\n".join(open_lines) + "\n"
        )
        (folder / "anchor").write_text(anchor)
        (folder / "conf").write_text(CONF.format(folder=folder, port=port))
        process = subprocess.Popen(["unbound", "-d", "-c", str(folder / "conf")])
        try:
            _until_it_answers(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _until_it_answers(port, process):
    deadline = time.monotonic() + 60
    question = dns.message.make_query("ns.sec.test.", "A")
    while True:
        assert process.poll() is None, "unbound did not start"
        assert time.monotonic() < deadline, "unbound does not answer"
        try:
            if dns.query.udp(question, "127.0.0.1", 1, port).answer:
                return
        except (dns.exception.Timeout, OSError):
            time.sleep(0.05)
