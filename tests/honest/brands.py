"""Notices from the houses that are imitated most, from domains of theirs, without any proof but the domain."""

from __future__ import annotations

import random

from tests.honest import wording
from tests.honest.writing import Draft, written

# Display name, domain of the author, host that is linked to.
HOUSES = (
    ("PayPal", "paypal.fr", "www.paypal.com"),
    ("service@paypal.com", "paypal.com", "www.paypal.com"),
    ("Amazon.fr", "amazon.fr", "www.amazon.fr"),
    ("LinkedIn", "linkedin.com", "www.linkedin.com"),
    ("Facebook", "facebookmail.com", "www.facebook.com"),
    ("Microsoft account team", "accountprotection.microsoft.com", "account.live.com"),
    ("Microsoft 365", "email.microsoftonline.com", "portal.office.com"),
    ("Google", "accounts.google.com", "myaccount.google.com"),
    ("Google Calendar", "calendar.google.com", "calendar.google.com"),
    ("Apple", "email.apple.com", "appleid.apple.com"),
    ("Netflix", "mailer.netflix.com", "www.netflix.com"),
    ("Orange", "orange.fr", "espace-client.orange.fr"),
    ("SFR", "sfr.fr", "www.sfr.fr"),
    ("Free", "free.fr", "adsl.free.fr"),
    ("La Poste", "laposte.fr", "www.laposte.fr"),
    ("Colissimo", "notif-colissimo-laposte.info", "www.laposte.fr"),
    ("Chronopost", "chronopost.fr", "www.chronopost.fr"),
    ("DHL", "dhl.com", "www.dhl.com"),
    ("EDF", "edf.fr", "particulier.edf.fr"),
    ("Ameli", "ameli.fr", "assure.ameli.fr"),
    ("impots.gouv.fr", "dgfip.finances.gouv.fr", "www.impots.gouv.fr"),
    ("SNCF Connect", "connect.sncf", "www.sncf-connect.com"),
    ("Doctolib", "doctolib.fr", "www.doctolib.fr"),
    ("BNP Paribas", "bnpparibas.com", "mabanque.bnpparibas"),
    ("Crédit Agricole", "credit-agricole.fr", "www.credit-agricole.fr"),
    ("La Banque Postale", "labanquepostale.fr", "www.labanquepostale.fr"),
    ("Société Générale", "socgen.com", "particuliers.societegenerale.fr"),
    ("Booking.com", "booking.com", "www.booking.com"),
    ("Airbnb", "airbnb.com", "www.airbnb.fr"),
    ("DocuSign", "docusign.net", "www.docusign.net"),
    ("Dropbox", "dropbox.com", "www.dropbox.com"),
    ("WeTransfer", "wetransfer.com", "we.tl"),
    ("GitHub", "github.com", "github.com"),
    ("Leboncoin", "leboncoin.fr", "www.leboncoin.fr"),
    ("Vinted", "vinted.fr", "www.vinted.fr"),
    ("Stripe", "stripe.com", "dashboard.stripe.com"),
    ("OVHcloud", "ovhcloud.com", "www.ovh.com"),
)
# People, shops and firms that share a word with them, and are none of them.
NAMESAKES = (
    ("Pierre Orange", "canal.example"), ("Marc Free", "ateliers.example"), ("Apple Hill Farm", "applehill.example"),
    ("Hôtel de la Poste", "hotelposte.example"), ("Amazon Rainforest Fund", "rainforest.example"),
    ("Cave Visa & Fils", "cavevisa.example"), ("Mairie d'Orange", "ville-orange.example"), ("Steam Engine Club", "steam.example"),
    ("Target Archery Club", "archery.example"), ("Jean via Google Groups", "uni-nord.example"),
)  # fmt: skip


def of_a_house(dice: random.Random) -> bytes:
    name, domain, host = dice.choice(HOUSES)
    link = f"https://{host}/a/{dice.randrange(10**9)}?x={dice.randrange(16**20):x}"
    text = f"{wording.sentence(dice)}\n\nVotre compte {name} : {link}\n"
    page = f'<html><body><p>{wording.sentence(dice)}</p><a href="{link}">{dice.choice((host, "Voir mon compte"))}</a></body></html>'
    return written(Draft(f"{name} : votre commande, votre compte", text, page, domain=domain, name=name), dice)


def of_a_namesake(dice: random.Random) -> bytes:
    name, domain = dice.choice(NAMESAKES)
    return written(Draft(wording.subject(dice), domain=domain, name=name), dice)


BRANDS = {"notice of a known house": of_a_house, "namesake": of_a_namesake}
