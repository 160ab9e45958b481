"""What every store of bodies promises."""

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible

LARGE = bytes(range(256)) * 40_000  # 10 MB: more than goes up in one request.


class BodiesContract:
    """An adapter joins by one subclass that gives `new`: the store as a node of that name opens it."""

    @pytest.mark.parametrize("octets", [b"", b"\xff\0\r\n.\r\n", LARGE], ids=len)
    def test_keeps_the_exact_bytes(self, new, octets):
        new("a.example").keep("m1", MemoryContent(octets))
        assert b"".join(new("a.example").read("m1")) == octets

    def test_what_is_kept_twice_is_the_later_one(self, new):
        bodies = new("a.example")
        bodies.keep("m1", MemoryContent(b"first"))
        bodies.keep("m1", MemoryContent(b"later"))
        assert b"".join(bodies.read("m1")) == b"later"

    def test_what_is_not_there_is_impossible_to_read_and_harmless_to_remove(self, new):
        bodies = new("a.example")
        with pytest.raises(Impossible):
            list(bodies.read("m1"))
        bodies.keep("m2", MemoryContent(b"x"))
        bodies.remove(["m1", "m2", "m2"])
        assert list(bodies.stored()) == []

    def test_nodes_see_their_own(self, new):
        one, other, longer = new("a.example"), new("b.example"), new("a.example.com")
        for bodies in (one, other, longer):
            bodies.keep("m1", MemoryContent(b"x"))
        one.remove(["m1"])
        assert [list(bodies.stored()) == [] for bodies in (one, other, longer)] == [True, False, False]

    def test_lists_all_with_their_time(self, new, now):
        bodies = new("a.example")
        ids = {f"m{number}" for number in range(3)}
        for each in ids:
            bodies.keep(each, MemoryContent(b"x"))
        stored = list(bodies.stored())
        assert {one.message_id for one in stored} == ids
        assert all(abs(one.stored_at - now) < 120 for one in stored)
