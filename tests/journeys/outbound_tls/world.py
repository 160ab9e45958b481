"""Servers in every state times what their domains publish: real Postfix, real unbound, an authority of our own."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.journeys.outbound_tls.certificates import DAY, Authority, self_signed, tlsa, write_pem
from tests.journeys.outbound_tls.policy_hosts import PolicyHost, policy
from tests.journeys.outbound_tls.signed_zone import resolver
from tests.journeys.peers import open_folder, postfix
from tests.loopback import free_port, fresh_ip

SERVERS = ("good", "expired", "wrong", "selfsigned", "plain")
POLICIES = ("none", "testing", "enforce", "dane", "badkey", "unusable", "anchor")
# Each of these has its own way to go wrong, with a good server.
TROUBLES = ("unlisted", "unlistedtest", "unfetched", "garbage", "untrusted", "off", "bogus", "both")
TLSMGR = "tlsmgr unix - - n 1000? 1 tlsmgr"
MAIN = """
default_transport = discard:
smtpd_tls_loglevel = 0
"""


@dataclass
class TlsWorld:
    port: int  # Where all servers listen.
    sts_port: int
    resolver_port: int
    authorities: str
    policies: PolicyHost


@contextmanager
def tls_world():
    """The domains `<policy>.<server>.sec.test`, each its own server; open.test is not signed."""
    authority = Authority()
    certificates = {
        "good": (*authority.issue(["*.good.sec.test", "x.open.test"]), authority.certificate),
        "expired": (*authority.issue(["*.expired.sec.test"], ends=-DAY), authority.certificate),
        "wrong": (*authority.issue(["elsewhere.test"]), authority.certificate),
        "selfsigned": self_signed(["*.selfsigned.sec.test"]),
    }
    addresses = {name: fresh_ip() for name in SERVERS}
    policy_ip, untrusted_ip, nobody = fresh_ip(), fresh_ip(), fresh_ip()
    port, sts_port = free_port(), free_port()
    hosts = {"unfetched": nobody, "untrusted": untrusted_ip}
    with ExitStack() as stack:
        folder = stack.enter_context(open_folder())
        files = {name: write_pem(folder / f"{name}.pem", *made) for name, made in certificates.items()}
        services = [TLSMGR, *(_service(f"{addresses[name]}:{port}", files.get(name)) for name in SERVERS)]
        stack.enter_context(postfix("127.0.0.1", free_port(), MAIN, services))
        domains = [f"{kind}.{server}" for server in SERVERS for kind in POLICIES] + [
            f"{each}.good" for each in TROUBLES
        ]
        records = [
            line
            for each in domains
            for line in _records(
                each, addresses, hosts.get(each.partition(".")[0], policy_ip), port, certificates, authority
            )
        ]
        records += _aliases(addresses["good"], port, certificates["good"], authority)
        open_records = [
            f"x 60 IN MX 10 x\nx 60 IN A {addresses['good']}\n_{port}._tcp.x 60 IN TLSA {tlsa(3, authority.certificate)}"
        ]
        forged = [f"_{port}._tcp.bogus.good.sec.test"]
        resolver_port = stack.enter_context(resolver(records, open_records, forged))
        names = [f"mta-sts.{each}.sec.test" for each in domains]
        pem = write_pem(folder / "policy.pem", *authority.issue(names))
        made = PolicyHost(policy_ip, sts_port, pem, {f"{each}.sec.test": _policy(each) for each in domains})
        stack.callback(made.stop)
        other = PolicyHost(
            untrusted_ip, sts_port, write_pem(folder / "untrusted.pem", *self_signed(names)), made.policies
        )
        stack.callback(other.stop)
        (folder / "ca.pem").write_bytes(authority.pem)
        yield TlsWorld(port, sts_port, resolver_port, str(folder / "ca.pem"), made)


def _service(place, pem):
    level = "none" if pem is None else "may"
    options = f"-o smtpd_tls_security_level={level}" + (f" -o smtpd_tls_chain_files={pem}" if pem else "")
    return f"{place} inet n - n - - smtpd {options}"


def _records(short, addresses, policy_ip, port, certificates, authority):
    kind, server = short.split(".")
    name = f"{short}.sec.test."
    yield f"{name} 60 IN MX 10 {name}"
    yield f"{name} 60 IN A {addresses[server]}"
    if _policy(short) is not None:
        yield f'_mta-sts.{name} 60 IN TXT "v=STSv1; id=20261128;"'
        yield f"mta-sts.{name} 60 IN A {policy_ip}"
    for text in _tlsa(kind, certificates.get(server), authority):
        yield f"_{port}._tcp.{name} 60 IN TLSA {text}"


def _aliases(address, port, certificate, authority):
    """Domains whose exchange is an alias, by a name that its certificate does not bear; the end of it is borne."""
    foreign = tlsa(3, Authority().certificate)
    ends = {"end": tlsa(2, authority.certificate), "wrongend": foreign, "bareend": ""}
    for end, record in ends.items():
        yield f"{end}.good.sec.test. 60 IN A {address}"
        if record:
            yield f"_{port}._tcp.{end}.good.sec.test. 60 IN TLSA {record}"
    aliases = {
        "alias": ("end.good.sec.test.", foreign),
        "aliaswrong": ("wrongend.good.sec.test.", tlsa(3, certificate[1])),
        "aliasown": ("bareend.good.sec.test.", foreign),
        "aliastwice": ("x.alias.good.sec.test.", ""),
        "aliasopen": ("x.open.test.", tlsa(3, certificate[1])),
        "aliasopenwrong": ("x.open.test.", foreign),
    }
    for name, (end, own) in aliases.items():
        yield f"{name}.good.sec.test. 60 IN MX 10 x.{name}.good.sec.test."
        yield f"x.{name}.good.sec.test. 60 IN CNAME {end}"
        if own:
            yield f"_{port}._tcp.x.{name}.good.sec.test. 60 IN TLSA {own}"


def _tlsa(kind, certificate, authority):
    own = certificate[1] if certificate else authority.certificate
    return {
        "dane": [tlsa(3, own)],
        "both": [tlsa(3, own)],
        "bogus": [tlsa(3, own)],
        "badkey": [tlsa(3, Authority().certificate)],
        "unusable": [tlsa(1, own), "3 1 9 abcd"],
        "anchor": [tlsa(2, authority.certificate)],
    }.get(kind, [])


def _policy(short):
    own, elsewhere = f"*.{short.partition('.')[2]}.sec.test", "mx.elsewhere.test"
    return {
        "testing": policy("testing", own),
        "enforce": policy("enforce", own),
        "unlisted": policy("enforce", elsewhere),
        "unlistedtest": policy("testing", elsewhere),
        "unfetched": policy("enforce", own),
        "untrusted": policy("enforce", own),
        "garbage": "<html>not a policy</html>",
        "off": policy("none"),
        "both": policy("enforce", elsewhere),
    }.get(short.partition(".")[0])
