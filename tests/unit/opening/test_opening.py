"""The dispatcher: one budget for all, entries in their turn, nothing opened twice."""

import pytest

from ecluse.domain.opened import Member, MemberKind
from ecluse.opening import opening
from ecluse.opening.budget import Budget, Limits
from ecluse.opening.flags import Flag
from ecluse.opening.opening import open_file
from ecluse.opening.pieces import Broken, Entry, ExternalLink, File, Flagged, Text, Url
from ecluse.wire.eicar import EICAR

# A container of this test's own: "box" and, on each line, a name and what lies in it; ";" stands for a line end inside.
BOX = b"box\n"


def box(**entries: bytes) -> bytes:
    return BOX + b"\n".join(name.encode() + b"=" + content.replace(b"\n", b";") for name, content in entries.items())


def open_box(file: File, budget: Budget):
    if not file.content.startswith(BOX):
        return
    for line in file.content.splitlines()[1:]:
        name, _, content = line.partition(b"=")
        budget.check_octets(len(content))
        yield Entry(name.decode(), content.replace(b";", b"\n"))


@pytest.fixture
def openers(monkeypatch):
    shipped = opening.OPENERS

    def use(*more):
        table = (*shipped, (None, open_box), *((None, opener) for opener in more))
        monkeypatch.setattr(opening, "OPENERS", table)

    use()
    return use


def test_a_plain_file_is_its_type_and_nothing_else():
    opened = open_file(File(b"Bonjour,\nvoici le rapport.\n", "a.txt"), Limits())
    assert (opened.type, opened.members, opened.flags, opened.error) == ("text", (), (), "")


def test_an_empty_file_is_told():
    assert open_file(File(b""), Limits()).type == "empty"


@pytest.mark.usefixtures("openers")
def test_members_stand_before_what_lies_in_them():
    opened = open_file(File(box(inner=b"box\na=1", b=b"2"), "o.box"), Limits())
    assert [member.path for member in opened.members] == [("inner",), ("inner", "a"), ("b",)]
    assert opened.members[1].sha256.startswith("6b86b273")
    assert opened.members[1].size == 1


def test_flags_of_a_member_are_flags_of_the_whole(openers):
    opened = open_file(File(box(virus=EICAR)), Limits())
    assert opened.flags == ("eicar",)
    assert opened.members[0].flags == ("eicar",)


def test_the_same_content_is_opened_once(openers):
    seen = []
    openers(lambda file, _budget: iter(seen.append(file.content) or ()))
    opened = open_file(File(box(a=b"same", b=b"same")), Limits())
    assert seen.count(b"same") == 1
    assert opened.members[0].sha256 == opened.members[1].sha256
    assert [member.type for member in opened.members] == ["text", "text"]


def test_what_contains_itself_is_a_bomb(openers):
    def quine(file, _budget):
        yield Entry("again", file.content)

    openers(quine)
    opened = open_file(File(b"anything"), Limits())
    assert len(opened.members) == 1
    assert "bomb" in opened.flags


def test_a_message_without_a_header_is_its_text_and_no_bomb():
    found = open_file(File(b"see https://a.test/\n", "a.eml"), Limits())
    assert (found.type, found.flags, found.urls) == ("eml", (), ("https://a.test/",))


@pytest.mark.parametrize(
    ("limits", "word", "error"),
    [
        (Limits(members=2), "limit", "too many members"),
        (Limits(member_octets=3), "limit", "an entry is too large"),
        (Limits(octets=5), "limit", "too much content"),
        (Limits(free_octets=1, ratio=0), "bomb", "a bomb"),
        (Limits(seconds=-1), "limit", "out of time"),
    ],
)
def test_every_limit_ends_the_opening_and_is_told(openers, limits, word, error):
    opened = open_file(File(box(a=b"1", b=b"22", c=b"3333")), limits)
    assert opened.error == error
    assert word in opened.flags


def test_what_was_found_before_a_limit_is_kept(openers):
    opened = open_file(File(box(a=b"1", b=b"22", c=b"3333")), Limits(members=2))
    assert [member.path for member in opened.members] == [("a",), ("b",)]


def test_too_deep_is_told_and_the_rest_is_opened(openers):
    opened = open_file(File(box(inner=b"box\na=1", b=b"2")), Limits(depth=0))
    assert [member.path for member in opened.members] == [("inner",), ("b",)]
    assert opened.members[0].error == "too deep"
    assert "limit" in opened.flags


def test_what_lies_too_deep_is_opened_where_it_lies_less_deep(openers):
    held = {
        b"root": [Entry("outer", b"outer"), Entry("inner", b"inner")],
        b"outer": [Entry("inner", b"inner")],
        b"inner": [Url("https://a.test/")],
    }
    openers(lambda file, _budget: iter(held[file.content]))
    opened = open_file(File(b"root"), Limits(depth=1))
    assert [member.error for member in opened.members] == ["", "too deep", ""]
    assert opened.urls == ("https://a.test/",)


def test_an_opener_that_trips_breaks_one_file_only(openers):
    def trip(file, _budget):
        if file.content == b"1":
            raise ValueError
        return iter(())

    openers(lambda file, budget: (yield from trip(file, budget)))
    opened = open_file(File(box(a=b"1", b=b"2")), Limits())
    assert (opened.members[0].error, opened.members[0].flags) == ("unreadable: ValueError", ("unopened",))
    assert opened.members[1].error == ""
    assert opened.error == ""


def test_what_is_closed_makes_the_whole_encrypted(openers):
    openers(lambda file, _budget: iter([Broken("no password fits", is_encrypted=True)] if file.content == b"x" else []))
    opened = open_file(File(box(a=b"x")), Limits())
    assert opened.is_encrypted
    assert opened.members[0].is_encrypted
    assert opened.members[0].error == "no password fits"


def test_an_entry_that_a_password_opened_is_told_but_closes_nothing(openers):
    openers(lambda file, _budget: iter([Entry("a", b"1", is_encrypted=True)] if file.content == b"x" else []))
    opened = open_file(File(b"x"), Limits())
    assert opened.members[0].is_encrypted
    assert not opened.is_encrypted


def test_a_layer_speaks_for_its_file(openers):
    layer = Entry("page 1", b"y", flags=(Flag.POLYGLOT,), is_member=False)
    openers(lambda file, _budget: iter([layer] if file.content == b"x" else [Url("https://a.test/")]))
    opened = open_file(File(b"x"), Limits())
    assert opened.members == ()
    assert opened.flags == ("polyglot",)
    assert opened.urls == ("https://a.test/",)


def test_texts_and_urls_are_bounded(openers):
    openers(lambda _file, _budget: iter([Text("abc"), Text("def"), Url("1"), Url("2"), ExternalLink("3")]))
    opened = open_file(File(b"\0\x01"), Limits(texts=4, urls=1))
    assert opened.texts == ("abc", "d")
    assert (opened.urls, opened.external_links) == (("1",), ("3",))


def test_an_entry_without_content_is_a_member(openers):
    folder = Entry("folder", kind=MemberKind.DIRECTORY)
    openers(lambda _file, _budget: iter([folder, Flagged("ambiguous")]))
    opened = open_file(File(b"x"), Limits())
    assert opened.members == (Member(("folder",), MemberKind.DIRECTORY),)
    assert opened.flags == ("ambiguous",)
