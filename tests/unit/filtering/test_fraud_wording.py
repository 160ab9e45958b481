from __future__ import annotations

import pytest

from ecluse.domain.impersonation import Theme
from ecluse.filtering.body import TextPart
from ecluse.filtering.fraud_wording import MAX_CHARACTERS, folded, themes_of
from ecluse.wire.html.reader import read_html
from ecluse.wire.mime.structure import Part
from tests.cpu import cpu


def themes(text, subject="", *, is_html=False):
    return set(themes_of(subject, [TextPart(text, is_html, Part.__new__(Part), read_html(text) if is_html else None)]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please process the wire transfer today.", {Theme.PAYMENT}),
        ("Two overdue supplier invoices are listed below.", {Theme.PAYMENT}),
        ("Merci d\u2019effectuer un virement de 12 000 \u20ac.", {Theme.PAYMENT}),
        ("La facture impay\u00e9e vous est parvenue en mars.", {Theme.PAYMENT}),
        ("Our new bank details are attached.", {Theme.BANK_DETAILS}),
        ("I want to change my direct deposit details.", {Theme.BANK_DETAILS}),
        ("Voici notre nouveau RIB.", {Theme.BANK_DETAILS}),
        ("Je souhaite mettre \u00e0 jour mes coordonn\u00e9es bancaires.", {Theme.BANK_DETAILS}),
        ("Buy five Steam cards and scratch off the codes", {Theme.GIFT_CARD}),
        ("Peux-tu acheter des cartes-cadeaux ?", set()),
        ("Peux-tu acheter des cartes cadeaux ?", {Theme.GIFT_CARD}),
        ("C'est URGENT, avant ce soir !", {Theme.URGENCY}),
        ("Get back to me ASAP", {Theme.URGENCY}),
        ("Keep this confidential.", {Theme.SECRECY}),
        ("N\u2019en parlez \u00e0 personne.", {Theme.SECRECY}),
        ("\u00cates-vous disponible ?", {Theme.ERRAND}),
        ("Are you at your desk?", {Theme.ERRAND}),
    ],
)
def test_the_themes_of_swindlers_are_found_in_both_languages(text, expected):
    assert themes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ann, thank you for your order. Your invoice is attached and will be paid by card.",
        "This message is confidential and intended for its addressee only. If you are not he, delete it.",
        "Ce message est strictement confidentiel. S'il ne vous est pas destin\u00e9, merci de le d\u00e9truire.",
        "Le comit\u00e9 se r\u00e9unit mardi ; l'ordre du jour suit. Bien cordialement",
        "The meeting moves to Thursday. Minutes and agenda are on the share.",
        "",
    ],
)
def test_everyday_mail_has_none(text):
    assert themes(text) == set()


def test_the_subject_is_read_too():
    assert themes("", subject="Demande de virement urgent") == {Theme.PAYMENT, Theme.URGENCY}


def test_of_html_only_what_is_shown_is_read():
    assert themes("<p>Send <b>gift</b>&nbsp;<i>cards</i></p>", is_html=True) == {Theme.GIFT_CARD}
    assert themes("<style>.gift card{}</style><!-- gift card --><p>Hello</p>", is_html=True) == set()


def test_text_is_read_up_to_a_bound():
    assert themes("x" * MAX_CHARACTERS + " gift card") == set()


def test_letters_that_are_not_seen_hide_nothing():
    assert folded("GI\u200bFT  C\u00c0RD\n\u2019s\udcff") == "gift card 's"


@pytest.mark.parametrize("text", ["<style ", "<style>", "<!--", "<", "&amp;", "please do not ", "make a ", "\u00e9 "])
def test_a_hostile_text_takes_no_long_time(text):
    with cpu() as spent:
        themes(text * (1_000_000 // len(text)), is_html=True)
    assert spent.seconds < 1.0
