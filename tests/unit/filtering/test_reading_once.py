"""What is dear is done once a message, however many collectors want it (issue 4: cost)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecluse.domain.account import Account
from ecluse.entrypoints.scan import NoLists
from ecluse.filtering import body as bodies
from ecluse.filtering import collect as collecting
from ecluse.filtering import outbound
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


SIZES = pytest.mark.parametrize("size", [1, collecting.ON_THE_SPOT_OCTETS // len(PAGE) + 1])


@SIZES
async def test_structure_and_pages_are_read_once_for_all_collectors(monkeypatch, size):
    pages = counted(monkeypatch, bodies, "read_html")
    walks = counted(monkeypatch, bodies, "walk")
    heads = counted(monkeypatch, collecting, "split_head")
    links = counted(monkeypatch, collecting, "read_links")
    message = incoming(MAIL + PAGE * size)
    sources = Sources(NoLists(), None, "mx.gateway.example", counters=Memories())
    evidence = await collect(Subject(message, (Served(ANN, POLICY),), sources), COLLECTORS, pytest.fail)
    assert evidence.links.domains == ("a.example",)
    assert (len(pages), len(walks), len(heads), len(links)) == (1, 1, 1, 1)


@SIZES
@pytest.mark.parametrize(("table", "times"), [(outbound.COLLECTORS, 1), (outbound.RELAY_ONLY.collectors, 0)])
async def test_of_outbound_mail_links_are_read_once_and_only_where_it_is_filtered(monkeypatch, size, table, times):
    links = counted(monkeypatch, collecting, "read_links")
    is_filtered = table is outbound.COLLECTORS
    message = replace(incoming(MAIL + PAGE * size), account=Account("Client", "ann@client.example"))
    sources = Sources(NoLists(), None, "gw.example", counters=Memories() if is_filtered else None)
    evidence = await collect(Subject(message, (Served(ANN, POLICY),), sources), table, pytest.fail)
    assert len(links) == times
    assert evidence.sending.new_links == (("a.example",) if is_filtered else ())
