"""Why a verdict is what it is, for three readers in two languages; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.domain.language import Language
from ecluse.domain.reader import Reader
from ecluse.domain.verdict import Category, Disposition
from ecluse.filtering.meanings import MEANINGS

MAX_SENTENCES = 3  # A recipient reads no more.
MAX_FINDINGS = 8  # For an administrator.


@dataclass(frozen=True, slots=True)
class Weighed:
    """One finding and what it counted for."""

    code: str
    detail: str
    points: float


@dataclass(frozen=True, slots=True)
class Explained:
    """One finding in words."""

    weighed: Weighed
    sentence: str  # "" for a code of another release.


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one reader is told."""

    opening: str  # What became of the message.
    sentences: tuple[str, ...]  # Why, without any rule; all that a recipient sees.
    findings: tuple[Explained, ...]  # The strongest first; none for a recipient.


def explain(
    disposition: str, category: str, found: Iterable[Weighed], reader: Reader, language: Language
) -> Explanation:
    """The explanation of one verdict for one reader."""
    strongest = sorted(dict.fromkeys(found), key=lambda one: -abs(one.points))
    shown = {Reader.RECIPIENT: 0, Reader.ADMINISTRATOR: MAX_FINDINGS, Reader.PROVIDER: len(strongest)}[reader]
    findings = tuple(Explained(one, sentence_of(one.code, language)) for one in strongest[:shown])
    # The pairs that no verdict has today may stand in the journal of another release.
    opening = OPENINGS.get((disposition, category)) or OPENINGS.get((disposition, ""), ("", ""))
    families = () if disposition == Disposition.DELIVER else _families(strongest, language)
    return Explanation(_in(opening, language), families, findings)


def _families(strongest: list[Weighed], language: Language) -> tuple[str, ...]:
    """The kinds of reasons against the message, the strongest first, each once."""
    against = (one.code for one in strongest if one.points >= 0 and one.code in MEANINGS)
    words = dict.fromkeys(MEANINGS[code].word for code in against)
    return tuple(_in(FAMILIES[word], language) for word in words if word)[:MAX_SENTENCES]


def sentence_of(code: str, language: Language) -> str:
    """What a finding means; "" for one of another release."""
    return MEANINGS[code].sentence(language) if code in MEANINGS else ""


def _in(sentence: tuple[str, str], language: Language) -> str:
    return sentence[1] if language is Language.FRENCH else sentence[0]


# What became of the message, by disposition and category: English, French.
OPENINGS: dict[tuple[str, str], tuple[str, str]] = {
    (Disposition.DELIVER, Category.NONE): ("The message was delivered.", "Le message a été remis."),
    (Disposition.DELIVER, Category.MASS): (
        "The message was delivered; it is a newsletter.",
        "Le message a été remis ; c'est une lettre d'information.",
    ),
    (Disposition.DELIVER, Category.NOT_FILTERED): (
        "The message was delivered unfiltered, as was asked for; viruses were looked for.",
        "Le message a été remis sans filtrage, comme demandé ; les virus ont été recherchés.",
    ),
    (Disposition.HOLD, Category.NONE): ("The message is kept aside.", "Le message est mis de côté."),
    (Disposition.HOLD, Category.QUARANTINE): (
        "The message is kept aside and can be released.",
        "Le message est mis de côté et peut être libéré.",
    ),
    (Disposition.HOLD, Category.MASS): (
        "The newsletter is kept for the digest.",
        "La lettre d'information est gardée pour le mail de synthèse.",
    ),
    (Disposition.DEFER, Category.NONE): (
        "The sender's server was asked to come again later.",
        "Le serveur de l'expéditeur a été invité à revenir plus tard.",
    ),
    (Disposition.REFUSE, Category.NONE): ("The message was refused.", "Le message a été refusé."),
    (Disposition.REFUSE, Category.PERMANENT): (
        "The message was refused for good.",
        "Le message a été refusé définitivement.",
    ),
    (Disposition.REFUSE, Category.QUARANTINE): (
        "The message was refused; its sender was told.",
        "Le message a été refusé ; son expéditeur en a été informé.",
    ),
    (Disposition.REFUSE, Category.MASS): (
        "The newsletter was refused, as you wish.",
        "La lettre d'information a été refusée, selon votre souhait.",
    ),
}

# By `Meaning.word`: English, French. None names what was looked at, or how.
FAMILIES: dict[str, tuple[str, str]] = {
    "virus": ("It carries something harmful.", "Il contient un élément nuisible."),
    "spam": ("It looks like unwanted mail.", "Il ressemble à du courrier indésirable."),
    "unscannable": ("A part of it could not be checked.", "Une partie n'a pas pu être vérifiée."),
    "sending-rule": (
        "A rule of its sender's organisation is about it.",
        "Une règle de l'organisation de son expéditeur le concerne.",
    ),
    "blocked-name": (
        "It carries a kind of file that is not accepted.",
        "Il contient un type de fichier qui n'est pas accepté.",
    ),
    "blocked-type": (
        "It carries a kind of file that is not accepted.",
        "Il contient un type de fichier qui n'est pas accepté.",
    ),
    "limit": ("It is too large or too complex.", "Il est trop volumineux ou trop complexe."),
    "encrypted": ("It carries an encrypted file.", "Il contient un fichier chiffré."),
    "malformed": ("It is not built as messages should be.", "Il n'est pas construit comme un message devrait l'être."),
    "auth-fail": (
        "It could not be proven who sent it.",
        "Il n'a pas pu être prouvé qui l'a envoyé.",
    ),
    "active-content": (
        "A file in it may act on its own when opened.",
        "Un fichier joint peut agir de lui-même à l'ouverture.",
    ),
    "suspicious-link": ("A link in it is suspicious.", "Un lien qu'il contient est suspect."),
    "phishing": ("It may be after your passwords.", "Il cherche peut-être à obtenir vos mots de passe."),
    "spoof": (
        "The sender may not be who he says he is.",
        "L'expéditeur n'est peut-être pas celui qu'il prétend être.",
    ),
    "lookalike": (
        "A name in it is easily taken for another.",
        "Un nom qu'il contient se confond facilement avec un autre.",
    ),
}
