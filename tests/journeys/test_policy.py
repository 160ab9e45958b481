"""The policy file is edited while the node runs: what is right is live within two seconds, what is not changes nothing.

Two seconds are a look each second and the time to publish; that no worker is slower than another is what is tried here.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from ecluse.entrypoints import agent_process
from tests.journeys.node import client_table, domains, until
from tests.journeys.sender import message

WITHIN_S = 60.0  # For a busy machine.


@pytest.fixture(scope="module")
def served():
    return domains("policy", 2)


@pytest.fixture(scope="module")
def edited(make_node, served):
    return make_node(client_table("one", served[:1]), {"": {"workers": 2}})


@pytest.fixture
def node(edited, served):
    """The node with one client and one domain, whatever the test before has made of it."""
    edited.write_policy(client_table("one", served[:1]))
    return edited


async def answer(node, recipient, sender="ann@sender.test"):
    async with node.sender() as connection:
        await connection.greeted()
        return str((await connection.pipeline(f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"))[1])


async def until_answered(node, recipient, expected):
    """The answer to RCPT becomes another one, and once one worker gives it, all do."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            if (await answer(node, recipient)).startswith(expected):
                break
    for _ in range(10):
        assert (await answer(node, recipient)).startswith(expected)


def test_the_agent_looks_each_second():
    assert agent_process.LOOK_EVERY_S <= 1


async def test_a_new_domain_is_served(node, served):
    await until_answered(node, served[1].bob, "550 5.7.1")
    node.write_policy(client_table("one", served))
    await until_answered(node, served[1].bob, "250")
    node.write_policy(client_table("one", served[:1]))
    await until_answered(node, served[1].bob, "550 5.7.1")


async def test_a_suspended_client_is_told_at_once(node, served):
    await until_answered(node, served[0].bob, "250")
    since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    node.write_policy(client_table("one", served[:1], state='"suspended"', state_since=since))
    await until_answered(node, served[0].bob, "451 4.7.1")


async def test_a_new_entry_of_a_block_list_counts(node, served):
    await until_answered(node, served[0].bob, "250")
    async with served[0].next_hop() as hop:
        assert (await node.send([served[0].bob], message()))[-1].code == 250
        node.write_policy(client_table("one", served[:1], block='["sender.test"]'))
        async with asyncio.timeout(WITHIN_S):
            while True:
                if (await node.send([served[0].bob], message()))[-1].code == 550:
                    break
        assert hop.taken


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("[[clients]\n", "policy.toml:1"),
        ('[[clients]]\nname = "one"\ncolour = "blue"\n', "colour"),
        ("", "clients"),
    ],
)
async def test_a_broken_file_changes_nothing_and_is_named_in_the_log(node, served, broken, named):
    await until_answered(node, served[0].bob, "250")
    seen = len(node.log("policy not published"))
    node.write_policy(broken)
    await until(lambda: len(node.log("policy not published")) > seen)
    problem = node.log("policy not published")[-1]["problem"]
    assert "policy.toml" in problem
    assert named in problem
    assert (await answer(node, served[0].bob)).startswith("250")


async def test_a_file_that_is_gone_changes_nothing(node, served):
    await until_answered(node, served[0].bob, "250")
    seen = len(node.log("policy not published"))
    (node.folder / "policy.toml").unlink()
    await until(lambda: len(node.log("policy not published")) > seen)
    assert (await answer(node, served[0].bob)).startswith("250")


async def test_newsletters_are_tagged_or_kept_as_the_client_wants(node, served):
    letter = message(**{"List-Unsubscribe": "<mailto:out@sender.test>", "X-Ecluse-Class": "forged"})
    async with served[0].next_hop() as hop:
        for wish, expected in (("tag", "250 M"), ("digest", "250"), ("refuse", "550"), ("deliver", "250 N")):
            node.write_policy(client_table("one", served[:1], mass_mail=f'"{wish}"'))
            deadline = time.monotonic() + WITHIN_S
            while (found := await _what_becomes(node, served[0].bob, letter, hop)) != expected:
                assert time.monotonic() < deadline, f"{wish}: {found}"
    assert node.held()[-1].verdict.startswith("hold M: ")


async def _what_becomes(node, recipient, letter, hop):
    """The answer's code, and "M" or "N" where it came to the next hop with or without the tag."""
    taken = len(hop.taken)
    code = (await node.send([recipient], letter))[-1].code
    if len(hop.taken) == taken:
        return f"{code}"
    assert b"forged" not in hop.taken[-1].content
    return f"{code} {'M' if b'X-Ecluse-Class: M' in hop.taken[-1].content else 'N'}"
