"""Every text of the console is there in French, and every French text still has its English."""

from __future__ import annotations

import gettext
import io
import re
import sys
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation import ngettext, override
from django.utils.translation.template import templatize

from ecluse.web import catalogs
from ecluse.web.catalogs import catalog, compile_into

WEB = Path(__file__).resolve().parents[2] / "src/ecluse/web"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")


def sources():
    """(file, code): Python as it is, templates as the Python that Django makes of them."""
    for path in sorted(WEB.rglob("*.py")):
        yield path, path.read_text("utf-8")
    for path in sorted([*WEB.rglob("*.html"), *WEB.rglob("templates/**/*.txt")]):
        yield path, templatize(path.read_text("utf-8"), origin=str(path))


def used():
    """(context, text) -> where it stands first; of a plural the singular."""
    found = {}
    for path, code in sources():
        for _, text, _, context in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
            singular = text[0] if isinstance(text, tuple) else text
            found.setdefault((context, singular), path.relative_to(WEB))
    return found


def translated():
    whole = {}
    for message in catalog():
        if message.id:
            singular = message.id[0] if isinstance(message.id, tuple) else message.id
            whole[message.context, singular] = message
    return whole


def test_texts_are_found():
    texts = {text for _, text in used()}
    assert {"Sign in", "Saved.", "Add a domain", "Owner"} <= texts


def test_no_text_is_untranslated():
    known = translated()
    missing = [f"{path}: {text!r}" for (context, text), path in used().items() if (context, text) not in known]
    assert not missing, "\n".join(missing)


def test_no_translation_is_left_over():
    texts = used()
    left_over = [text for context, text in translated() if (context, text) not in texts]
    assert not left_over, left_over


def test_every_translation_says_something_with_the_same_placeholders():
    for (_, text), message in translated().items():
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for each in strings:
            assert each, text
            assert sorted(PLACEHOLDER.findall(each)) == sorted(PLACEHOLDER.findall(text)), text


@pytest.mark.parametrize("number", [0, 1, 2, 3, 1_000_000])
def test_any_number_of_things_is_told_in_french(number):
    with override("fr"):
        told = ngettext("%(count)d message comes.", "%(count)d messages come.", number)
    assert told == ("%(count)d messages arrivent." if number > 1 else "%(count)d message arrive.")


def test_no_text_is_told_in_two_ways():
    """The catalogues become one: of two translations of a text the last would win, on every page."""
    told = {}
    for file in sorted((WEB / "locale/fr").glob("*.po")):
        with file.open("rb") as content:
            for message in read_po(content, locale="fr"):
                if message.id:
                    told.setdefault((message.context, message.id), {})[file.name] = message.string
    doubled = {key: files for key, files in told.items() if len(set(map(str, files.values()))) > 1}
    assert not doubled


def test_a_text_without_translation_is_seen(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "translated", dict)
    with pytest.raises(AssertionError, match="'Sign in'"):
        test_no_text_is_untranslated()


def test_what_starts_at_the_same_time_compiles_beside_each_other(tmp_path, monkeypatch):
    write = catalogs.write_mo

    def write_while_another_comes_and_goes(out, whole):
        monkeypatch.setattr(catalogs, "write_mo", write)
        compile_into(tmp_path)
        write(out, whole)

    monkeypatch.setattr(catalogs, "write_mo", write_while_another_comes_and_goes)
    compile_into(tmp_path)
    (made,) = (file for file in tmp_path.rglob("*") if file.is_file())
    with made.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Allow and block") == "Autoriser et bloquer"
