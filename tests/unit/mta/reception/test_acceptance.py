"""What is kept of a message whose answer becomes another one than was meant."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.errors import Unavailable
from ecluse.domain.finding import Finding
from ecluse.filtering.collect import Served, Sources
from ecluse.filtering.pipeline import Pipeline
from ecluse.mta.reception.acceptance import Acceptance
from ecluse.mta.reception.tarpit import Tarpit
from tests.unit.filtering import samples

URL = "https://release.gateway.test/r/"
SEALED = replace(samples.POLICY, seal_to=bytes(range(32)))


def _is_spam(evidence, policy):
    yield Finding("GTUBE")


class _Journal:
    def __init__(self, problem=None):
        self.problem = problem

    def append(self, event):
        pass

    async def sync(self):
        if self.problem:
            raise self.problem


@pytest.fixture
def held(tmp_path):
    spool = FolderSpool(tmp_path, reserve_bytes=0)
    yield spool
    spool.close()


@pytest.fixture
def answer(held):
    def _answer(problem=None, policy=SEALED):
        acceptance = Acceptance(
            hostname="gateway.test",
            pipeline=Pipeline((), (_is_spam,), ()),
            sources=Sources(None, None, "gateway.test"),
            journal=_Journal(problem),
            spool=None,
            held=held,
            doorbell=None,
            cut_through=None,
            tarpit=Tarpit(0),
            release_url=URL,
        )
        return asyncio.run(acceptance.answer(samples.incoming(), (Served(samples.ANN, policy),), lambda: False))

    return _answer


def test_a_refused_message_is_kept_for_its_sender(answer, held):
    reply = answer()
    assert (reply.code, URL in reply.text) == (550, True)
    assert len(list(held.messages())) == 1
    with held.lock(samples.incoming().id):
        pass


@pytest.mark.parametrize("problem", [Unavailable("the disk is full"), RuntimeError("a fault of ours"), MemoryError()])
def test_a_refusal_that_cannot_be_recorded_is_none_and_keeps_nothing(answer, held, problem):
    """Its sender comes again, and knows nothing of a link."""
    assert answer(problem).code == 451
    assert list(held.messages()) == []


def test_a_worker_that_ends_keeps_nothing(answer, held):
    with pytest.raises(asyncio.CancelledError):
        answer(asyncio.CancelledError())
    assert list(held.messages()) == []


def test_a_damaged_key_keeps_no_refusal_from_its_sender(answer, held):
    assert answer(policy=replace(samples.POLICY, seal_to=b"short")).code == 550
    assert list(held.messages()) == []
