"""A client's Postfix forwards to a Postfix outside, through us both times; what bounces finds who wrote it."""

from __future__ import annotations

import re
from email import message_from_bytes

import dkim
import pytest

from ecluse.wire.dkim.publishing import make_key, record_of
from ecluse.wire.dkim.sign import load_key
from tests.contract.authoritative import NameServer, Zone
from tests.journeys import peers
from tests.journeys.next_hop import NextHop
from tests.journeys.node import BY_MX, NEXT_HOP_PORT, Node, client_table, domains, until
from tests.journeys.sender import message
from tests.loopback import fresh_ip

ORIGIN = "world.test"
ANN, OUTSIDE = f"ann@far.{ORIGIN}", f"outside.{ORIGIN}"
GATEWAY = f"gateway.{ORIGIN}"
OFFICE = fresh_ip()  # From where the client's server sends.
FORWARDED = {"bob": "eve", "gus": "gone", "lou": "loop", "nat": "nobody"}  # At the client -> outside.


class Scene:
    """The gateway, the client's server, a server outside, and that of who writes."""

    def __init__(self, folder):
        self.home = domains("forwards", 1)[0]
        self.hosts = {name: fresh_ip() for name in ("far", "outside")}
        lines = [f'far.{ORIGIN}. 60 IN TXT "v=spf1 ip4:127.0.0.1 -all"']
        for name, host in self.hosts.items():
            lines += [f"{name}.{ORIGIN}. 60 IN MX 10 mx.{name}.{ORIGIN}.", f"mx.{name}.{ORIGIN}. 60 IN A {host}"]
        self.names = NameServer(Zone("\n".join(lines), ORIGIN))
        policy = client_table("forwards", [self.home])
        policy += f'[[clients.connectors]]\nname = "office"\nnetworks = ["{OFFICE}"]\nforwards = true\n'
        settings = {"dns": {"nameservers": [f"127.0.0.1:{self.names.port}"]}, "web": {"url": f"https://{GATEWAY}"}}
        self.node = Node(folder, policy, settings | {"outbound": {"trusted_networks": []}}, BY_MX)
        self.pem = make_key("rsa")
        keys = self.node.data / "control" / "signing"
        keys.mkdir(parents=True)
        (keys / "seals.pem").write_bytes(self.pem)

    def clients_server(self, folder):
        """Lines of main.cf: all that its users get goes on to addresses outside, by the gateway."""
        lines = (f"{here}@{self.home.name} {there}@{OUTSIDE}\n" for here, there in FORWARDED.items())
        (folder / "aliases").write_text("".join(lines))
        return (
            f"virtual_alias_domains = {self.home.name}\nvirtual_alias_maps = texthash:{folder}/aliases\n"
            f"relayhost = [127.0.0.1]:{self.node.outbound_port}\nsmtp_bind_address = {OFFICE}\n"
        )

    def server_outside(self, folder):
        """eve has a mailbox; of gone it learns late that he is not there; loop leads back to the client."""
        folder.chmod(0o777)
        (folder / "boxes").write_text(f"eve@{OUTSIDE} eve/\n")
        (folder / "aliases").write_text(f"gone@{OUTSIDE} x@nowhere.test\nloop@{OUTSIDE} lou@{self.home.name}\n")
        (folder / "transport").write_text("nowhere.test error:5.1.1 no such user\n")
        return (
            f"virtual_mailbox_domains = {OUTSIDE}\nvirtual_mailbox_base = {folder}\n"
            f"virtual_mailbox_maps = texthash:{folder}/boxes\nvirtual_alias_maps = texthash:{folder}/aliases\n"
            "virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\n"
            f"transport_maps = texthash:{folder}/transport\nrelayhost = [127.0.0.1]:{self.node.port}\n"
        )

    def record(self):
        """The key of the seal, as the DNS would have it."""
        return record_of(load_key(GATEWAY, "seals", self.pem))

    async def sent(self, user):
        """Ann writes to a user of the client."""
        content, mail = message(user, From=ANN), f"MAIL FROM:<{ANN}>"
        reply = (await self.node.send([getattr(self.home, user)], content, mail=mail))[-1]
        assert reply.code == 250, reply


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    peers.need("postfix")
    peers.need_root()
    scene = Scene(tmp_path_factory.mktemp("node"))
    scene.names.start()
    try:
        scene.node.start()
        with peers.open_folder() as here, peers.open_folder() as there:
            scene.mailbox = there / "eve" / "new"
            with (
                peers.postfix(scene.home.hosts[0], NEXT_HOP_PORT, scene.clients_server(here)),
                peers.postfix(scene.hosts["outside"], NEXT_HOP_PORT, scene.server_outside(there)),
            ):
                yield scene
                assert scene.node.faults() == []
    finally:
        scene.node.stop()
        scene.names.stop()


def written(octets):
    """As it is on the wire, without what its server put on top for itself."""
    return octets.replace(b"\n", b"\r\n")


@pytest.mark.peers
async def test_what_a_user_forwards_arrives_in_his_clients_name_sealed_and_its_author_untouched(scene):
    await scene.sent("bob")
    [file] = await until(lambda: scene.mailbox.exists() and list(scene.mailbox.iterdir()))
    octets = written(file.read_bytes())
    found = message_from_bytes(octets)
    path = rf"<SRS0=[a-z2-7]{{8}}=[a-z2-7]{{2}}=far\.{ORIGIN}=ann@{re.escape(scene.home.name)}>"
    assert re.fullmatch(path, found["Return-Path"])
    assert found["From"] == ANN
    assert not [name for name in found if name.lower() in {"x-ecluse-stamp", "dkim-signature"}]
    key = scene.record()
    validity, _, reason = dkim.arc_verify(octets, dnsfunc=lambda _name, timeout=5: key.text.encode())
    assert (validity, found["ARC-Seal"].count(f"d={GATEWAY}")) == (b"pass", 1), reason


@pytest.mark.peers
@pytest.mark.parametrize(
    ("user", "told"),
    [("gus", b"no such user"), ("nat", b"nobody"), ("lou", b"5.4.6")],
    ids=["bounced by the server outside", "refused to us", "in a loop"],
)
async def test_who_wrote_what_cannot_be_forwarded_is_told_once(scene, user, told):
    async with NextHop(scene.hosts["far"], NEXT_HOP_PORT, {}) as far:
        await scene.sent(user)
        [bounce] = await far.takes(1)
        await until(lambda: not scene.node.spooled())
    assert (bounce.sender, bounce.recipients) == ("", (ANN,))
    assert told in bounce.content
    assert len(far.taken) == 1


@pytest.mark.peers
async def test_what_did_not_come_in_is_not_forwarded(scene):
    async with scene.node.submitter(ip=OFFICE) as sender:
        await sender.greeted()
        reply = (await sender.transact([f"eve@{OUTSIDE}"], message("made up", From=ANN), mail=f"MAIL FROM:<{ANN}>"))[-1]
    assert (reply.code, "X-Ecluse-Stamp" in reply.text) == (550, True)
