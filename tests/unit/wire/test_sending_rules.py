"""How rules for outbound mail are written, and what cannot be meant."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.domain.sending_rule import MAX_NAME, MAX_REFUSAL, RuleAction, SendingRule, is_of
from ecluse.wire.keywords import any_of
from ecluse.wire.wishes import Wishes, plain_wishes, read_wishes, terms

RULE = {"name": "Données", "action": "refuse"}


def read(*rules):
    return read_wishes({"outbound_rules": list(rules)})


def test_a_rule_is_meant_as_it_is_written():
    whole = {
        **RULE,
        "text": "Ask legal.",
        "senders": ["Ann@Client.example"],
        "recipients": ["*.Rival.example", "bücher.example"],
        "external": True,
        "words": ["confidential", r"\bFR\d{2}\b"],
        "suffixes": [".XLSX"],
        "types": ["zip"],
        "larger_than": 1_000,
        "more_recipients_than": 5,
    }
    (rule,) = terms(read(whole))["sending_rules"]
    assert rule == SendingRule(
        name="Données",
        action=RuleAction.REFUSE,
        text="Ask legal.",
        senders=("ann@client.example",),
        recipients=("*.rival.example", "xn--bcher-kva.example"),
        is_external=True,
        words=("confidential", r"\bFR\d{2}\b"),
        suffixes=frozenset({"xlsx"}),
        types=frozenset({"zip"}),
        octets_over=1_000,
        recipients_over=5,
    )


def test_what_was_read_can_be_kept_and_read_again():
    wishes = read({**RULE, "words": ["secret"]}, {"name": "later", "action": "hold", "larger_than": 7})
    assert read_wishes(plain_wishes(wishes)) == wishes
    assert plain_wishes(Wishes()) == {}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": ""}, "length >= 1"),
        ({"name": " x"}, "of one line"),
        ({"name": "x\ny"}, "of one line"),
        ({"action": "drop"}, "Invalid enum value 'drop'"),
        ({"action": "hold", "text": "why"}, "no text"),
        ({"words": ["("]}, "pattern of RE2"),
        ({"words": ["(?=x)"]}, "pattern of RE2"),
        ({"words": [r"(x)\1"]}, "pattern of RE2"),
        ({"words": ["x*"]}, "does not fit every text"),
        ({"words": ["x{1001}"]}, "pattern of RE2"),
        ({"words": ["x" * 201]}, "at most 200"),
        ({"words": [""]}, "at most 200"),
        ({"words": ["x"] * 21}, "length <= 20"),
        ({"words": [".{100,900}z"]}, "simpler pattern"),
        ({"words": [f"[a-c]*a[a-d]{{{n}}}x" for n in range(480, 500)]}, "cost too much"),
        ({"words": [f".{{{n},100}}z" for n in range(10, 20)]}, "cost too much"),
        ({"senders": ["192.0.2.0/24"]}, "an address, a domain"),
        ({"suffixes": ["a b"]}, "suffix of a file name"),
        ({"larger_than": -1}, ">= 0"),
        ({"word": ["x"]}, "unknown field"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(fields, expected):
    with pytest.raises(msgspec.ValidationError, match=expected):
        read({**RULE, **fields})


def test_each_rule_has_a_name_of_its_own():
    with pytest.raises(msgspec.ValidationError, match="'Données' twice"):
        read(RULE, RULE)


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("ann@a.example", "ann@a.example", True),
        ("ann@a.example", "bob@a.example", False),
        ("a.example", "ann@a.example", True),
        ("a.example", "ann@b.a.example", False),
        ("*.a.example", "ann@b.a.example", True),
        ("*.a.example", "ann@a.example", False),
        ("*.a.example", "ann@xa.example", False),
        ("a.example", "printer", False),
    ],
)
def test_whose_mailboxes_are_meant(pattern, key, fits):
    assert is_of(pattern, key) is fits


def test_what_a_sender_reads_is_ascii_with_the_rules_name():
    rule = SendingRule("Données clients", RuleAction.REFUSE, "Demandez à la direction.")
    assert rule.reason == 'Demandez a la direction. (rule "Donnees clients")'


def test_what_a_sender_reads_stays_short_whatever_is_written():
    one = "\u33af"  # "rad/s2" in one character, of which NFKD makes five of ASCII.
    (rule,) = terms(read({**RULE, "name": one * MAX_NAME, "text": one * MAX_REFUSAL}))["sending_rules"]
    assert len(rule.reason) == len(' (rule "")') + MAX_NAME + MAX_REFUSAL


def test_words_are_found_in_any_case_and_script():
    assert any_of(("phénix", "x+y")).search("PROJET PHÉNIX".encode())
    assert not any_of(("phénix", "x+y")).search(b"projet phenix")


def test_plain_words_cost_a_quarter_of_a_pattern():
    words = [f"a customer of ours {n:02}" for n in range(20)]
    rules = [{"name": f"{n}", "action": "hold", "words": words} for n in range(15)]
    assert len(read(*rules).outbound_rules) == 15
    with pytest.raises(msgspec.ValidationError, match="cost too much"):
        read(*(rule | {"words": [f"{word}[.]" for word in words]} for rule in rules))
