"""Translations: the texts in `locale/fr/*.po`, one file an area, made into the one catalog that Django reads."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGE = "fr"
# As our files have them. Babel knows a third form, for whole millions: with it what is told of several would stay English.
PLURAL_FORMS = "nplurals=2; plural=(n > 1);"


def catalog() -> Catalog:
    """All French texts."""
    whole = Catalog(locale=LANGUAGE)
    whole.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", PLURAL_FORMS)]
    folder = resources.files(__package__) / "locale" / LANGUAGE
    for each in sorted(folder.iterdir(), key=lambda file: file.name):
        if each.name.endswith(".po"):
            with each.open("rb") as file:
                for message in read_po(file, locale=LANGUAGE):
                    if message.id:
                        whole.add(message.id, message.string, context=message.context, flags=message.flags)
    return whole


def compile_into(folder: Path) -> None:
    """Write what Django loads, below `folder`; the console and its worker start side by side, and both do."""
    file = folder / LANGUAGE / "LC_MESSAGES" / "django.mo"
    file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=file.parent) as drafts:
        draft = Path(drafts, file.name)
        with draft.open("wb") as out:
            write_mo(out, catalog())
        draft.replace(file)
