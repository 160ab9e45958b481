"""A seller and a buyer for tests."""

from decimal import Decimal

from ecluse.control.billing.parties import Buyer, PostalAddress, Seller

SELLER = Seller(
    name="Fournisseur Exemple",
    legal_form="SAS",
    capital=Decimal("10000.00"),
    address=PostalAddress("1 rue des Écluses", "31000", "Toulouse"),
    siret="73282932000074",
    vat_number="FR44732829320",
    register="Toulouse",
    iban="FR7630006000011234567890189",
    bic="AGRIFRPP",
    email="factures@provider.example",
    phone="+33 5 00 00 00 00",
)
BUYER = Buyer(
    name="One & Fils <SARL>",
    address=PostalAddress("2 quai du Canal", "75001", "Paris", more="Bâtiment B"),
    siren="404833048",
    vat_number="FR83404833048",
    invoices_to="compta@one.example",
)
