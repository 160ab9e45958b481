"""`ecluse detour`: who orders another way for outbound mail, and what waits for it."""

from __future__ import annotations

import json
import time

import pytest

from ecluse.adapters.folder.spool import FolderSpool
from ecluse.adapters.lmdb.detours import LmdbDetours
from ecluse.adapters.lmdb.environment import close_all
from ecluse.domain.incoming import Direction

LATER = 1e11
HOP = "smtp://192.0.2.25:2525"


@pytest.fixture
def detour(run, data):
    yield lambda verb, *arguments: run("detour", verb, "--data-dir", data.paths.root, *arguments)
    close_all()


def queue(data, number, **more):
    facts = {"direction": Direction.OUTBOUND, "client": "A", "destination": "b.example", "next_attempt": LATER}
    data.queue(id=f"019a000000017000800000000000000{number}", **facts | more)


def due(data):
    """The last digits of the ids of what may be tried now."""
    spool = FolderSpool(data.paths.spool, reserve_bytes=0)
    found = {one.id[-1] for one in spool.messages() if one.next_attempt <= time.time()}
    spool.close()
    return found


def test_a_look_makes_no_folder(detour, data):
    detour("list")
    assert not data.paths.detours.exists()


def test_what_is_set_is_listed_until_it_ends(detour, data):
    detour("set", HOP, "--client", "A", "--domain", "B.example", "--hours", "2")
    [listed] = json.loads(detour("list", "--json").out)
    assert (listed["client"], listed["domain"], listed["next_hop"]) == ("A", "b.example", HOP)
    assert LmdbDetours(data.paths.detours).find("A", "b.example", time.time() + 7_000).host == "192.0.2.25"
    detour("end", "--client", "A", "--domain", "b.example")
    assert json.loads(detour("list", "--json").out) == []


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--client", "A", "--domain", "b.example"), {"1"}),
        (("--domain", "b.example"), {"1", "2"}),
        (("--client", "A"), {"1", "3"}),
    ],
)
def test_what_waits_for_it_is_due_at_once_and_nothing_else(detour, data, options, wanted):
    queue(data, 1)
    queue(data, 2, client="B")
    queue(data, 3, destination="c.example")
    queue(data, 4, is_held=True)
    queue(data, 5, direction=Direction.INBOUND)
    detour("set", HOP, *options)
    assert due(data) == wanted


@pytest.mark.parametrize("arguments", [(HOP,), ("x.example", "--client", "A"), (HOP, "--client", "A", "--hours", "0")])
def test_what_says_not_enough_is_refused(detour, arguments):
    assert detour("set", *arguments).code == 2


def test_what_was_never_set_cannot_end(detour):
    assert "no detour" in detour("end", "--client", "A").err
