"""Words of a message that may open the archive beside them: its sender wrote the password into the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

MAX_PASSWORDS = 24
_MAX_TEXT = 16_384  # Characters of one text that are looked at.
_MAX_TEXTS = 10
_NEAR = 60  # How far behind the word for it a password may stand.
_MAX_NEAR = 6  # Candidates behind one word for it.
_MAX_WORDS = 50  # Such words of one text that are followed.

# "Password" in the languages that our clients read; "archive code", "PIN" and the like.
_WORDS_FOR_IT = re.compile(
    r"pass\s?-?(?:word|wort|code|phrase|e)\b|mots?\s+de\s+passe|\bmdp\b|\bpwd?\b|\bpin\b|\bcode\b|\bcl(?:é|e)\b|\bkey\b"
    r"|kennwort|contrase(?:ñ|n)a|\bclave\b|\bsenha\b|wachtwoord|has(?:ł|l)o|пароль|密码|密碼|パスワード",
    re.IGNORECASE,
)
_TOKEN = re.compile("[^\\s\"'<>\u00ab\u00bb\u2018-\u201e]{3,64}")  # Quotation marks of all kinds end it.
_TAGS = re.compile(r"<[^<>]{0,1000}>")
_AROUND = ".,;:!?()[]{}=*"
# What stands between the word and the password.
_FILLERS = frozenset(
    [
        "is",
        "the",
        "for",
        "est",
        "pour",
        "ist",
        "das",
        "lautet",
        "les",
        "des",
        "une",
        "file",
        "fichier",
        "archive",
        "zip",
        "this",
        "ouvrir",
        "open",
        "your",
        "votre",
    ]
)
# A word by itself that looks like nothing else: letters and digits, or a line of its own.
_LONE_LINE = re.compile(r"(?m)^[ \t]*([^\s<>]{3,32})[ \t]*\r?$")
# What many put without saying so.
_USUAL = ("infected", "1234", "123", "12345", "123456", "password")


def candidates(texts: Iterable[str]) -> tuple[str, ...]:
    """Passwords to be tried, the likeliest first, at most `MAX_PASSWORDS`; `texts` are the subject and what is shown."""
    shown = [_TAGS.sub(" ", text[:_MAX_TEXT]) for text, _ in zip(texts, range(_MAX_TEXTS), strict=False)]
    found = dict.fromkeys(each for text in shown for each in _behind_the_word(text))
    if found:
        found |= dict.fromkeys(each for text in shown for each in _LONE_LINE.findall(text)[:_MAX_NEAR])
    room = MAX_PASSWORDS - len(_USUAL)
    return (*list(found)[:room], *(each for each in _USUAL if each not in found))


def _behind_the_word(text: str) -> Iterator[str]:
    for word in islice(_WORDS_FOR_IT.finditer(text), _MAX_WORDS):
        behind = text[word.end() : word.end() + _NEAR]
        for token in _TOKEN.findall(behind)[:_MAX_NEAR]:
            if token.lower().strip(_AROUND) not in _FILLERS:
                # As it stands and without punctuation: each may be meant.
                yield from dict.fromkeys((token.strip(_AROUND), token))
