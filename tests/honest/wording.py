"""What honest people write, in French and English: made up, and without any grammar to be proud of."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language's stock of sentences."""

    greetings: tuple[str, ...]
    sentences: tuple[str, ...]
    closings: tuple[str, ...]
    subjects: tuple[str, ...]


FRENCH = Tongue(
    ("Bonjour Madame,", "Bonjour à tous,", "Cher Monsieur,", "Salut Léa,", "Chers adhérents,"),
    (
        "Veuillez trouver ci-joint le document demandé lors de notre échange de mardi.",
        "La réunion est déplacée au jeudi 14 à 9 h 30, salle Étienne-Dolet.",
        "Pourriez-vous me confirmer la réception avant la fin de la semaine ?",
        "Le règlement est à effectuer sous 30 jours par virement, à l'IBAN indiqué sur la facture.",
        "L'équipe a terminé l'essai ; les résultats sont meilleurs que prévu, à 3 % près.",
        "N'oubliez pas d'apporter une pièce d'identité et votre justificatif de domicile.",
        "Nous vous rappelons que l'échéance du 30 novembre approche.",
        "Le nouveau planning tient compte des congés de Noël et des jours fériés.",
        "Votre conseillère reste à votre disposition au 01 99 00 12 34.",
        "Le mot de passe de la salle de visioconférence figure dans l'invitation.",
    ),
    ("Cordialement,", "Bien à vous,", "À bientôt,", "Veuillez agréer nos salutations distinguées."),
    ("Compte rendu de la réunion", "Votre facture n° 2026-0{}", "Dossier d'inscription {}", "Re: Devis été {}"),
)
ENGLISH = Tongue(
    ("Dear Mr Ward,", "Hi all,", "Hello,", "Dear members,", "Hi Priya,"),
    (
        "Please find attached the document that we talked about on Tuesday.",
        "The meeting moves to Thursday at 9:30 in the large room.",
        "Could you confirm that you got this by the end of the week?",
        "Payment is due within 30 days by bank transfer to the account on the invoice.",
        "The trial is done, and the results are within 3% of what we hoped for.",
        "Please bring an identity card and your proof of address.",
        "A reminder that the deadline of 30 November is near.",
        "The new schedule takes the holidays into account.",
        "Your account manager can be reached at +44 1632 960 123.",
        "I pushed the fix to the branch; the build needs about ten minutes.",
    ),
    ("Kind regards,", "Best,", "Thanks,", "See you soon,"),
    ("Minutes of the meeting", "Invoice INV-{}", "Re: Quote {}", "Application form {}", "Fwd: Order {}"),
)
NAMES = (
    "Zoë Lefèvre", "Bruno Martin", "Anne-Laure Petit", "Olivia Ward", "Mehdi Benali", "Service Comptabilité",
    "Ateliers du Canal", "Mairie de Saint-Aubin", "The Allotment Society", "Jürgen Weiß",
)  # fmt: skip
DOMAINS = ("canal.example", "mairie-saint-aubin.example", "allotment.example", "ateliers.example", "uni-nord.example")


def tongue(dice: random.Random) -> Tongue:
    return dice.choice((FRENCH, ENGLISH))


def subject(dice: random.Random) -> str:
    return dice.choice(tongue(dice).subjects).format(dice.randint(100, 9_999))


def sentence(dice: random.Random) -> str:
    return dice.choice(tongue(dice).sentences)


def letter(dice: random.Random) -> str:
    """A greeting, some paragraphs, a closing and a signature."""
    words = tongue(dice)
    paragraphs = (" ".join(dice.sample(words.sentences, dice.randint(1, 4))) for _ in range(dice.randint(1, 4)))
    name = dice.choice(NAMES)
    return "\n\n".join(
        (
            dice.choice(words.greetings),
            *paragraphs,
            f"{dice.choice(words.closings)}\n{name}\n-- \n{name} - 12 quai du Canal",
        )
    )
