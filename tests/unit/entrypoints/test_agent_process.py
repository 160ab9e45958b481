"""The agent follows the policy file."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from ecluse.adapters.lmdb.environment import close_all
from ecluse.adapters.lmdb.policies import LmdbPolicies
from ecluse.entrypoints import agent_process
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
    file = tmp_path / "ecluse.toml"
    file.write_text('hostname = "gateway.test"\ndata_dir = "data"\n\n[policy]\nfile = "policy.toml"\n', "utf-8")
    (tmp_path / "policy.toml").write_text(POLICY.format(domain="old.example"), "utf-8")
    yield load_settings(file)
    close_all()


async def follow(settings, is_so):
    """Return once it is so, or after two seconds."""
    following = asyncio.create_task(agent_process._Agent(settings)._follow_policy())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while not is_so():  # noqa: ASYNC110 - nothing tells of a publication.
                await asyncio.sleep(0.01)
    following.cancel()


async def test_a_policy_that_was_edited_while_no_agent_looked_is_published(settings):
    agent_process.publish_policy(settings)
    settings.policy.file.write_text(POLICY.format(domain="new.example"), "utf-8")
    policies = LmdbPolicies(DataPaths(settings.data_dir).policy)
    await follow(settings, lambda: policies.domain("new.example"))
    assert policies.domain("new.example") is not None
    assert policies.domain("old.example") is None


async def test_a_file_that_does_not_change_is_read_once(settings, monkeypatch):
    reads = []
    monkeypatch.setattr(agent_process, "publish_policy", reads.append)
    await follow(settings, lambda: len(reads) > 1)
    assert reads == [settings]
