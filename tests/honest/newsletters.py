"""Newsletters and notices as the services that send for others build them."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.honest import wording
from tests.honest.writing import Draft, written

# Phones show what begins a message in their lists; the padding keeps the rest out of it.
PREHEADER = (
    '<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{}</div>'
    '<div style="display:none;max-height:0;overflow:hidden">{}</div>'
)
PADDING = "&#847;&zwnj;&nbsp;" * 60
TRACKER = '<img src="https://track.{}/o/{:x}.gif" width="1" height="1" alt="" style="display:block;border:0">'
FOOTER_STYLE = "font-size:10px;color:#999999;line-height:14px"
MEDIA = "@media only screen and (max-width:600px){.desktop{display:none!important}.col{width:100%!important}}"


def _link(dice: random.Random, domain: str) -> str:
    """Through the service's counter, which leads to the shop."""
    token = f"{dice.randrange(16**120):x}"
    target = f"https%3A%2F%2Fwww.{domain}%2Foffre%3Futm_source%3Dnews%26id%3D{dice.randrange(10**6)}"
    return dice.choice((
        f"https://click.{domain}/ls/click?upn={token}",
        f"https://r.mail.{domain}/tr/cl/{token}",
        f"https://trk.{domain}/redirect?url={target}&amp;h={token[:32]}",
        f"https://www.{domain}/p/{dice.randrange(10**6)}?utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=mars",
    ))  # fmt: skip


def _story(dice: random.Random, domain: str) -> str:
    link = _link(dice, domain)
    return (
        f'<tr><td class="col" style="padding:12px 24px"><a href="{link}"><img src="https://img.{domain}/{dice.randrange(999)}.png"'
        f' width="552" alt="{wording.sentence(dice)}" style="display:block"></a><h2 style="color:#223344">{wording.subject(dice)}</h2>'
        f'<p style="font:14px Arial;color:#333">{wording.sentence(dice)} {wording.sentence(dice)}</p>'
        f'<a href="{link}" style="background:#0a6;color:#fff;padding:10px 20px;text-decoration:none">Lire la suite</a></td></tr>'
    )


def _page(dice: random.Random, domain: str, rows: str, *, hides_a_twin: bool = False) -> str:
    twin = f'<div class="mobile" style="display:none;mso-hide:all">{rows}</div>' if hides_a_twin else ""
    return (
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        f"<title>{wording.subject(dice)}</title><style>{MEDIA}</style><!--[if mso]><style>td{{font-family:Arial}}</style><![endif]--></head>"
        f'<body style="margin:0;background-color:#f4f4f4">{PREHEADER.format(wording.sentence(dice), PADDING)}'
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">'
        f'<table width="600" style="background-color:#ffffff">{rows}</table>{twin}</td></tr></table>'
        f'<p style="{FOOTER_STYLE}">{wording.sentence(dice)} <a href="https://u.{domain}/unsub/{dice.randrange(10**9)}" '
        f'style="color:#999999">Se désabonner</a> - <a href="https://www.{domain}/confidentialite">Vie privée</a></p>'
        f"{TRACKER.format(domain, dice.randrange(16**24))}</body></html>"
    )


def _headers(dice: random.Random, domain: str, **of_the_service: str) -> dict[str, str]:
    return {
        "List-Unsubscribe": f"<https://u.{domain}/unsub/{dice.randrange(10**9)}>, <mailto:unsubscribe@{domain}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-ID": f"News <news.{domain}>",
        "Precedence": "bulk",
        **{name.replace("_", "-"): value for name, value in of_the_service.items()},
    }


def _news(dice: random.Random, text: str, *, hides_a_twin: bool = False, **of_the_service: str) -> bytes:
    domain = dice.choice(wording.DOMAINS)
    rows = "".join(_story(dice, domain) for _ in range(dice.randint(2, 14)))
    page = _page(dice, domain, rows, hides_a_twin=hides_a_twin)
    headers = _headers(dice, domain, **of_the_service)
    return written(Draft(f"🎉 {wording.subject(dice)}", text, page, headers=headers, domain=domain), dice)


def with_a_text(dice: random.Random) -> bytes:
    return _news(
        dice,
        f"{wording.letter(dice)}\n\nhttps://u.canal.example/unsub/1",
        X_Mailin_Campaign="27",
        Feedback_ID="a:b:c:d",
    )


def without_a_text(dice: random.Random) -> bytes:
    return _news(dice, "", X_MC_User="a1b2", X_Mailer="MailChimp Mailer - **CID1**")


def with_a_poor_text(dice: random.Random) -> bytes:
    """Many services put only this beside their page."""
    return _news(dice, "Votre messagerie n'affiche pas le HTML : https://www.canal.example/v/1", X_SG_EID="x" * 120)


def for_phones_too(dice: random.Random) -> bytes:
    """The same stories twice: one is for wide screens, and style sheets choose."""
    return _news(dice, wording.letter(dice), hides_a_twin=True, X_CSA_Complaints="csa-complaints@eco.example")


def order(dice: random.Random) -> bytes:
    """What a shop sends when somebody has bought: many numbers, a total, a delivery to follow."""
    domain = dice.choice(wording.DOMAINS)
    lines = "".join(
        f'<tr><td>{wording.sentence(dice)[:40]}</td><td align="right">{dice.randint(1, 3)}</td><td>{dice.random() * 90:.2f}&nbsp;€</td></tr>'
        for _ in range(dice.randint(1, 9))
    )
    follow = (
        f'<a href="{_link(dice, domain)}">Suivre mon colis</a> <a href="https://www.{domain}/compte">www.{domain}</a>'
    )
    page = _page(dice, domain, f"{lines}<tr><td>{follow}</td></tr>")
    number = dice.randrange(10**8)
    return written(
        Draft(f"Confirmation de votre commande n° {number}", wording.letter(dice), page, domain=domain), dice
    )


def account(dice: random.Random) -> bytes:
    """What honest services write about accounts, and thieves imitate: a code, a new password, a login."""
    domain = dice.choice(wording.DOMAINS)
    link = f"https://www.{domain}/reset?token={dice.randrange(16**40):040x}"
    text = dice.choice((
        f"Vous avez demandé un nouveau mot de passe. Cliquez sur ce lien dans les 24 heures : {link}\n\nSi ce n'est pas vous, ignorez ce message.",
        f"Your verification code is {dice.randrange(10**6):06d}. It expires in 10 minutes. Do not share it with anyone.",
        f"A new sign-in to your account from Firefox on Linux. Was this you? Review your activity: {link}",
        f"Votre abonnement sera renouvelé le 1er avril pour 9,90 €. Gérer votre abonnement : {link}",
    ))  # fmt: skip
    page = _page(dice, domain, f'<tr><td><p>{text}</p><a href="{link}">Continuer</a></td></tr>')
    return written(Draft("Votre compte / Your account", text, page, domain=domain), dice)


NEWSLETTERS: dict[str, Callable[[random.Random], bytes]] = {
    "newsletter with a text": with_a_text,
    "newsletter without a text": without_a_text,
    "newsletter with a poor text": with_a_poor_text,
    "newsletter for phones too": for_phones_too,
    "order": order,
    "account notice": account,
}
