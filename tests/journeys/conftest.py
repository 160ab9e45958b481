"""Nodes for the journeys: one that most tests share, and as many more as a test asks for."""

from __future__ import annotations

import pytest

from tests.journeys.node import Node, client_table, domains
from tests.loopback import fresh_ip


@pytest.fixture(scope="session")
def make_node(tmp_path_factory):
    """`make_node(policy, settings, outbound_hop)` gives a started node; all are ended after the session."""
    nodes = []

    def make(policy, settings=None, outbound_hop=None):
        node = Node(tmp_path_factory.mktemp("node"), policy, settings, outbound_hop)
        nodes.append(node)
        return node.start()

    yield make
    for node in nodes:
        node.stop()


class Shared:
    """The node that most tests share, and the domains that it serves and nobody has used yet."""

    def __init__(self, make_node):
        self._plain = domains("d", 150)
        self._two_routes = domains("r", 8, routes=2)
        self._buffering = domains("b", 4)
        self.listed = domains("listed", 1)[0]
        self.outbound_hop = fresh_ip()
        policy = (
            client_table("plain", self._plain)
            + client_table("routed", self._two_routes)
            + client_table("buffering", self._buffering, buffer_rcpt_4xx="true")
            + client_table("listed", [self.listed], addresses='["ann", "bob"]')
        )
        self.node = make_node(policy, {"": {"delivery_processes": 2}}, self.outbound_hop)

    def domain(self):
        """One next hop."""
        return self._plain.pop(0)

    def routed_domain(self):
        """Two next hops."""
        return self._two_routes.pop(0)

    def buffering_domain(self):
        """`buffer_rcpt_4xx = true`."""
        return self._buffering.pop(0)


@pytest.fixture(scope="session")
def shared(make_node):
    return Shared(make_node)


@pytest.fixture
def node(shared):
    """The shared node; it must come out of every test without a fault."""
    before = len(shared.node.faults())
    yield shared.node
    assert shared.node.faults()[before:] == []


@pytest.fixture
def domain(shared):
    return shared.domain()
