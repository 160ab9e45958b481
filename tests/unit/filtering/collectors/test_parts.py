"""Large messages are read beside the event loop, small ones on the spot."""

from __future__ import annotations

import inspect

from ecluse.domain.evidence import PartFacts
from ecluse.filtering.collect import ON_THE_SPOT_OCTETS, Sources, Subject
from ecluse.filtering.collectors.parts import parts
from tests.unit.filtering.samples import MESSAGE, incoming


def _subject(message: bytes) -> Subject:
    return Subject(incoming(message), (), Sources(policies=None, scanner=None, hostname="gateway.example"))


def test_a_small_message_is_read_on_the_spot():
    assert isinstance(parts(_subject(MESSAGE)), PartFacts)


async def test_a_large_message_is_read_beside_the_loop_with_the_same_result():
    answer = parts(_subject(MESSAGE + b"x" * ON_THE_SPOT_OCTETS))
    assert inspect.iscoroutine(answer)
    facts = await answer
    assert facts.types == ("text/plain",)
