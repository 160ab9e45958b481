"""A client's lists as a file, and many lines at once by the API: all of it or nothing; its users', too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.policies.models import ListEntry, ListKind
from ecluse.control.policies.services import list_sender, unlist
from ecluse.control.tenants.models import Address
from tests.control.cast import ADMIN
from tests.web.programs import program_of

HEAD = "list,sender,note,last day\n"
EVIL = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def ann(cast):
    return cast.browser(Role.ADMINISTRATOR)


def here(cast, path):
    return f"/clients/{cast.one.pk}/lists/{path}"


def sent(cast, browser, text):
    return browser.post(here(cast, "import"), {"file": SimpleUploadedFile("a.csv", text.encode())}, follow=True)


def lines(cast):
    """The client's own: sender -> list, note, and when it ends."""
    with scope(client=cast.one):
        rows = ListEntry.objects.filter(address=None)
        return {row.entry: (row.kind, row.note, row.expires_at) for row in rows}


def test_what_was_exported_is_imported_as_it_was(cast, ann):
    until = datetime.combine(timezone.now().date() + timedelta(days=30), time.max, UTC)
    with scope(client=cast.one):
        paul = Address.objects.get(local="paul")
        list_sender(cast.one, ListKind.BLOCK, "*.evil.example", "*.evil.example", note=EVIL, expires_at=until, by=ADMIN)
        list_sender(cast.one, ListKind.ALLOW, "192.0.2.0/24", "192.0.2.0/24", by=ADMIN)
        list_sender(cast.one, ListKind.BLOCK, "his@own.example", "his@own.example", address=paul, by=ADMIN)
    before, sheet = lines(cast), ann.get(here(cast, "export")).content.decode()
    assert "his@own.example" not in ann.get(here(cast, "export?q=friend")).content.decode()
    assert '"=' not in sheet
    assert "0 added or changed, 4 known before." in sent(cast, ann, sheet).text
    with scope(client=cast.one):
        for row in ListEntry.objects.all():
            unlist(row, by=ADMIN)
    assert "4 added or changed" in sent(cast, ann, sheet).text
    assert lines(cast) == before
    with scope(client=cast.one):
        assert ListEntry.objects.get(address=paul).entry == "his@own.example"


def test_an_administrator_lists_for_one_user_by_form_file_and_program(cast, ann):
    """Of another client's address nothing is told but what is told of nobody's."""
    program = program_of(cast.people[Role.ADMINISTRATOR], cast.one, "change-lists")
    for form, whose in (("a.example", "Paul@one.example"), ("b.example", "paul@two.example"), ("c.example", "")):
        ann.post(here(cast, "add"), {"kind": "block", "entry": form, "address": whose})
        answer = program.call(
            "POST",
            f"clients/{cast.one.pk}/lists",
            json.dumps({"kind": "block", "entry": f"p{form}", "address": whose or None}).encode(),
        )
        assert answer.status_code == (422 if "two" in whose else 201), answer.text
    sent(cast, ann, f"{HEAD.strip()},for\nblock,d.example,,,PAUL@one.example\nblock,d.example,,,\n")
    page = sent(cast, ann, f"{HEAD.strip()},for\nblock,e.example,,,paul@two.example\n")
    assert "Line 2: This is none of your addresses." in page.text
    with scope(client=cast.one):
        found = {(row.entry, row.address and row.address.key) for row in ListEntry.objects.filter(kind="block")}
    paul = "paul@one.example"
    assert found == {
        ("a.example", paul), ("pa.example", paul), ("c.example", None), ("pc.example", None),
        ("d.example", paul), ("d.example", None),
    }  # fmt: skip
    shown = ann.get(here(cast, "?q=paul@one")).text
    assert shown.count('<td class="text-break">paul@one.example</td>') == 3


def test_what_is_in_the_other_list_moves_and_what_stands_twice_counts_once(cast, ann):
    sent(cast, ann, f"{HEAD}block,friend@one.example,not any more,\nallow,Bob@x.example,,\nblock,bob@x.example,,\n")
    assert lines(cast) == {
        "friend@one.example": ("block", "not any more", None),
        "bob@x.example": ("block", "", None),
    }
    with scope(client=cast.one):
        assert [each.action for each in entries(cast.one.pk)[:2]] == ["list.entry-added"] * 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("deny,x.example,,", "Line 3: The list is allow or block."),
        ("block,no sender at all,,", "Line 3: This is no sender"),
        (f"block,{'x' * 400}.example,,", "Line 3: This is no sender"),
        ("block,x.example,,tomorrow", "Line 3: The last day is written as"),
        ("block,x.example,,2020-01-01", "Line 3: This day is over."),
        ("block,x.example,a\0b,", "This is no CSV file"),
    ],
)
def test_one_wrong_line_changes_nothing(cast, ann, line, told):
    before = lines(cast)
    page = sent(cast, ann, f"{HEAD}block,good.example,,\n{line}\n")
    assert page.status_code == 400
    assert told in page.text
    assert lines(cast) == before


def test_a_program_brings_many_or_none(cast):
    program = program_of(cast.people[Role.ADMINISTRATOR], cast.one, "change-lists")
    good = {"kind": "block", "entry": "a.example", "note": "theirs"}
    over = {**good, "entry": "b.example", "expires_at": "2020-01-01T00:00:00Z"}
    path = f"clients/{cast.one.pk}/lists/import"
    answer = program.call("POST", path, json.dumps({"entries": [good, over]}).encode())
    assert answer.status_code == 422
    assert "entries.1.expires_at" in answer.text
    assert "a.example" not in lines(cast)
    counted = [program.call("POST", path, json.dumps({"entries": [good]}).encode()).json() for _ in range(2)]
    assert counted == [{"added": 1, "known": 0}, {"added": 0, "known": 1}]
    assert lines(cast)["a.example"] == ("block", "theirs", None)


def test_who_may_not_change_lists_imports_nothing(cast):
    browser = cast.browser(Role.HELP_DESK)
    assert sent(cast, browser, f"{HEAD}block,x.example,,\n").status_code == 403
    assert "x.example" not in lines(cast)
