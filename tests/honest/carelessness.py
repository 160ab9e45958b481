"""Honest mail that is written badly, in old character sets, in great quantity, or with what looks like a trick."""

from __future__ import annotations

import base64
import io
import random
import textwrap
from collections.abc import Callable

from PIL import Image

from tests.honest import archives, documents, newsletters, wording
from tests.honest.writing import Attached, Draft, with_files, written

CRLF = "\r\n"


def raw(
    dice: random.Random, *fields: str, body: str = "", charset: str = "utf-8", sender: str = "www@canal.example"
) -> bytes:
    """As simple programs write it: strings put together."""
    head = (
        f"From: {sender}",
        "To: nobody@scan.invalid",
        f"Message-ID: <{dice.randrange(16**12):x}@canal.example>",
        *fields,
    )
    return CRLF.join((*head, "", body.replace("\n", CRLF), "")).encode(charset, "replace")


def web_form(dice: random.Random) -> bytes:
    """What a page's contact form sends: no date, no MIME, raw octets in the subject."""
    body = f"Nom : {dice.choice(wording.NAMES)}\nTéléphone : 01 99 00 12 34\nMessage : {wording.letter(dice)}"
    return raw(
        dice, f"Subject: Formulaire reçu n° {dice.randrange(99)}", "X-PHP-Originating-Script: 33:mail.php", body=body
    )


def of_a_script(dice: random.Random) -> bytes:
    """A page in one line of great length, announced without a version of MIME."""
    page = f"<html><body><h1>{wording.subject(dice)}</h1><p>{'</p><p>'.join(wording.sentence(dice) for _ in range(40))}</p></body></html>"
    return raw(
        dice,
        "Subject: Rapport",
        "Date: Mon, 2 Mar 2026 9:00:00 +0100 (CET)",
        "Content-type: text/html; charset=utf-8",
        body=page,
    )


def cut_short(dice: random.Random) -> bytes:
    """A script that forgets the last delimiter."""
    body = f"--=_x\nContent-Type: text/plain\n\n{wording.sentence(dice)}\n--=_x\nContent-Type: text/html\n\n<p>{wording.sentence(dice)}</p>\n"
    fields = (
        "Subject: Alerte",
        "Date: Mon, 2 Mar 2026 09:00:00 +0100",
        "MIME-Version: 1.0",
        'Content-Type: multipart/alternative; boundary="=_x"',
    )
    return raw(dice, *fields, body=body)


def latin(dice: random.Random) -> bytes:
    """Without a word about the character set."""
    fields = ("Subject: Compte rendu", "Date: Mon, 2 Mar 2026 09:00:00 +0100")
    return raw(dice, *fields, body=wording.letter(dice), charset="cp1252")


_FOREIGN = {
    "iso-2022-jp": "お世話になっております。請求書をお送りします。",
    "koi8-r": "Добрый день! Высылаем счёт за март.",
    "windows-1251": "Здравствуйте, договор во вложении.",
    "gb18030": "您好。附件是三月的发票。",
    "big5": "您好。附件是三月的發票。",
    "euc-kr": "안녕하세요. 청구서를 보내 드립니다.",
    "iso-8859-9": "Merhaba, fatura ektedir. Teşekkürler.",
    "windows-1256": "مرحبا، تجدون الفاتورة مرفقة.",
    "iso-8859-8": "שלום, מצורפת החשבונית.",
    "utf-16": "Bonjour, voici la facture.",
    "iso-8859-15": "Le total est de 30 €.",
}


def foreign(dice: random.Random) -> bytes:
    """In the character sets of the world."""
    charset = dice.choice(tuple(_FOREIGN))
    octets = base64.encodebytes("\r\n".join([_FOREIGN[charset]] * dice.randint(1, 30)).encode(charset)).decode()
    subject = base64.b64encode(_FOREIGN[charset][:12].encode(charset)).decode()
    fields = (
        f"Subject: =?{charset}?B?{subject}?=", "Date: Mon, 2 Mar 2026 09:00:00 +0900", "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: base64",
    )  # fmt: skip
    return raw(dice, *fields, body=octets)


def odd_names(dice: random.Random) -> bytes:
    """File names as Outlook, old Lotus and web mail encode them, and names that are sentences."""
    name, content = "Relevé n° 3 - été.pdf", documents.invoice(dice)
    word = base64.b64encode(name.encode()).decode()
    written_as = dice.choice((
        f'Content-Type: application/pdf; name="=?utf-8?B?{word}?="{CRLF}Content-Disposition: attachment; filename="=?utf-8?B?{word}?="',
        f'Content-Type: application/pdf;{CRLF} name*0*=utf-8\'\'Relev%C3%A9%20n%C2%B0;{CRLF} name*1="%203.pdf"{CRLF}Content-Disposition: attachment',
        f'Content-Type: application/octet-stream{CRLF}Content-Disposition: attachment; filename="{name}"',
        f'Content-Type: application/pdf; name="Releve.pdf"{CRLF}Content-Disposition: attachment; filename="Releve.pdf"; filename*=utf-8\'\'Relev%C3%A9.pdf',
    ))  # fmt: skip
    body = f"--x{CRLF}{CRLF}{wording.sentence(dice)}{CRLF}--x{CRLF}{written_as}{CRLF}Content-Transfer-Encoding: base64{CRLF}{CRLF}{base64.encodebytes(content).decode()}--x--"
    fields = (
        "Subject: Releve",
        "Date: Mon, 2 Mar 2026 09:00:00 +0100",
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=x",
    )
    return raw(dice, *fields, body=body.replace(CRLF, "\n"))


def soft_hyphens(dice: random.Random) -> bytes:
    """A page whose long words may be broken anywhere."""
    words = "Anwendungs\u00adentwicklung Versicherungs\u00adgesellschaft Rechnungs\u00adnummer Kranken\u00adkasse Jahres\u00adabrechnung"
    page = f"<html><body><p>{words}. {wording.sentence(dice)}</p><p>{words}</p></body></html>"
    return written(Draft("Ihre Jahresabrechnung", page=page), dice)


def counted_links(dice: random.Random) -> bytes:
    """What stands there is the shop's address, and the link goes through the service that counts."""
    shown = "www.canal.example"
    links = "".join(
        f'<p><a href="https://u{dice.randrange(10**7)}.ct.mailservice.example/ls/click?upn={dice.randrange(16**90):x}">{shown}</a></p>'
        for _ in range(dice.randint(1, 20))
    )
    return written(
        Draft(
            wording.subject(dice),
            page=f"<html><body>{links}<p>{wording.letter(dice)}</p></body></html>",
            domain="canal.example",
        ),
        dice,
    )


def of_a_machine(dice: random.Random) -> bytes:
    """Printers, cameras and routers write of addresses and ports."""
    host = f"192.168.1.{dice.randrange(1, 255)}"
    text = (
        f"Alarm: motion detected\nCamera: http://{host}:8080/live?ch=1\nNAS: https://{host}:5001/\nftp://{host}/logs\n"
    )
    return written(
        Draft("[NAS] Alarm", text, files=(Attached("snapshot.jpg", documents.photo(dice), "image/jpeg"),)), dice
    )


def reminder(dice: random.Random) -> bytes:
    """A supplier wants his money, and says so."""
    text = (
        "Madame, Monsieur,\n\nSauf erreur de notre part, la facture ci-jointe reste impayée. Nous vous prions de procéder au virement "
        f"sous 8 jours. URGENT : nos coordonnées bancaires ont changé, merci d'utiliser l'IBAN du RIB joint. Montant : {dice.randrange(9999)} €\n"
    )
    files = (
        Attached("Facture impayée.pdf", documents.invoice(dice), "application/pdf"),
        Attached("RIB.pdf", documents.invoice(dice), "application/pdf"),
    )
    return written(
        Draft(
            "Dernier rappel avant mise en demeure", text, files=files, headers={"Reply-To": "compta.canal@gmail.com"}
        ),
        dice,
    )


def long_news(dice: random.Random) -> bytes:
    """A page of half a megabyte, tables in tables, as builders of newsletters make them."""
    inner = "".join(f"<tr><td>{wording.sentence(dice)}</td></tr>" for _ in range(900))
    depth = dice.randint(8, 20)
    page = (
        "<html><body>"
        + "<table><tr><td>" * depth
        + f"<table>{inner}</table>" * 4
        + "</td></tr></table>" * depth
        + "</body></html>"
    )
    return written(
        Draft(wording.subject(dice), page=page, headers={"List-Unsubscribe": "<https://u.canal.example/1>"}), dice
    )


def shades(dice: random.Random) -> bytes:
    """Pale on white, white on a picture, tiny print, text for screen readers: taste, and no trick."""
    legal = " ".join(wording.sentence(dice) for _ in range(20))
    page = (
        "<html><head><style>.sr-only{position:absolute;left:-10000px;width:1px;height:1px;overflow:hidden}.dark{background:#000}"
        "@media (prefers-color-scheme:dark){.logo{display:none}}</style></head><body>"
        f'<span class="sr-only">Aller au contenu</span><table background="https://img.canal.example/b.jpg"><tr><td><p style="color:#fff">{wording.sentence(dice)}</p></td></tr></table>'
        f'<table class="dark" bgcolor="#000000"><tr><td style="color:#ffffff">{wording.letter(dice)}</td></tr></table><p>{wording.letter(dice)}</p>'
        f'<p style="font-size:8px;color:#bbbbbb">{legal}</p></body></html>'
    )
    return written(Draft(wording.subject(dice), page=page), dice)


def many_pictures(dice: random.Random) -> bytes:
    """A long thread carries the logos of all signatures."""
    logos = [documents.photo(dice, "PNG", 32) for _ in range(20)]
    files = (Attached(f"image{n:03d}.png", dice.choice(logos), "image/png", is_inline=True) for n in range(150))
    return with_files(dice, *files)


def many_members(dice: random.Random) -> bytes:
    """A folder of sources or of measurements."""
    members = {f"mesures/{n // 100}/{n:05d}.csv": f"{n};{dice.random()}\r\n".encode() for n in range(1_500)}
    return with_files(dice, Attached("mesures.zip", archives.packed(members), "application/zip"))


def white_pages(dice: random.Random) -> bytes:
    """Scans without compression, packed: mostly white, so that little is left of them."""
    page = documents.scanned_page(dice).convert("RGB").resize((2_480, 3_508))
    out = io.BytesIO()
    page.save(out, "BMP")
    return with_files(dice, Attached("scan.zip", archives.packed({"scan.bmp": out.getvalue()}), "application/zip"))


def plain_picture(dice: random.Random) -> bytes:
    """A poster of one colour, large and small at once."""
    out = io.BytesIO()
    Image.new("RGB", (7_000, 5_000), (dice.randrange(256), 20, 90)).save(out, "PNG")
    return with_files(dice, Attached("affiche.png", out.getvalue(), "image/png"))


def broken_file(dice: random.Random) -> bytes:
    """Somebody's disk was full: half a file."""
    name, make = dice.choice(
        (
            ("photo.jpg", documents.photo),
            ("facture.pdf", documents.invoice),
            ("lettre.docx", documents.word),
            ("dossier.zip", archives.plain),
        )
    )
    content = make(dice)
    return with_files(dice, Attached(name, content[: len(content) // 2]))


def passed_on(dice: random.Random) -> bytes:
    """Forwarded as an attachment again and again."""
    message = newsletters.order(dice)
    for _ in range(dice.randint(2, 6)):
        message = with_files(dice, Attached("", message, "message/rfc822"))
    return message


def packed_mail(dice: random.Random) -> bytes:
    """A folder of mail, exported: messages with files, in an archive in an archive."""
    inner = with_files(dice, Attached("dossier.zip", archives.nested(dice), "application/zip"))
    return with_files(
        dice, Attached("export.zip", archives.packed({"Re devis.eml": inner, "mbox": b"From x\n" + inner}))
    )


def sources(dice: random.Random) -> bytes:
    """A programmer shows his work."""
    code = {
        "outil.py": f"import subprocess, base64\nsubprocess.run(['make', 'all'])\nprint({dice.randrange(99)})\n",
        "build.sh": "#!/bin/sh\nset -e\ncurl -fsSL https://mirror.canal.example/x.tar.gz | tar xz\nmake\n",
        "query.sql": "SELECT name, total FROM orders WHERE total > 100;\n",
        "cours.tex": "\\documentclass{article}\\begin{document}"
        + textwrap.dedent(wording.letter(dice))
        + "\\end{document}\n",
        "carte.kml": '<?xml version="1.0"?><kml><Placemark><name>Pont</name></Placemark></kml>\n',
    }
    return with_files(dice, *(Attached(name, text.encode(), "application/octet-stream") for name, text in code.items()))


CARELESSNESS: dict[str, Callable[[random.Random], bytes]] = {
    "web form": web_form,
    "of a script": of_a_script,
    "without an end": cut_short,
    "raw octets": latin,
    "foreign character sets": foreign,
    "names of files": odd_names,
    "soft hyphens": soft_hyphens,
    "counted links": counted_links,
    "of a machine": of_a_machine,
    "reminder": reminder,
    "long newsletter": long_news,
    "shades": shades,
    "many pictures": many_pictures,
    "many members": many_members,
    "white pages": white_pages,
    "plain picture": plain_picture,
    "broken file": broken_file,
    "passed on": passed_on,
    "packed mail": packed_mail,
    "sources": sources,
}
