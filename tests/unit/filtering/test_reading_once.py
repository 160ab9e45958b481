"""What is dear is done once a message, however many collectors want it (issue 4: cost)."""

from __future__ import annotations

import pytest

from ecluse.entrypoints.scan import NoLists
from ecluse.filtering import body as bodies
from ecluse.filtering import collect as collecting
from ecluse.filtering.collect import Served, Sources, Subject, collect
from ecluse.filtering.inbound import COLLECTORS
from tests.unit.filtering.memories import Memories
from tests.unit.filtering.samples import ANN, POLICY, incoming

PAGE = b"<p>Please <a href=https://a.example/>look</a> at our page, dear reader.</p>"
MAIL = b"From: a@sender.example\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n"


def counted(monkeypatch, module, name):
    """The calls of a function, one entry each; it does what it always does."""
    calls, real = [], getattr(module, name)

    def note(*args):
        calls.append(args)
        return real(*args)

    monkeypatch.setattr(module, name, note)
    return calls


@pytest.mark.parametrize("size", [1, collecting.ON_THE_SPOT_OCTETS // len(PAGE) + 1])
async def test_structure_and_pages_are_read_once_for_all_collectors(monkeypatch, size):
    pages = counted(monkeypatch, bodies, "read_html")
    walks = counted(monkeypatch, bodies, "walk")
    heads = counted(monkeypatch, collecting, "split_head")
    message = incoming(MAIL + PAGE * size)
    sources = Sources(NoLists(), None, "mx.gateway.example", counters=Memories())
    evidence = await collect(Subject(message, (Served(ANN, POLICY),), sources), COLLECTORS, pytest.fail)
    assert evidence.links.domains == ("a.example",)
    assert (len(pages), len(walks), len(heads)) == (1, 1, 1)
