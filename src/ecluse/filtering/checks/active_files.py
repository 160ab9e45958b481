"""What the message's files do when they are opened: run, load, build or send something."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

# A finding, and the flags of a file (`opening/flags.py`) that must all be there.
_FACTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("MACROS", frozenset({"macros"})),
    ("AUTO_MACROS", frozenset({"auto-macros"})),
    ("SUSPICIOUS_MACROS", frozenset({"suspicious-macros"})),
    ("MACRO_DROPPER", frozenset({"auto-macros", "suspicious-macros"})),
    ("XLM_MACROS", frozenset({"xlm-macros"})),
    ("HIDDEN_MACROS", frozenset({"hidden-macro-sheet"})),
    ("HIDDEN_MACROS", frozenset({"stomped-macros"})),
    ("DDE_FIELD", frozenset({"dde"})),
    ("REMOTE_TEMPLATE", frozenset({"remote-template"})),
    ("REMOTE_OBJECT", frozenset({"remote-object"})),
    ("EXPLOIT_OBJECT", frozenset({"exploit-object"})),
    ("EXPLOIT_OBJECT", frozenset({"equation-object", "object-update"})),
    ("DEFAULT_PASSWORD", frozenset({"default-password"})),
    ("ONENOTE_EMBEDDED", frozenset({"onenote-embedded"})),
    ("PDF_JAVASCRIPT", frozenset({"pdf-javascript"})),
    ("PDF_AUTO_ACTION", frozenset({"pdf-auto-action"})),
    ("PDF_LAUNCH", frozenset({"pdf-launch"})),
    ("HTML_SMUGGLING", frozenset({"html-smuggling"})),
    ("HTML_REDIRECT", frozenset({"html-redirect"})),
    ("FILE_PASSWORD_FORM", frozenset({"password-form"})),
    ("HTML_SCRIPT", frozenset({"html-script"})),
    ("SVG_SCRIPT", frozenset({"svg-script"})),
    ("SCRIPT_FILE", frozenset({"script"})),
    ("SUSPICIOUS_SCRIPT", frozenset({"suspicious-script"})),
    ("SUSPICIOUS_SCRIPT", frozenset({"obfuscated-script"})),
    ("SHORTCUT_COMMAND", frozenset({"shortcut-command"})),
    ("REMOTE_SHORTCUT", frozenset({"remote-shortcut"})),
    ("REMOTE_PROGRAM", frozenset({"remote-program"})),
    ("DISGUISED_FILE", frozenset({"disguised"})),
)


def active_files(evidence: Evidence, _policy: Policy) -> Iterator[Finding]:
    """Each fact once, whichever of the files it is about."""
    if isinstance(evidence.files, Unknown):
        return
    flags = frozenset(evidence.files.flags)
    yield from (Finding(code) for code in dict.fromkeys(code for code, wanted in _FACTS if wanted <= flags))
