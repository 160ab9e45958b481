"""Each act that is written into the trail is told in words, in English and in French, and found by them."""

from __future__ import annotations

import ast
import re
from itertools import chain
from pathlib import Path

from django.utils.translation import override

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.queries import entries
from ecluse.control.contracts.amendment_states import AmendmentStep
from ecluse.control.contracts.models import Approval
from ecluse.control.contracts.states import Step
from ecluse.control.operation.queues import KINDS
from ecluse.control.support.states import Step as TicketStep
from ecluse.web.act_words import ACT_WORDS, acts_called

CODE = Path(__file__).resolve().parents[2] / "src/ecluse"
NAME = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*")
WRITERS = {"record", "_record", "record_account_act", "_move"}
# Names that are put together. `tests/simulate` looks at all that it has done, too.
COMPOSED = {
    *(f"contract.{step}" for step in Step),
    *(f"contract.amendment-{step}" for step in AmendmentStep),
    *(f"contract.domain-{approval}" for approval in Approval),
    *(f"ticket.{step}" for step in TicketStep),
    *(f"queue.{kind}-ordered" for kind in KINDS),
}


def written():
    """Names that stand whole in a call that writes the trail."""
    found = set()
    for path in CODE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and called(call) in WRITERS:
                found.update(filter(NAME.fullmatch, chain.from_iterable(map(texts_in, call.args[:3]))))
    return found


def called(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def texts_in(node):
    return [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def test_each_act_has_words():
    names = written()
    assert {"domain.added", "session.started", "signing-key.moved", "objection.sent-on"} <= names
    assert sorted((names | COMPOSED) - ACT_WORDS.keys()) == []


def test_an_act_is_read_and_found_in_the_readers_words(cast):
    ann = cast.browser(Role.ADMINISTRATOR)
    ann.post(f"/clients/{cast.one.pk}/lists/add", {"kind": "allow", "entry": "friend.example"})
    for language, asked, words in (
        ("en", "put ON a list", "Sender put on a list"),
        ("fr", "mis sur", "mis sur une liste"),
    ):
        ann.cookies["language"] = language
        page = ann.get(f"/clients/{cast.one.pk}/audit/?q={asked}").text
        assert words in page
        assert "friend.example" in page
        assert "domain.added" not in page
        assert words in ann.get(f"/clients/{cast.one.pk}/").text
        with override(language):
            assert acts_called(asked) == ("list.entry-added",)
    assert acts_called(" ") == ()
    assert entries(cast.one.pk, search="nothing like it", acts=()).count() == 0
