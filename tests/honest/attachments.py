"""Mail that brings a file: everything that offices, families and machines send."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from tests.honest import archives, documents, wording
from tests.honest.writing import Attached, Draft, with_files, written
from tests.unit.opening import benign

OFFICE = "application/vnd.openxmlformats-officedocument."


def with_file(name: str, kind: str, make: Callable[[random.Random], bytes]) -> Callable[[random.Random], bytes]:
    """The maker of a letter with one file."""
    return lambda dice: with_files(dice, Attached(name.format(dice.randrange(10**5)), make(dice), kind))


# How people tell a password; each was written by somebody.
_TOLD = (
    "Mot de passe : {}",
    "Le mot de passe du fichier est {}.",
    "Pour ouvrir le document, utilisez le code suivant : {}",
    "MDP = {}",
    "Password: {}",
    "The password for the archive is '{}'",
    "You will need this password to open it:\n\n{}\n",
)


def _told(dice: random.Random, file: Callable[[str], Attached]) -> bytes:
    password = f"Canal-{dice.randrange(10**5)}"
    text = f"{wording.letter(dice)}\n\n{dice.choice(_TOLD).format(password)}\n"
    return written(Draft(wording.subject(dice), text, files=(file(password),)), dice)


def archive_with_password(dice: random.Random) -> bytes:
    """A closed archive, and in the text how to open it."""
    return _told(dice, lambda word: Attached("dossier.7z", archives.closed(dice, word), "application/x-7z-compressed"))


def document_with_password(dice: random.Random) -> bytes:
    """A closed document likewise: a sheet or a payslip."""
    if dice.random() < 0.5:
        return _told(dice, lambda word: Attached("paie.pdf", documents.closed_pdf(dice, word), "application/pdf"))
    return _told(
        dice, lambda word: Attached("notes.xlsx", documents.closed_sheet(dice, word), f"{OFFICE}spreadsheetml.sheet")
    )


def photos(dice: random.Random) -> bytes:
    """From a telephone, several at once, with hardly a word."""
    files = (
        Attached(f"IMG_{n}.jpeg", documents.photo(dice), "image/jpeg", is_inline=True)
        for n in range(dice.randint(1, 4))
    )
    return written(Draft("", "Envoyé de mon iPhone", files=tuple(files)), dice)


def scan(dice: random.Random) -> bytes:
    """A machine in the corridor: no words worth reading, a number for a name."""
    kind = dice.choice(("TIFF", "PDF"))
    file = Attached(
        f"20260302{dice.randrange(10**6):06d}.{kind[:3].lower()}",
        documents.scanned(dice, kind),
        "application/octet-stream",
    )
    return written(Draft("Message from KM_C258", "Device Name: KM_C258\nResolution: 300x300\n", files=(file,)), dice)


def several(dice: random.Random) -> bytes:
    """An application: letter, certificates, a portrait."""
    files = (
        Attached("Lettre de motivation, Zoë Lefèvre.docx", documents.word(dice), f"{OFFICE}wordprocessingml.document"),
        Attached("CV.pdf", documents.invoice(dice), "application/pdf"),
        Attached("diplômes.zip", archives.plain(dice), "application/zip"),
        Attached("portrait.png", documents.photo(dice, "PNG", 200), "image/png"),
    )
    return with_files(dice, *files)


def card(dice: random.Random) -> bytes:
    name = dice.choice(wording.NAMES)
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{name};;;;\r\nFN:{name}\r\nTEL:+33199001234\r\nEND:VCARD\r\n".encode()


def table(dice: random.Random) -> bytes:
    rows = (f'{dice.randrange(999)};"{wording.sentence(dice)}";-{dice.random():.2f};=B2*C2' for _ in range(60))
    return "\ufeff".encode() + "\r\n".join(("numéro;libellé;montant;total", *rows)).encode()


def data(dice: random.Random) -> bytes:
    return json.dumps(
        [{"id": dice.randrange(999), "note": wording.sentence(dice)} for _ in range(40)], indent=1
    ).encode()


def e_invoice(dice: random.Random) -> bytes:
    return documents.FACTUR_X.format(dice.randrange(10**6)).encode()


def log(dice: random.Random) -> bytes:
    """As developers send it, with commands and addresses in it."""
    rows = (
        f"2026-03-02T08:{n % 60:02d}:00Z INFO GET http://127.0.0.1:8080/api?id={dice.randrange(999)} cmd=/bin/sh -c 'make all'"
        for n in range(200)
    )
    return "\n".join(rows).encode()


def invoice_page(dice: random.Random) -> bytes:
    """An invoice as a page, with a button to print it."""
    rows = "".join(f"<tr><td>{wording.sentence(dice)}</td><td>{dice.random() * 99:.2f}</td></tr>" for _ in range(12))
    style = "<style>@media print{button{display:none}}</style>"
    return f"<html><head><meta charset=utf-8>{style}</head><body><table>{rows}</table><button onclick='window.print()'>Imprimer</button></body></html>".encode()


def map_page(dice: random.Random) -> bytes:
    """A map or a chart with its library beside it, as notebooks and maps are exported."""
    points = [[48 + dice.random(), 2 + dice.random()] for _ in range(300)]
    script = f"var m=L.map('map').setView([48.8,2.3],9);var p={points};p.forEach(function(x){{L.marker(x).addTo(m);}});"
    return (
        '<!DOCTYPE html><html><head><script src="https://cdn.canal.example/leaflet.js"></script></head>'
        f'<body><div id="map"></div><script>{script}</script></body></html>'
    ).encode()


def drawing(dice: random.Random) -> bytes:
    return benign.logo(dice)


def page_of_news(dice: random.Random) -> bytes:
    return benign.newsletter(dice)


_FILES: dict[str, tuple[str, str, Callable[[random.Random], bytes]]] = {
    "word": ("Compte rendu été {}.docx", f"{OFFICE}wordprocessingml.document", documents.word),
    "word with macros": ("formulaire.docm", "application/vnd.ms-word.document.macroEnabled.12", benign.docm),
    "old word": ("lettre.doc", "application/msword", benign.doc),
    "rich text": ("lettre.rtf", "application/rtf", benign.rtf),
    "sheet": ("budget {}.xlsx", f"{OFFICE}spreadsheetml.sheet", documents.sheet),
    "sheet with a chart": ("export-{}.xlsx", f"{OFFICE}spreadsheetml.sheet", documents.report),
    "sheet with macros": ("outil.xlsm", "application/vnd.ms-excel.sheet.macroEnabled.12", documents.macro_sheet),
    "slides": ("Présentation.pptx", f"{OFFICE}presentationml.presentation", documents.slides),
    "open document": ("lettre.odt", "application/vnd.oasis.opendocument.text", benign.odt),
    "invoice": ("Facture_2026-{}.pdf", "application/pdf", documents.invoice),
    "invoice, Factur-X": ("FA{}.pdf", "application/pdf", documents.e_invoice),
    "form": ("formulaire à remplir.pdf", "application/pdf", documents.form),
    "form that adds up": ("cerfa_{}.pdf", "application/pdf", benign.pdf),
    "payslip": ("Bulletin de paie 03.2026.pdf", "application/octet-stream", documents.locked),
    "zip": ("dossier.zip", "application/zip", archives.plain),
    "zip of old Windows": ("dossier.zip", "application/x-zip-compressed", archives.of_windows),
    "zip of a Mac": ("Archive.zip", "application/zip", archives.of_a_mac),
    "zip in a zip": ("exercices.zip", "application/zip", archives.nested),
    "zip from a pipe": ("export.zip", "application/octet-stream", archives.streamed),
    "zip with a signature": ("offre signée.zip", "application/zip", benign.archive),
    "7z": ("plans.7z", "application/x-7z-compressed", archives.sevenzip),
    "tarball": ("logs-{}.tar.gz", "application/gzip", archives.tarball),
    "card": ("contact.vcf", "text/vcard", card),
    "table": ("export.csv", "text/csv", table),
    "data": ("export.json", "application/json", data),
    "e-invoice": ("factur-x.xml", "text/xml", e_invoice),
    "log": ("build.log", "text/plain", log),
    "page of an invoice": ("facture.html", "text/html", invoice_page),
    "page of a map": ("carte.html", "text/html", map_page),
    "page of a report": ("rapport.html", "text/html", benign.web_report),
    "page of news": ("lettre.htm", "text/html", page_of_news),
    "drawing": ("logo.svg", "image/svg+xml", drawing),
    "code": ("menu.png", "image/png", benign.code),
}  # fmt: skip

ATTACHMENTS: dict[str, Callable[[random.Random], bytes]] = {
    **{kind: with_file(*file) for kind, file in _FILES.items()},
    "archive and its password": archive_with_password,
    "document and its password": document_with_password,
    "photos": photos,
    "scan": scan,
    "application": several,
}
