"""Real mail: whether the signatures that its receivers saw pass fit here too, and how much honest mail would be refused.

    .venv/bin/python bench/corpora.py --corpus ../shared/data/corpora/list_linux_raid.tar.zst
    .venv/bin/python bench/corpora.py --corpus ../shared/data/corpora/spamassassin.tar.zst

Needs the corpora of **../shared** and the program zstd; unpacks into a temporary folder. Nothing is asked of the DNS: keys of
years ago are gone, so only the hash of the body is compared with what the receiver recorded in Authentication-Results,
and messages are judged by header and content alone. Exit status 1: less than 99 % of the recorded passes fit.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.envelope import Envelope, Recipient
from ecluse.domain.peer import Peer
from ecluse.domain.policy import Policy
from ecluse.domain.verdict import Disposition
from ecluse.entrypoints.scan import NoLists, as_sent, scan_message
from ecluse.filtering.collect import Sources
from ecluse.wire.authres.read import read
from ecluse.wire.authres.results import MethodResult
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.result import SignatureResult
from ecluse.wire.dkim.signature import Signature, find_signatures
from ecluse.wire.mime.fields import HeaderSection, split_head

GOAL = 0.99
EXAMPLES = 5
POLICY = Policy("Corpora", "client.test", ())
RECIPIENT = Recipient(Address("bob", "client.test"))
SOURCES = Sources(NoLists(), None, "mx.gateway.test")


@dataclass(slots=True)
class Signatures:
    """What became of the signatures of one corpus."""

    seen: int = 0
    malformed: Counter[str] = field(default_factory=Counter)  # By reason.
    recorded: int = 0  # Passes that a receiver recorded for a signature that is still there and can be used.
    fit: int = 0  # Of those, with a body that still fits.
    gone: int = 0  # Recorded passes of signatures that are not there any more, or that we cannot read.
    misfits: list[str] = field(default_factory=list)

    def add(self, path: Path, raw: bytes) -> None:
        content = MemoryContent(as_sent(raw))
        section = split_head(content)
        found = find_signatures(section)
        self.seen += len(found)
        self.malformed.update(one.reason for one in found if isinstance(one, SignatureResult))
        recorded = _recorded(section)
        passed = [one for one in found if isinstance(one, Signature) and one.start in recorded]
        self.gone += len(recorded - {one.start for one in passed})
        bodies = hash_body(content, section.octets, {one.body for one in passed})
        for signature in passed:
            self.recorded += 1
            if bodies.digest(signature.body) == signature.body_hash:
                self.fit += 1
            else:
                self.misfits.append(f"{path.parent.name}/{path.name} d={signature.domain}")


@dataclass(slots=True)
class Refusals:
    """What would have become of the ham of one corpus."""

    judged: int = 0
    highest: float = 0.0
    found: Counter[str] = field(default_factory=Counter)  # By code; how often.
    near: Counter[str] = field(default_factory=Counter)  # By codes, where the score is half of what refuses or more.
    refused: Counter[str] = field(default_factory=Counter)  # By the codes of the findings that weigh.
    examples: dict[str, str] = field(default_factory=dict)

    async def add(self, path: Path, raw: bytes) -> None:
        envelope = Envelope(None, (RECIPIENT,))
        report = await scan_message(raw, envelope, Peer("192.0.2.1", 25, "mail.sender.test"), POLICY, SOURCES)
        codes = " ".join(report.symbols)
        self.judged += 1
        self.highest = max(self.highest, report.verdict.score)
        self.found.update(report.symbols)
        if report.verdict.score >= POLICY.refuse_at / 2:
            self.near[codes] += 1
            self.examples.setdefault(codes, f"{path.parent.name}/{path.name}")
        if report.verdict.disposition is not Disposition.DELIVER:
            self.refused[codes] += 1
            self.examples.setdefault(codes, f"{path.parent.name}/{path.name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpus", type=Path, required=True, help="NAME.tar.zst of ../shared/data/corpora, or its folder"
    )
    corpus = parser.parse_args().corpus
    if not corpus.exists():
        print(f"No corpus: {corpus} is not there. This bench needs ../shared/data/corpora.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        root = corpus if corpus.is_dir() else _unpacked(corpus, Path(folder))
        signatures, refusals = asyncio.run(_examined(root))
    _tell(signatures, refusals)
    return 0 if signatures.fit >= GOAL * signatures.recorded else 1


async def _examined(root: Path) -> tuple[Signatures, Refusals]:
    signatures, refusals = Signatures(), Refusals()
    for path in _ham(root):
        raw = path.read_bytes()
        signatures.add(path, raw)
        await refusals.add(path, raw)
    return signatures, refusals


def _unpacked(archive: Path, folder: Path) -> Path:
    with subprocess.Popen(["zstd", "-d", "--long=30", "-c", str(archive)], stdout=subprocess.PIPE) as unpacking:
        subprocess.run(["tar", "xf", "-", "-C", str(folder)], stdin=unpacking.stdout, check=True)
    return folder


def _ham(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.rglob("*.eml") if path.parent.name == "ham")


def _recorded(section: HeaderSection) -> set[str]:
    """The first characters of the signatures (RFC 6008) that receivers wrote dkim=pass for."""
    fields = section.all(b"authentication-results")
    results = (result for one in fields for result in read(one.value).results)
    return {_start(result) for result in results if (result.method, result.outcome) == ("dkim", "pass")} - {""}


def _start(result: MethodResult) -> str:
    return next((one.value for one in result.properties if (one.place, one.name) == ("header", "b")), "")


def _tell(signatures: Signatures, refusals: Refusals) -> None:
    share = signatures.fit / signatures.recorded if signatures.recorded else 1.0
    print("| signatures | |\n|---|--:|")
    print(f"| seen | {signatures.seen:,} |")
    print(f"| cannot be used | {sum(signatures.malformed.values()):,} |")
    print(f"| recorded as passed | {signatures.recorded:,} |")
    print(f"| recorded, but not among the signatures that can be used | {signatures.gone:,} |")
    print(f"| of the others, the body fits here | {signatures.fit:,} ({share:.2%}) |")
    for reason, count in signatures.malformed.most_common():
        print(f"- cannot be used, {count:,}: {reason}")
    for misfit in signatures.misfits[:EXAMPLES]:
        print(f"- does not fit: {misfit}")
    refused = sum(refusals.refused.values())
    print(f"\n{refused:,} of {refusals.judged:,} ham messages would not be delivered:")
    for codes, count in refusals.refused.most_common():
        print(f"- {count:,}: {codes} (as {refusals.examples[codes]})")
    print(f"\nThe highest score is {refusals.highest:g} of {POLICY.refuse_at:g}; half of that or more have:")
    for codes, count in refusals.near.most_common(2 * EXAMPLES):
        print(f"- {count:,}: {codes} (as {refusals.examples[codes]})")
    print("\nFindings: " + ", ".join(f"{code} {count:,}" for code, count in refusals.found.most_common()))


if __name__ == "__main__":
    sys.exit(main())
