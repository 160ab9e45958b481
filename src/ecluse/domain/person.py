"""A person of a client, whose name a stranger may borrow."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

MAX_CHARACTERS = 200  # Of a name; more is cut.
MAX_WORDS = 8
MIN_LETTERS = 6

# Letters that Unicode does not take apart.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})
_WORD = re.compile(r"[^\W\d_]+")
_TITLES = "m mr mme mlle mrs ms miss dr pr prof me maitre herr frau"
# Names of functions: every company has an accounts department.
_FUNCTIONS = (
    "abonnement accounting accounts accueil achat achats administrateur administration admin agence alert alerte "
    "assistance assistant billing boutique bureau cabinet center centre client clients comite commandes commercial "
    "commerciale communication company compta comptabilite contact contacts conseil courrier customer customers "
    "department desk direction directeur directrice equipe export facturation facture finance finances formation "
    "gestion group groupe helpdesk hotel hr info infos information informatique invoice invoices it job jobs juridique "
    "livraison logistique magasin mail marketing newsletter noreply notification notifications office orders paie "
    "payroll postmaster presse president production qualite reception recrutement reply reservation reservations rh "
    "sales salle scan scanner secretariat security securite service services shop societe standard support team "
    "technique technologies user utilisateur vente ventes webmaster"
)
_TITLE_WORDS, _FUNCTION_WORDS = frozenset(_TITLES.split()), frozenset(_FUNCTIONS.split())


@dataclass(frozen=True, slots=True)
class Person:
    """Who may write under a name: somebody of a client, or several of the same name."""

    client: str
    key: str  # See `name_key`.
    addresses: frozenset[str]  # `Address.key`s, private ones among them.
    is_executive: bool = False


@lru_cache(1_024)  # The same few people write all day.
def name_key(name: str) -> str:
    """A name without case, accents, titles and order of its words; "" for what is not the full name of a person.

    "Dupont, Jean-Émile" and "M. Jean Emile DUPONT" are the same; "Anne" is everybody's, "Service Clients" nobody's.
    """
    spelled = unicodedata.normalize("NFKD", name[:MAX_CHARACTERS].casefold()).translate(_PLAIN)
    bare = "".join(letter for letter in spelled if unicodedata.category(letter) not in {"Mn", "Cf"})
    words = [word for word in _WORD.findall(bare) if word not in _TITLE_WORDS]
    is_person = (
        2 <= len(words) <= MAX_WORDS and sum(map(len, words)) >= MIN_LETTERS and _FUNCTION_WORDS.isdisjoint(words)
    )
    return " ".join(sorted(words)) if is_person else ""
