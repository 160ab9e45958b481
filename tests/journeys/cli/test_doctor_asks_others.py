"""The doctor's questions to name servers, clamd and next hops."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from dnslib import RR, A
from dnslib.server import BaseResolver, DNSServer

from ecluse.entrypoints.doctor import clamd as clamd_checks
from ecluse.entrypoints.doctor import network
from ecluse.entrypoints.doctor.diagnosis import Patient, State
from ecluse.entrypoints.options import read_settings
from ecluse.wire.notations import NameServer
from tests.journeys.cli.conftest import POLICY
from tests.loopback import free_port


class Answers(BaseResolver):
    def __init__(self, code: int) -> None:
        self.code = code

    def resolve(self, request, handler):
        reply = request.reply()
        reply.header.rcode = self.code
        if not self.code:
            reply.add_answer(RR(request.q.qname, rdata=A("192.0.2.1"), ttl=60))
        return reply


@pytest.fixture
def serve() -> Iterator:
    servers = []

    def start(code: int) -> NameServer:
        port = free_port()
        server = DNSServer(Answers(code), port=port, address="127.0.0.1")
        server.start_thread()
        servers.append(server)
        return NameServer(f"127.0.0.1:{port}")

    yield start
    for server in servers:
        server.stop()
        server.server.server_close()


def patient(node, more: str = "", **rest) -> Patient:
    node.configure(more)
    return Patient(node.config, read_settings(node.config), None, **rest)


@pytest.mark.parametrize(("code", "state"), [(0, State.OK), (3, State.OK), (2, State.FAIL), (5, State.FAIL)])
def test_a_name_server_answers_and_serves_us(node, serve, code, state):
    server = serve(code)
    [found] = network.name_servers(patient(node, f'[dns]\nnameservers = ["{server}"]'))
    assert found.state is state


def test_a_name_server_that_is_away_fails(node):
    [found] = network.name_servers(patient(node, f'[dns]\nnameservers = ["127.0.0.1:{free_port()}"]'))
    assert found.state is State.FAIL


@pytest.mark.parametrize("reply", [b"", b"\0", b"x" * 3_000])
def test_what_is_no_answer_fails(node, reply):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        echo = threading.Thread(target=lambda: server.sendto(reply, server.recvfrom(512)[1]))
        echo.start()
        [found] = network.name_servers(patient(node, f'[dns]\nnameservers = ["127.0.0.1:{server.getsockname()[1]}"]'))
        echo.join()
    assert found.state is State.FAIL


def test_clamd_is_asked_for_its_version(node, clamd):
    found = list(clamd_checks.clamd(patient(node, f'[scanners]\nclamd = "unix:{clamd.socket_path}"')))
    assert found[0].state is State.OK
    assert found[0].found.startswith("ClamAV ")


def test_the_limits_of_a_small_clamd_fail(node, clamd):
    node.configure(f'[scanners]\nclamd = "unix:{clamd.socket_path}"')
    one = Patient(node.config, read_settings(node.config), clamd.folder / "clamd.conf")
    found = {each.subject: each.state for each in clamd_checks.clamd_limits(one)}
    assert found["StreamMaxLength"] is found["MaxFileSize"] is State.FAIL


def test_a_next_hop_is_asked_only_when_ordered(node, client_server):
    (node.folder / "policy.toml").write_text(POLICY.format(next_hop=client_server.port), "utf-8")
    assert list(network.routes(patient(node))) == []
    [found] = network.routes(patient(node, asks_routes=True))
    assert found.state is State.OK
    assert found.subject == "route of a.example"


def test_a_next_hop_that_is_away_fails(node):
    [found] = network.routes(patient(node, asks_routes=True))
    assert found.state is State.FAIL
    assert "connection refused" in found.found


def test_a_next_hop_that_never_speaks_is_waited_for_a_while_only(node, monkeypatch):
    monkeypatch.setattr(network, "ROUTE_PATIENCE_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        (node.folder / "policy.toml").write_text(POLICY.format(next_hop=mute.getsockname()[1]), "utf-8")
        [found] = network.routes(patient(node, asks_routes=True))
    assert found.state is State.FAIL


def test_the_whole_report_says_what_to_do_about_each_finding(node):
    said = node.run("doctor", "--json")
    assert said.code == 1
    for one in said.json:
        assert one["found"]
        assert (one["state"] == "ok") == (one["advice"] == "")
    printed = node.run("doctor").out
    assert "what to do" in printed
    assert " failed, " in printed
