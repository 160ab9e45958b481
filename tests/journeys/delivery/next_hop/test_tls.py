"""A route's word about TLS is kept (RFC 3207, RFC 7435)."""

from __future__ import annotations

import ssl

import pytest

from ecluse.domain.policy import Tls
from ecluse.mta.delivery.tls import TlsContexts
from tests.journeys.delivery.next_hop.servers import CLOSE, PLAIN, Receiver

OFFERED = (*PLAIN, "STARTTLS")
SECURED = ["EHLO gateway.test", "STARTTLS", "(TLS)", "EHLO gateway.test"]


@pytest.fixture
def server_tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusting(certificate):
    return TlsContexts(ca_file=str(certificate))


@pytest.mark.parametrize("tls", [Tls.MAY, Tls.MUST])
async def test_tls_is_used_when_offered_whoever_signed_the_certificate(calling, server_tls, tls):
    async with Receiver(keywords=OFFERED, tls=server_tls) as receiver, calling(receiver, tls=tls) as caller:
        transmission = await caller.send()
        again = await caller.send()
    assert transmission.final.code == again.final.code == 250
    assert (transmission.tls, again.tls) == ("ok", "")  # Sessions are counted, not messages.
    assert receiver.commands[:4] == SECURED
    assert receiver.connections == 1


@pytest.mark.parametrize("keywords", [OFFERED, (*OFFERED, "CHUNKING")], ids=str)
async def test_a_large_content_goes_through_tls_exactly(calling, server_tls, keywords):
    content = b"Subject: x\r\n\r\n" + b".123456789\r\n" * 300_000
    async with Receiver(keywords=keywords, tls=server_tls) as receiver, calling(receiver, tls=Tls.MUST) as caller:
        transmission = await caller.send(content)
    assert transmission.final.code == 250
    assert receiver.messages == [content]


async def test_tls_is_not_used_where_the_route_forbids_it(calling, server_tls):
    async with Receiver(keywords=OFFERED, tls=server_tls) as receiver, calling(receiver, tls=Tls.NEVER) as caller:
        transmission = await caller.send()
    assert (transmission.final.code, transmission.tls) == (250, "")
    assert "STARTTLS" not in receiver.commands


async def test_opportunistic_tls_goes_in_the_clear_where_it_is_not_offered(calling):
    async with Receiver() as receiver, calling(receiver, tls=Tls.MAY) as caller:
        transmission = await caller.send()
    assert (transmission.final.code, transmission.tls) == (250, "starttls-not-supported")
    assert receiver.connections == 1


@pytest.mark.parametrize("tls", [Tls.MUST, Tls.VERIFY])
async def test_required_tls_that_is_not_offered_is_trouble_of_the_route(calling, tls):
    async with Receiver() as receiver, calling(receiver, tls=tls) as caller:
        transmission = await caller.send()
    assert transmission.is_route_trouble
    assert transmission.trouble == "STARTTLS is required and not offered"
    assert transmission.tls == "starttls-not-supported"
    assert receiver.messages == []


@pytest.mark.parametrize("acts", [(b"220 go\r\n", CLOSE), (b"220 go\r\n", b"this is no handshake at all\r\n", CLOSE)])
@pytest.mark.parametrize(("tls", "is_delivered"), [(Tls.MAY, True), (Tls.MUST, False)])
async def test_after_a_failed_handshake_only_opportunistic_tls_goes_in_the_clear(calling, acts, tls, is_delivered):
    async with Receiver({"STAR": acts}, keywords=OFFERED) as receiver, calling(receiver, tls=tls) as caller:
        transmission = await caller.send()
    assert bool(receiver.messages) == is_delivered
    assert transmission.is_route_trouble != is_delivered
    assert transmission.tls == "validation-failure"
    assert receiver.connections == (2 if is_delivered else 1)


@pytest.mark.parametrize(("tls", "is_delivered"), [(Tls.MAY, True), (Tls.MUST, False)])
async def test_a_handshake_that_hangs_ends(calling, tls, is_delivered):
    async with (
        Receiver({"STAR": (b"220 go\r\n", 1.0, CLOSE)}, keywords=OFFERED) as receiver,
        calling(receiver, tls=tls, tls_timeout_s=0.2) as caller,
    ):
        transmission = await caller.send()
    assert bool(receiver.messages) == is_delivered
    assert transmission.is_route_trouble != is_delivered


@pytest.mark.parametrize(("tls", "is_delivered"), [(Tls.MAY, True), (Tls.MUST, False), (Tls.VERIFY, False)])
async def test_a_refused_starttls_goes_in_the_clear_only_opportunistically(calling, tls, is_delivered):
    async with (
        Receiver({"STAR": (b"454 4.7.0 no certificate today\r\n",)}, keywords=OFFERED) as receiver,
        calling(receiver, tls=tls) as caller,
    ):
        receiver.tls = None
        transmission = await caller.send()
    assert bool(receiver.messages) == is_delivered
    assert transmission.is_route_trouble != is_delivered


async def test_a_verified_route_takes_a_certificate_of_its_host(calling, server_tls, trusting):
    async with (
        Receiver(keywords=OFFERED, tls=server_tls) as receiver,
        calling(receiver, tls=Tls.VERIFY, tls_context=trusting) as caller,
    ):
        assert (await caller.send()).final.code == 250
    assert receiver.commands[:4] == SECURED


async def test_a_verified_route_takes_no_certificate_of_another_name(calling, server_tls, trusting):
    async with (
        Receiver(keywords=OFFERED, tls=server_tls) as receiver,
        calling(receiver, tls=Tls.VERIFY, tls_context=trusting, host="localhost") as caller,
    ):
        transmission = await caller.send()
    assert transmission.is_route_trouble
    assert "localhost" in transmission.trouble
    assert receiver.messages == []


async def test_a_verified_route_takes_no_certificate_of_an_unknown_authority(calling, server_tls):
    async with (
        Receiver(keywords=OFFERED, tls=server_tls) as receiver,
        calling(receiver, tls=Tls.VERIFY) as caller,
    ):
        transmission = await caller.send()
    assert transmission.is_route_trouble
    assert "self-signed" in transmission.trouble
    assert receiver.messages == []


async def test_what_a_stranger_adds_in_the_clear_has_no_effect_inside_tls(calling, server_tls):
    injected = b"220 go\r\n250-mx.test\r\n250 SIZE 1\r\n250 injected\r\n"
    async with (
        Receiver({"STAR": (injected,)}, keywords=OFFERED, tls=server_tls) as receiver,
        calling(receiver, tls=Tls.MUST) as caller,
    ):
        transmission = await caller.send()
        capabilities = caller.next_hops.capabilities(caller.route)
    assert transmission.final.text == "ok"
    assert capabilities.size == 52_428_800
    assert receiver.commands[:4] == SECURED


async def test_a_server_that_goes_inside_tls_leaves_no_answer(calling, server_tls):
    async with (
        Receiver({".": (CLOSE,)}, keywords=OFFERED, tls=server_tls) as receiver,
        calling(receiver, tls=Tls.MUST) as caller,
    ):
        transmission = await caller.send()
    assert transmission.trouble
    assert (transmission.final, transmission.dot_sent) == (None, True)


async def test_a_ca_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        TlsContexts(ca_file=str(tmp_path / "none.pem"))(Tls.VERIFY)
