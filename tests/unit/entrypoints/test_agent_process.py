"""The agent follows the policy file."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.domain.address import Address
from ecluse.domain.errors import Unavailable
from ecluse.entrypoints import agent_process, control_jobs
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings import load_settings

POLICY = """\
[[clients]]
name = "A"

[[clients.domains]]
name = "{domain}"
addresses = "any"
routes = ["smtp://192.0.2.30:25"]
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(agent_process, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(agent_process, "SETTLED_AFTER_S", 0.0)
    file = tmp_path / "ecluse.toml"
    file.write_text('hostname = "gateway.test"\ndata_dir = "data"\n\n[policy]\nfile = "policy.toml"\n', "utf-8")
    (tmp_path / "policy.toml").write_text(POLICY.format(domain="old.example"), "utf-8")
    yield load_settings(file)
    close_all()


async def follow(settings, is_so, within_s=20.0):
    """Return once it is so, or after that time."""
    following = asyncio.create_task(agent_process._Agent(settings)._follow_policy())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not is_so():  # noqa: ASYNC110 - nothing tells of a publication.
                await asyncio.sleep(0.01)
    following.cancel()


def test_a_change_is_looked_for_often_enough_to_be_live_within_two_seconds():
    assert max(agent_process.LOOK_EVERY_S, control_jobs.LOOK_EVERY_S) <= 1.0


async def test_a_policy_that_was_edited_while_no_agent_looked_is_published(settings):
    agent_process.publish_policy(settings)
    settings.policy.file.write_text(POLICY.format(domain="new.example"), "utf-8")
    policies = LmdbPolicies(DataPaths(settings.data_dir).policy)
    await follow(settings, lambda: policies.domain("new.example"))
    assert policies.domain("new.example") is not None
    assert policies.domain("old.example") is None


async def test_a_file_that_does_not_change_is_read_once(settings, monkeypatch):
    reads = []
    monkeypatch.setattr(agent_process, "publish_policy", lambda settings: reads.append(settings) or ())
    await follow(settings, lambda: len(reads) > 1, within_s=0.5)
    assert reads == [settings]


LISTED = POLICY.replace('addresses = "any"', 'addresses_file = "people.csv"').format(domain="old.example")


async def test_a_list_of_addresses_that_was_exported_anew_is_published(settings):
    people = settings.policy.file.with_name("people.csv")
    people.write_text("mail\nann@old.example\n", "utf-8")
    settings.policy.file.write_text(LISTED, "utf-8")
    policies = LmdbPolicies(DataPaths(settings.data_dir).policy)
    following = asyncio.create_task(agent_process._Agent(settings)._follow_policy())
    ann, bob = Address("ann", "old.example"), Address("bob", "old.example")
    await until(lambda: knows(policies, ann))
    people.write_text("mail\nbob@old.example, nobody\n", "utf-8")  # Half written, or a mistake: nothing changes.
    await asyncio.sleep(0.1)
    assert knows(policies, ann)
    people.write_text("mail\nbob@old.example\n", "utf-8")
    await until(lambda: knows(policies, bob))
    assert not knows(policies, ann)
    following.cancel()


async def test_a_list_that_is_still_being_written_is_left_alone(settings, monkeypatch):
    people = settings.policy.file.with_name("people.csv")
    people.write_text("ann\nbob\n", "utf-8")
    settings.policy.file.write_text(LISTED, "utf-8")
    policies = LmdbPolicies(DataPaths(settings.data_dir).policy)
    following = asyncio.create_task(agent_process._Agent(settings)._follow_policy())
    bob = Address("bob", "old.example")
    await until(lambda: knows(policies, bob))
    await asyncio.sleep(0.1)
    monkeypatch.setattr(agent_process, "SETTLED_AFTER_S", 3_600.0)
    people.write_text("ann\n", "utf-8")
    await asyncio.sleep(0.3)
    assert knows(policies, bob)
    monkeypatch.setattr(agent_process, "SETTLED_AFTER_S", 0.0)
    await until(lambda: not knows(policies, bob))
    following.cancel()


async def test_a_list_that_is_not_there_yet_is_read_once_it_is(settings):
    settings.policy.file.write_text(LISTED, "utf-8")
    policies = LmdbPolicies(DataPaths(settings.data_dir).policy)
    following = asyncio.create_task(agent_process._Agent(settings)._follow_policy())
    await asyncio.sleep(0.1)
    settings.policy.file.with_name("people.csv").write_text("ann\n", "utf-8")
    await until(lambda: knows(policies, Address("ann", "old.example")))
    following.cancel()


def knows(policies, address):
    try:
        return policies.has_address(address)
    except Unavailable:
        return False


async def until(is_so, within_s=20.0):
    async with asyncio.timeout(within_s):
        while not is_so():  # noqa: ASYNC110 - nothing tells of a publication.
            await asyncio.sleep(0.01)
