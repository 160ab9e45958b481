"""Honest mail that looks like an attack to whoever knows only attacks: each kind was met in the world."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import struct
import wave
from collections.abc import Callable

from tests.honest import archives, documents, wording
from tests.honest.carelessness import raw
from tests.honest.writing import Attached, Draft, with_files, written
from tests.unit.opening import benign
from tests.unit.opening.documents import test_tnef
from tests.unit.opening.makers import compound, package, zipped


def _page(dice: random.Random, inner: str) -> bytes:
    page = f'<html><head><meta charset="utf-8"></head><body><p>{wording.letter(dice)}</p>{inner}</body></html>'
    return written(Draft(wording.subject(dice), page=page), dice)


def machine_readable(dice: random.Random) -> bytes:
    """Flights and orders say themselves to the mailbox in a script that nobody runs (schema.org in JSON-LD)."""
    facts = json.dumps({"@context": "http://schema.org", "@type": "Order", "orderNumber": dice.randrange(10**6)})
    return _page(dice, f'<script type="application/ld+json">{facts}</script>')


def pictures_inside(dice: random.Random) -> bytes:
    """Pictures as data, links of all kinds."""
    picture = base64.b64encode(documents.photo(dice, "PNG", 48)).decode()
    links = "".join(
        f'<a href="{link}">{text}</a> '
        for link, text in (
            ("tel:+33199001234", "01 99 00 12 34"), ("mailto:a@canal.example?subject=Oui", "a@canal.example"), ("#haut", "haut"),
            ("webcal://canal.example/agenda.ics", "agenda"), ("file://///serveur/partage/plan.docx", "plan"),
            ("javascript:void(0)", "menu"), ("sms:+33699001234", "SMS"),
        )
    )  # fmt: skip
    return _page(dice, f'<img src="data:image/png;base64,{picture}" alt="logo">{links}')


def rewritten_links(dice: random.Random) -> bytes:
    """What other gateways, search machines and short services make of links."""
    target = "https%3A%2F%2Fwww.canal.example%2Fplan"
    links = (
        f"https://eur01.safelinks.protection.outlook.com/?url={target}&amp;data=05%7C02&amp;reserved=0",
        "https://urldefense.com/v3/__https://www.canal.example/plan__;!!abc!xyz$",
        f"https://www.google.com/url?q={target}&amp;sa=D",
        f"https://l.facebook.com/l.php?u={target}",
        "https://bit.ly/3abcdef",
        "https://t.co/abcdefghij",
    )
    return _page(dice, "".join(f'<p><a href="{link}">https://www.canal.example/plan</a></p>' for link in links))


def joined_letters(dice: random.Random) -> bytes:
    """Persian, Hindi and families of emoji need characters without width inside their words."""
    persian = "می\u200cخواهم کتاب\u200cها را ببینم و نامه\u200cای بنویسم؛ خانه\u200cهای ما نزدیک\u200cتر است. "
    hindi = "क्\u200dष और श्\u200dर "
    family = "👨\u200d👩\u200d👧\u200d👦 "
    return written(Draft("سلام", persian * dice.randint(1, 9) + hindi * 4 + family * 3), dice)


def rightwards(dice: random.Random) -> bytes:
    """Arabic and Hebrew beside Latin words and numbers, with the marks that put them in order."""
    text = "مرحبا، رقم الفاتورة \u200e2026-03\u200f و \u202aCanal SARL\u202c. שלום \u2067עולם\u2069. "
    return written(
        Draft(
            "فاتورة مارس", text * 5, files=(Attached("فاتورة مارس.pdf", documents.invoice(dice), "application/pdf"),)
        ),
        dice,
    )


def dynamic_page(dice: random.Random) -> bytes:
    """Google's AMP for mail, beside text and HTML."""
    amp = '<!doctype html><html ⚡4email><head><script async src="https://cdn.ampproject.org/v0.js"></script></head><body><form method="post" action-xhr="https://www.canal.example/rsvp"><input name="email"><input type="submit"></form></body></html>'
    parts = "".join(
        f"--x\nContent-Type: {kind}; charset=utf-8\n\n{text}\n"
        for kind, text in (
            ("text/plain", wording.letter(dice)),
            ("text/x-amp-html", amp),
            ("text/html", f"<p>{wording.letter(dice)}</p>"),
        )
    )
    return raw(dice, *_multipart("alternative"), body=f"{parts}--x--")


def _multipart(kind: str) -> tuple[str, ...]:
    return (
        "Subject: Mars",
        "Date: Mon, 2 Mar 2026 09:00:00 +0100",
        "MIME-Version: 1.0",
        f"Content-Type: multipart/{kind}; boundary=x",
    )


def digest(dice: random.Random) -> bytes:
    """A list's day in one message (RFC 2046 section 5.1.5): its parts say no type."""
    posts = "".join(
        f"--x\n\nFrom: z@canal.example\nSubject: {n}\nDate: Mon, 2 Mar 2026 09:00:00 +0100\nMessage-ID: <{n}@canal.example>\n\n{wording.letter(dice)}\n"
        for n in range(dice.randint(2, 20))
    )
    return raw(dice, *_multipart("digest"), "List-Id: <dev.lists.example>", body=f"{posts}--x--")


def aggregate_report(dice: random.Random) -> bytes:
    """What other receivers tell about our mail (RFC 9990)."""
    rows = "<record><row><source_ip>192.0.2.1</source_ip></row></record>" * dice.randint(1, 900)
    octets = gzip.compress(f'<?xml version="1.0"?><feedback>{rows}</feedback>'.encode())
    return with_files(
        dice, Attached("canal.example!scan.invalid!1772409600!1772495999.xml.gz", octets, "application/gzip")
    )


def complaint(dice: random.Random) -> bytes:
    """A feedback report (RFC 5965) with the newsletter that somebody called spam."""
    parts = (
        f"--x\n\n{wording.sentence(dice)}\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: FBL/1\nVersion: 1\n"
        f"--x\nContent-Type: message/rfc822\n\nFrom: n@canal.example\nSubject: News\nDate: Mon, 2 Mar 2026 09:00:00 +0100\n\n{wording.letter(dice)}\n--x--"
    )
    return raw(dice, *_multipart("report; report-type=feedback-report"), body=parts)


def voice(dice: random.Random) -> bytes:
    """A telephone system's message."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(dice.randbytes(64_000))
    return with_files(dice, Attached("msg0001.WAV", out.getvalue(), "audio/x-wav"))


def old_formulas(dice: random.Random) -> bytes:
    """A thesis: its formulas are objects of the editor that attackers abused (MTEF 3: header, font, characters)."""
    head = struct.pack("<HIHIIIII", 28, 0x20000, 0xC000, 60, 0, 0, 0, 0)
    letters = b"".join(b"\x02\x83" + bytes([dice.randrange(97, 123)]) + b"\0" for _ in range(dice.randint(3, 30)))
    formula = head + b"\x03\x01\x01\x03\x0a" + b"\x08\x83\x00Times New Roman\0" + b"\x0a\x01" + letters + b"\0\0"
    streams = {"Equation Native": formula, "\x01CompObj": bytes(90)}
    item = compound(streams, {"": "0002ce02-0000-0000-c000-000000000046"})
    return with_files(dice, Attached("these.docx", benign.docx(dice, **{"word/embeddings/oleObject1.bin": item})))


def object_inside(dice: random.Random) -> bytes:
    """Insert, object, from file: a PDF in a letter."""
    inner = compound({"\x01Ole10Native": package("plan.pdf", documents.invoice(dice))})
    return with_files(dice, Attached("dossier.docx", benign.docx(dice, **{"word/embeddings/oleObject1.bin": inner})))


def template_of_the_house(dice: random.Random) -> bytes:
    """A letter whose template lies on the author's own server, with a linked picture."""
    links = benign.relations(
        ("attachedTemplate", "https://intranet.canal.example/modeles/lettre.dotx"),
        ("image", "https://www.canal.example/logo.png"),
    )
    return with_files(dice, Attached("lettre.docx", benign.docx(dice, **{"word/_rels/settings.xml.rels": links})))


def saved_page(dice: random.Random) -> bytes:
    """A page saved from a browser: scripts, a search form, and the site's own login box."""
    login = (
        '<form action="https://www.canal.example/login" method=post><input name=u><input type=password name=p></form>'
    )
    script = f"window.dataLayer=window.dataLayer||[];function gtag(){{dataLayer.push(arguments)}}gtag('js',new Date());var t={dice.randrange(999)};"
    page = f"<!-- saved from url=(0027)https://www.canal.example/ --><html><head><script>{script}</script></head><body>{login}<p>{wording.letter(dice)}</p></body></html>"
    return with_files(dice, Attached("Canal.html", page.encode(), "text/html"))


def internet_shortcut(dice: random.Random) -> bytes:
    """A page of the web, dragged from the browser."""
    link = f"[InternetShortcut]\r\nURL=https://www.canal.example/p/{dice.randrange(999)}\r\nIconIndex=0\r\n"
    return with_files(dice, Attached("Canal.url", link.encode()))


def leftovers(dice: random.Random) -> bytes:
    """What Windows leaves in folders."""
    members = {
        "Photos/desktop.ini": b"[.ShellClassInfo]\r\nIconResource=C:\\Windows\\System32\\SHELL32.dll,3\r\n",
        "Photos/Thumbs.db": compound({"Catalog": bytes(90), "256_1": documents.photo(dice, width=64)}),
        "Photos/IMG_1.jpg": documents.photo(dice),
        "Photos/~$lettre.docx": b"\x04Anne" + bytes(157),
    }
    return with_files(dice, Attached("Photos.zip", archives.packed(members), "application/zip"))


def outlook_item(dice: random.Random) -> bytes:
    """A message as Outlook keeps it in a file."""
    text = wording.letter(dice).encode("utf-16-le")
    item = compound(
        {
            "__properties_version1.0": bytes(32),
            "__substg1.0_1000001F": text,
            "__substg1.0_0037001F": "Devis".encode("utf-16-le"),
        }
    )
    return with_files(dice, Attached("Devis.msg", item, "application/vnd.ms-outlook"))


def rich_outlook(dice: random.Random) -> bytes:
    """What Outlook makes of rich text for those who have no Outlook ([MS-OXTNEF])."""
    files = test_tnef.attachment(b"FACTURE.PDF\0", documents.invoice(dice))
    text = test_tnef.attribute(1, 0x0002800C, wording.letter(dice).encode("cp1252", "replace") + b"\0")
    return with_files(dice, Attached("winmail.dat", test_tnef.HEAD + text + files, "application/ms-tnef"))


def protected_message(dice: random.Random) -> bytes:
    """Microsoft's protected messages: only their own program opens them."""
    octets = b"\x76\xe8\x04\x60\xc4\x11\xe3\x86" + dice.randbytes(3_000)
    return with_files(dice, Attached("message_v2.rpmsg", octets, "application/x-microsoft-rpmsg-message"))


def many_recipients(dice: random.Random) -> bytes:
    """A club writes to all, visibly, and each answer adds hops and references."""
    others = ", ".join(f"Membre {n} <m{n}@canal.example>" for n in range(dice.randint(100, 400)))
    headers = {"Cc": others, "References": " ".join(f"<{n}@canal.example>" for n in range(60))}
    return written(Draft(f"Re: {wording.subject(dice)} " * 6, headers=headers), dice)


def twice_said(dice: random.Random) -> bytes:
    """Scripts that add fields which the library had set already."""
    fields = (
        "Subject: Alerte",
        "Date: Mon, 2 Mar 2026 09:00:00 +0100",
        "MIME-Version: 1.0",
        "MIME-Version: 1.0",
        "X-Priority: 1",
    )
    kind = "Content-Type: text/plain; charset=utf-8"
    return raw(
        dice,
        *fields,
        kind,
        kind,
        "Content-Transfer-Encoding: 8bit",
        "Reply-To: a@canal.example",
        body=wording.letter(dice),
    )


def fonts_and_models(dice: random.Random) -> bytes:
    """Formats of trades: a drawing, a model to print, a font, a data base, music."""
    files = {
        "pièce.stl": b"solid piece\nfacet normal 0 0 1\n outer loop\n  vertex 0 0 0\n  vertex 1 0 0\n  vertex 0 1 0\n endloop\nendfacet\nendsolid piece\n",
        "plan.dxf": b"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1027\n0\nENDSEC\n0\nEOF\n",
        "plan.dwg": b"AC1032" + dice.randbytes(3_000),
        "police.ttf": b"\x00\x01\x00\x00\x00\x0c\x00\x80" + dice.randbytes(2_000),
        "base.sqlite": b"SQLite format 3\x00" + dice.randbytes(2_000),
        "air.mp3": b"ID3\x04\x00\x00\x00\x00\x00\x21" + dice.randbytes(9_000),
        "clip.mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + dice.randbytes(9_000),
        "livre.epub": zipped(
            {
                "mimetype": "application/epub+zip",
                "META-INF/container.xml": "<container/>",
                "OEBPS/1.xhtml": "<html><body><p>Il</p></body></html>",
            }
        ),
        "modele.ifc": b"ISO-10303-21;\nHEADER;\nENDSEC;\nEND-ISO-10303-21;\n",
    }
    return with_files(dice, *(Attached(name, octets) for name, octets in files.items()))


RARITIES: dict[str, Callable[[random.Random], bytes]] = {
    "machine-readable order": machine_readable,
    "pictures as data": pictures_inside,
    "rewritten links": rewritten_links,
    "joined letters": joined_letters,
    "right to left": rightwards,
    "AMP": dynamic_page,
    "digest": digest,
    "aggregate report": aggregate_report,
    "complaint": complaint,
    "voice message": voice,
    "old formulas": old_formulas,
    "object in a letter": object_inside,
    "template elsewhere": template_of_the_house,
    "saved page": saved_page,
    "internet shortcut": internet_shortcut,
    "leftovers of Windows": leftovers,
    "Outlook item": outlook_item,
    "rich text of Outlook": rich_outlook,
    "protected message": protected_message,
    "many recipients": many_recipients,
    "fields said twice": twice_said,
    "formats of trades": fonts_and_models,
}
