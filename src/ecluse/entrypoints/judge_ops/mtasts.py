"""Questions about MTA-STS."""

from __future__ import annotations

from ecluse.entrypoints.judge_ops.question import Json, Refused, list_in, text_in
from ecluse.wire.mtasts.policy import StsMode, StsPolicy, StsSyntax, fits_any, parse_policy


def mtasts_parse(question: Json) -> Json:
    """The op `mtasts.parse`."""
    try:
        policy = parse_policy(text_in(question, "text"))
    except StsSyntax as problem:
        raise Refused("syntax", str(problem)) from None
    return {"version": "STSv1", "mode": policy.mode, "mx": policy.patterns, "max_age": policy.max_age_s}


def mtasts_match(question: Json) -> Json:
    """The op `mtasts.match`."""
    host, patterns = text_in(question, "mx"), list_in(question, "patterns")
    if not all(isinstance(pattern, str) for pattern in patterns):
        raise Refused("bad-request", "a pattern is text")
    try:
        policy = StsPolicy(StsMode(text_in(question, "mode")), tuple(patterns), 0)
    except ValueError:
        raise Refused("bad-request", "mode is enforce, testing or none") from None
    return {"match": fits_any(host, patterns), "allowed": policy.allows(host)}
