"""A blocked sender frees his own mail: he alone, by a test that counts once, and only what may be freed (1-6)."""

from __future__ import annotations

import base64
import hashlib
import json
import time

import pytest

from ecluse.control.mail import human_test, quarantine
from ecluse.control.mail.human_test import Mistake, mistake_in, new_test
from ecluse.control.mail.models import CopyState, HeldCopy, UsedChallenge
from ecluse.control.mail.sender_release import find_refused, release_by_sender
from tests.control import test_quarantine
from tests.control.cast import ADMIN

pytestmark = pytest.mark.django_db(transaction=True)
database, orders, one, public_key, node = (
    test_quarantine.database,
    test_quarantine.orders,
    test_quarantine.one,
    test_quarantine.public_key,
    test_quarantine.node,
)
SUBJECT = b"this message"


def solved(test, **changes):
    """What a browser makes of a challenge."""
    asked = json.loads(test.challenge)
    number = next(
        each
        for each in range(asked["max"] + 1)
        if hashlib.sha256(f"{asked['salt']}{each}".encode()).hexdigest() == asked["challenge"]
    )
    fields = {name: asked[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps({**fields, "number": number, **changes}).encode()).decode()


class TestTheTest:
    def test_a_good_answer_counts_once(self):
        test = new_test(SUBJECT)
        answer = solved(test)
        assert mistake_in(answer, f" {test.digits} ", SUBJECT) is None
        assert mistake_in(answer, test.digits, SUBJECT) is Mistake.USED

    def test_a_wrong_code_ends_the_test(self):
        test = new_test(SUBJECT)
        answer = solved(test)
        wrong = f"{(int(test.digits) + 1) % 10_000:04}"
        assert mistake_in(answer, wrong, SUBJECT) is Mistake.CODE
        assert mistake_in(answer, test.digits, SUBJECT) is Mistake.USED

    def test_a_test_for_another_message_proves_nothing(self):
        test = new_test(b"another")
        assert mistake_in(solved(test), test.digits, SUBJECT) is Mistake.NO_PROOF

    def test_too_late_is_no_proof(self, monkeypatch):
        test = new_test(SUBJECT)
        answer = solved(test)
        later = time.time() + human_test.LIVES.total_seconds() + 5
        monkeypatch.setattr(time, "time", lambda: later)
        assert mistake_in(answer, test.digits, SUBJECT) is Mistake.NO_PROOF

    @pytest.mark.parametrize("changes", [{"number": 1 << 40}, {"signature": "0" * 64}, {"algorithm": "SHA-1"}])
    def test_a_forged_answer_is_no_proof(self, changes):
        test = new_test(SUBJECT)
        assert mistake_in(solved(test, **changes), test.digits, SUBJECT) is Mistake.NO_PROOF

    @pytest.mark.parametrize("octets", [b"", b"[]", b"{}", b"null", b"\xff", b'{"number": "x"}', b"{" * 1_000])
    def test_nonsense_is_no_proof(self, octets):
        assert mistake_in(base64.b64encode(octets).decode(), "1234", SUBJECT) is Mistake.NO_PROOF
        assert mistake_in("%%%", "1234", SUBJECT) is Mistake.NO_PROOF
        assert mistake_in("A" * 3_000, "1234", SUBJECT) is Mistake.NO_PROOF

    def test_used_ones_are_forgotten_after_their_time(self):
        test = new_test(SUBJECT)
        mistake_in(solved(test), "x", SUBJECT)
        assert human_test.forget_used(time.time()) == 0
        assert human_test.forget_used(time.time() + 3_000) == 1
        assert not UsedChallenge.objects.exists()


class TestTheMessage:
    def test_its_sender_sees_what_he_wrote_and_no_name(self, node):
        refused = find_refused("secret")
        assert refused.subject == "The offer"
        assert refused.domains == ("one.example",)
        assert (refused.is_waiting, refused.is_released, refused.may_release) == (True, False, True)

    @pytest.mark.parametrize("token", ["", "guess", "s" * 65, "secret ", "\x00", "é"])
    def test_nobody_else_sees_anything(self, node, token):
        assert find_refused(token) is None

    def test_class_q_is_released_and_class_m_is_not(self, node):
        """ann's copy is Q, bob's M: he wants no newsletters, whatever their sender says."""
        assert release_by_sender(find_refused("secret"), ip="192.0.2.9") == 1
        node.look()
        states = dict(HeldCopy.objects.values_list("recipient", "state"))
        assert states == {"ann@one.example": CopyState.RELEASED, "bob@one.example": CopyState.HELD}
        assert quarantine.count_by_channel(0.0)["sender"] == 1
        again = find_refused("secret")
        assert (again.is_released, again.may_release) == (True, False)
        assert release_by_sender(again, ip="192.0.2.9") == 0

    def test_a_client_may_forbid_it(self, node, one):
        quarantine.set_rules(one, senders_may_release=False, by=ADMIN)
        refused = find_refused("secret")
        assert not refused.may_release
        assert release_by_sender(refused, ip="192.0.2.9") == 0
