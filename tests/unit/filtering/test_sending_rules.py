"""Which rule of a client an outbound message meets, what it becomes, and that no text outlives it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

import pytest

from ecluse.domain.address import Address
from ecluse.domain.envelope import Recipient
from ecluse.domain.errors import Impossible
from ecluse.domain.evidence import FileFacts, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.incoming import Direction
from ecluse.domain.policy import Unscannable
from ecluse.domain.sending_rule import RuleAction, SendingRule, SendingRuleFacts
from ecluse.domain.verdict import Category, Disposition
from ecluse.entrypoints.scan import NoLists
from ecluse.filtering.checks.sending_rule import sending_rule
from ecluse.filtering.checks.unread import unread
from ecluse.filtering.collect import Collector, Served, Sources, Subject, collect
from ecluse.filtering.collectors.parts import parts
from ecluse.filtering.collectors.sending_rules import MAX_CHARACTERS, sending_rules
from ecluse.filtering.judge import judge
from ecluse.filtering.sending_rules import MAX_MATCH, Outgoing, met_by
from tests.unit.filtering.samples import ANN, HARMLESS, POLICY, incoming, with_parts

RIVAL = Recipient(Address("rob", "rival.example"))
MAIL = (
    "From: Sam <sam@sender.example>\r\nSubject: =?utf-8?q?Projet_Ph=C3=A9nix?=\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/html; charset=utf-8\r\n\r\n"
    "<p>Strictly\r\n confi<b>dential</b></p><p>IBAN FR76 3000 6000</p>\r\n"
)


class Clients(NoLists):
    def domain(self, name):
        return POLICY if name == "client.example" else None


def rule(action=RuleAction.HOLD, name="rule", **conditions):
    return SendingRule(name, action, **conditions)


def met(*rules, text=MAIL, people=(RIVAL,)):
    policy = replace(POLICY, sending_rules=rules)
    one = incoming(text.encode(), recipients=people, direction=Direction.OUTBOUND)
    subject = Subject(one, tuple(Served(each, policy) for each in people), Sources(Clients(), None, "gateway.test"))
    table = (Collector("parts", parts, 20.0), Collector("sending_rules", sending_rules, 20.0))
    evidence = asyncio.run(collect(subject, table, lambda *_: None))
    return policy, evidence


def fits(text=MAIL, people=(RIVAL,), **conditions):
    policy, evidence = met(rule(**conditions), text=text, people=people)
    return bool(list(sending_rule(evidence, policy)))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, True),
        ({"senders": ("sam@sender.example",)}, True),
        ({"senders": ("sender.example", "x.example")}, True),
        ({"senders": ("tom@sender.example",)}, False),
        ({"recipients": ("rival.example",)}, True),
        ({"recipients": ("*.rival.example",)}, False),
        ({"is_external": True}, True),
        ({"words": ("confidential",)}, True),
        ({"words": ("strictly confidential",)}, True),  # Over an end of line and an element of the page.
        ({"words": ("phénix",)}, True),  # In the subject.
        ({"words": (r"\bFR\d{2}(?: ?\d{4})+",)}, True),
        ({"words": ("<p>",)}, False),
        ({"words": ("harmless", "absent")}, False),
        ({"words": ("confidential",), "recipients": ("friend.example",)}, False),
        ({"octets_over": 10}, True),
        ({"octets_over": 10_000}, False),
        ({"recipients_over": 1}, False),
        ({"suffixes": frozenset({"xlsx"})}, False),
        ({"types": frozenset({"zip"})}, False),
    ],
)  # fmt: skip
def test_all_conditions_of_a_rule_must_be_met(conditions, expected):
    assert fits(**conditions) is expected


def test_one_recipient_elsewhere_makes_a_message_external():
    assert not fits(people=(ANN,), is_external=True)
    assert fits(people=(ANN, RIVAL), is_external=True)


def test_more_recipients_than_a_number():
    assert fits(people=(ANN, RIVAL), recipients_over=1)


def test_files_are_known_by_name_and_by_content():
    facts = SendingRuleFacts(("rule",))
    named = replace(with_parts(suffixes=("xlsx",)), sending_rules=facts)
    packed = replace(HARMLESS, files=FileFacts(suffixes=("xlsx",), types=("zip", "ooxml")), sending_rules=facts)

    def found(evidence, **conditions):
        return bool(list(sending_rule(evidence, replace(POLICY, sending_rules=(rule(**conditions),)))))

    for evidence in (named, packed):
        assert found(evidence, suffixes=frozenset({"xlsx", "csv"}))
        assert not found(evidence, suffixes=frozenset({"csv"}))
    assert found(packed, types=frozenset({"zip"}))
    assert not found(named, types=frozenset({"zip"}))


def test_the_first_that_fits_is_obeyed():
    policy, evidence = met(
        rule(name="no", senders=("x.example",)),
        rule(RuleAction.LET_THROUGH, "partner", recipients=("rival.example",)),
        rule(RuleAction.REFUSE, "all"),
    )
    assert list(sending_rule(evidence, policy)) == [Finding("SENDING_RULE", "partner")]
    assert judge((Finding("SENDING_RULE", "partner"),), policy, RIVAL).disposition is Disposition.DELIVER


def test_a_rule_refuses_with_its_text_and_name():
    policy = replace(POLICY, sending_rules=(rule(RuleAction.REFUSE, "Lists", text="Ask sales."),))
    verdict = judge((Finding("SENDING_RULE", "Lists"),), policy, RIVAL)
    assert (verdict.disposition, verdict.category) == (Disposition.REFUSE, Category.PERMANENT)
    assert verdict.reason == 'Ask sales. (rule "Lists")'


@pytest.mark.parametrize(
    ("also", "expected"),
    [
        ((), Disposition.HOLD),
        (("ENCRYPTED_FILE",), Disposition.HOLD),
        (("GTUBE",), Disposition.REFUSE),
        (("VIRUS",), Disposition.REFUSE),
        (("UNREAD",), Disposition.DEFER),
    ],
)
def test_nobody_is_asked_to_approve_what_is_refused_anyway(also, expected):
    policy = replace(POLICY, sending_rules=(rule(name="Lists"),))
    findings = (Finding("SENDING_RULE", "Lists"), *map(Finding, also))
    verdict = judge(findings, policy, RIVAL)
    assert verdict.disposition is expected
    assert expected is not Disposition.HOLD or verdict.reason.endswith('(rule "Lists")')


@pytest.mark.parametrize(
    ("choice", "expected"), [(Unscannable.REFUSE, Disposition.REFUSE), (Unscannable.HOLD, Disposition.HOLD)]
)
def test_nobody_is_asked_to_approve_a_file_that_the_client_refuses(choice, expected):
    policy = replace(POLICY, sending_rules=(rule(name="Lists"),), encrypted=choice)
    assert judge((Finding("SENDING_RULE", "Lists"), Finding("ENCRYPTED_FILE")), policy, RIVAL).disposition is expected


@pytest.mark.parametrize(
    ("action", "expected"), [(RuleAction.REFUSE, Disposition.REFUSE), (RuleAction.HOLD, Disposition.HOLD)]
)
def test_a_clients_own_postmaster_is_no_way_around_its_rules(action, expected):
    policy = replace(POLICY, sending_rules=(rule(action),), spares_postmaster=False)
    postmaster = Recipient(Address("postmaster", POLICY.domain))
    assert judge((Finding("SENDING_RULE", "rule"),), policy, postmaster).disposition is expected


def test_rules_that_could_not_be_looked_at_let_nothing_out():
    evidence = replace(HARMLESS, sending_rules=Unknown("no answer in 20 s"))
    assert [finding.code for finding in unread(evidence, POLICY)] == ["UNREAD"]


def test_a_rule_that_is_gone_or_changed_meanwhile_says_nothing():
    found = (Finding("SENDING_RULE", "Lists"),)
    assert judge(found, POLICY, RIVAL).disposition is Disposition.DELIVER
    changed = replace(POLICY, sending_rules=(rule(RuleAction.LET_THROUGH, "Lists"),))
    assert judge(found, changed, RIVAL).disposition is Disposition.DELIVER


def test_evidence_keeps_no_word_and_no_address():
    _, evidence = met(rule(words=("confidential",), senders=("sender.example",)))
    assert asdict(evidence.sending_rules) == {"met": ("rule",)}


def test_without_rules_nothing_is_looked_at():
    _, evidence = met()
    assert evidence.sending_rules == SendingRuleFacts()


def test_what_is_searched_is_bounded():
    head, word = MAIL.partition("<p>")[0].replace("html", "plain"), "x" * 99
    assert fits(text=f"{head}needle {f'{word} ' * 400}", words=("needle",))
    long = "\r\n".join([word] * (MAX_CHARACTERS // 100 + 1))
    assert not fits(text=f"{head}{long} needle", words=("needle",))


@pytest.mark.parametrize("place", [0, 16_380, 16_384, 50_000, MAX_CHARACTERS])
def test_words_are_found_wherever_they_stand(place):
    outgoing = Outgoing((), (), has_external=True, text=b"-" * place + b"s" + b"x" * (MAX_MATCH - 1) + b"e")
    assert met_by(outgoing, (rule(words=("sx+e",)),)) == ("rule",)
    assert met_by(outgoing, (rule(words=(r"x\be",)),)) == ()


def test_a_search_ends_when_its_time_is_over():
    """Of the costliest patterns that are admitted, 262,144 characters would take some six seconds."""
    costly = rule(words=tuple(f"[a-c]*a[a-d]{{115}}x{n}" for n in range(20)))
    outgoing = Outgoing((), (), has_external=True, text=b"ab" * 200_000 + b"needle")
    with pytest.raises(Impossible, match="too long"):
        met_by(outgoing, (costly, rule(words=("needle",))), max_seconds=0.0)
    assert met_by(outgoing, (rule(),), max_seconds=0.0) == ("rule",)
    assert met_by(outgoing, (rule(words=("needle",)),)) == ("rule",)


def test_a_search_takes_no_thread_from_the_others(monkeypatch):
    async def no_thread(*_):
        raise AssertionError("the pool that the spool works in")

    monkeypatch.setattr(asyncio, "to_thread", no_thread)
    assert fits(words=("confidential",))
