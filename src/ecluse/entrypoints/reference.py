"""The reference pages of our files, made from the tables that read them: `python -m ecluse.entrypoints.reference`."""

from __future__ import annotations

from enum import Enum
from inspect import cleandoc
from pathlib import Path
from types import ModuleType

import msgspec
from msgspec import inspect
from prometheus_client import Counter, Gauge, Histogram

from ecluse.domain.event import Ending
from ecluse.domain.incoming import Direction
from ecluse.domain.lock import LockCause, LockScope
from ecluse.domain.opened import Trouble
from ecluse.domain.queue import Fate
from ecluse.domain.verdict import Category, Disposition
from ecluse.entrypoints import worker_figures
from ecluse.entrypoints.dnsbl_catalogue import catalogue
from ecluse.entrypoints.dnsbl_tables import CodeTable, ListTable
from ecluse.entrypoints.limit_tables import OutboundLimits
from ecluse.entrypoints.policy_tables import ClientTable, DomainTable, RouteTable, UserTable
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.source_tables import OutboundSources, SourceTable
from ecluse.entrypoints.toml_file import plain_kinds
from ecluse.filtering import inbound, outbound
from ecluse.filtering.fusion import fusion
from ecluse.filtering.meanings import MEANINGS
from ecluse.filtering.weights import weight_of
from ecluse.mta import metrics
from ecluse.opening.archives.appended import open_polyglot
from ecluse.opening.archives.unopenable import UNOPENABLE
from ecluse.opening.flags import Flag
from ecluse.opening.openers import OPENERS
from ecluse.opening.types import EXECUTABLES, SCRIPTS, Type
from ecluse.wire.keywords import Keyword
from ecluse.wire.notations import (
    ClamdSocket,
    DomainName,
    Endpoint,
    IpAddress,
    MailAddress,
    Mailboxes,
    NamedAddress,
    NameServer,
    Network,
    NextHop,
    OptionalEndpoint,
    Suffix,
)
from ecluse.wire.rates import RateTable
from ecluse.wire.sending_rules import RuleTerms

_SCALARS = {
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
    inspect.StrType: "text",
    inspect.DateTimeType: "date and time",
}
_NOTATIONS: dict[type, str] = {
    Endpoint: '"IP:port"',
    OptionalEndpoint: '"IP:port"',
    NameServer: '"IP:port"',
    Network: '"network"',
    IpAddress: '"IP address"',
    DomainName: '"domain"',
    MailAddress: '"address"',
    NamedAddress: '"name <address>"',
    NextHop: '"smtp://host:port"',
    ClamdSocket: '"unix:/path" or "tcp:host:port"',
    Path: '"path"',
    Suffix: "text",
    Mailboxes: '"address" or "domain"',
    Keyword: "text",
}

_SETTINGS_HEAD = """\
# ecluse.toml: the settings of a node

*Made from `src/ecluse/entrypoints/settings_tables.py` by `python -m ecluse.entrypoints.reference`: change it there.*

Paths are relative to the folder of the file. A wrong value, an unknown key or a missing file stops the start before any
port is opened, with file, line, key and what was expected. The settings in force stand in the log at start.
"""

_POLICY_HEAD = """\
# policy.toml: the clients of a node without a control plane

*Made from `src/ecluse/entrypoints/policy_tables.py` and `wire/wishes.py` by `python -m ecluse.entrypoints.reference`: change it there.*

```toml
[[clients]]
name = "Example"
block = ["*.spam.example", "198.51.100.0/24"]

[[clients.domains]]
name = "example.com"
addresses = ["ann", "bob"]
routes = ["smtp://mx.example.com:25", {url = "smtp://192.0.2.9:25", priority = 20, tls = "verify"}]

[[clients.domains.users]]
address = "ann"
allow = ["friend@elsewhere.example"]
```

A local part is compared without regard to case. `"*.a.example"` fits every name below a.example, not a.example itself.
"""

_METRICS_HEAD = """\
# The figures of a node

*Made from `src/ecluse/mta/metrics.py` and `src/ecluse/entrypoints/worker_figures.py` by `python -m ecluse.entrypoints.reference`: change it there.*

`GET /metrics` at `metrics.listen` answers in the format of Prometheus, added up over all processes. Counters begin at
zero when the node starts. A counter with labels appears with its first event. Figures of the queue are at most a minute
old, those of messages a second. Nothing in them names a message, a client or a person; what to do about them is in [the runbook](../runbook.md).
"""
_METRICS_OF_WORKER = """\
## Of `ecluse worker`

Each answers at `metrics.worker_listen`, with what the control database says: of several workers all tell the same.
"""
_DNS_LISTS_HEAD = """\
# The catalogue of DNS lists

*Made from `src/ecluse/entrypoints/dnsbl_catalogue.toml` by `python -m ecluse.entrypoints.reference`: change it there.*

None is asked unless `[dnsbl] lists` names it (settings.md). The terms are those known to us in November 2026, in our
words and without warranty: they change, so read the publisher's own page before you name a list. A filtering service
that is sold counts as commercial use with nearly all of them. Ask through a resolver on your own machine: publishers turn public ones away. Not in the
catalogue because they have ended: SORBS, NJABL, AHBL, the abuse.ch spam list, CBL as a zone of its own.
"""
_FINDINGS_HEAD = """\
# The findings

*Made from `src/ecluse/filtering/meanings.py` and `fusion.toml` by `python -m ecluse.entrypoints.reference`: change it there.*

What checks say about a message. The weights of a message's findings add up to its score; `weights` of a client in
policy.toml takes the place of these. Points are log-odds: 15 is ten thousand to one (docs/learning.md). Where "fitted to"
is empty, the weight was set by hand: too little labelled mail shows the code. What the classifier says (`LEARNED_`) counts as
many points as stand in the finding, times the weight. A weight of 0 is mere information, or a rule decides whatever the score. The reason
is the family that the finding belongs to, as `ecluse scan --json` names it.
"""
_FILES_HEAD = """\
# What files are, and what is said about them

*Made from `src/ecluse/opening/` by `python -m ecluse.entrypoints.reference`: change it there.*

The type is told by content, never by name. *yes*: what lies in such a file is looked into, at any depth, within the
limits of `[opening]`. *said*: recognised, and flagged `unopenable`. Nothing: there is nothing in it to be opened.
"""
_LABEL_VALUES = {
    "direction": tuple(Direction),
    "answer": ("2xx", "4xx", "5xx"),
    "stage": ("evidence", "verdict", "act", "sign", "record"),
    "disposition": tuple(Disposition),
    "category": tuple(category or "empty" for category in Category),
    "code": ("the code of the reply",),
    "ending": tuple(Ending),
    "step": ("deferred", "early", "passed"),
    "scope": tuple(LockScope),
    "job": ("reception", "delivery", "agent", "room"),
    "outcome": tuple(Fate),
    "source": ("opened", "cache", *filter(None, Trouble)),
    "result": ("signed", "no-key", "malformed"),
    "cause": (Trouble.CRASHED, Trouble.TOO_SLOW, Trouble.TOO_BIG, *LockCause),
    "address": ("an address of `outbound.addresses`",),
    "list": ("the name of a DNS list",),
    "work": ("what a job does to each row, as its log line `row put off` names it",),
    "point": ("the name of a vantage point",),
    "server": ("the name of a server, as clients have it",),
    "collector": tuple(dict.fromkeys(one.name for one in (*inbound.COLLECTORS, *outbound.COLLECTORS))),
}


def settings_page() -> str:
    """The text of docs/reference/settings.md."""
    tables = [(f"[{field.encode_name}]", struct) for field in _fields(Settings) if (struct := _struct(field.type))]
    lists: list[tuple[str, type[msgspec.Struct]]] = [
        ("[outbound.limits]", OutboundLimits),
        ("[outbound.limits.account], [outbound.limits.domain], [outbound.limits.client]", RateTable),
        ("[outbound.sources]", OutboundSources),
        ("An entry of a pool of `outbound.sources`", SourceTable),
        ("[[dnsbl.list]]", ListTable),
        ("An entry of `codes` of a DNS list", CodeTable),
    ]
    return _page(_SETTINGS_HEAD, [("Before the first table", Settings), *tables, *lists])


def policy_page() -> str:
    """The text of docs/reference/policy.md."""
    tables: list[tuple[str, type[msgspec.Struct]]] = [
        ("[[clients]]", ClientTable),
        ("[[clients.domains]]", DomainTable),
        ("An element of `routes`", RouteTable),
        ("[[clients.domains.users]]", UserTable),
        ("[[clients.outbound_rules]]", RuleTerms),
        ("[clients.sending_limits.account], [clients.sending_limits.client]", RateTable),
    ]
    return _page(_POLICY_HEAD, tables)


def metrics_page() -> str:
    """The text of docs/reference/metrics.md."""
    of_node, of_worker = _figures(metrics), _figures(worker_figures)
    labels = sorted({label for figure in (*of_node, *of_worker) for label in _label_names(figure)})
    return (
        f"{_METRICS_HEAD}{_metric_table(of_node)}\n"
        "A histogram has `_bucket` (with `le`, the upper bound), `_sum` and `_count` behind its name.\n"
        f"\n{_METRICS_OF_WORKER}{_metric_table(of_worker)}"
        f"\n## Labels\n\n| label | values |\n|---|---|\n{''.join(map(_label_row, labels))}"
    )


def dns_lists_page() -> str:
    """The text of docs/reference/dns-lists.md."""
    rows = "".join(map(_dns_list_row, catalogue().values()))
    return f"{_DNS_LISTS_HEAD}\n| name | zone | asked about | publisher | terms |\n|---|---|---|---|---|\n{rows}"


def findings_page() -> str:
    """The text of docs/reference/findings.md."""
    rows = "".join(map(_finding_row, MEANINGS))
    return f"{_FINDINGS_HEAD}\n| code | reason | weight | fitted to | English | français |\n|---|---|---|---|---|---|\n{rows}"


def _finding_row(code: str) -> str:
    meaning, fitted = MEANINGS[code], fusion().weights.get(code)
    source = f"{fitted.ham} ham, {fitted.spam} spam" if fitted else ""
    return f"| `{code}` | {meaning.word} | {weight_of(code):g} | {source} | {meaning.en} | {meaning.fr} |\n"


def files_page() -> str:
    """The text of docs/reference/files.md."""
    types = "".join(map(_type_row, Type))
    flags = "".join(f"| `{flag}` | {flag.sentence} |\n" for flag in Flag)
    return f"{_FILES_HEAD}\n| type | opened | is a |\n|---|---|---|\n{types}\n| flag | meaning |\n|---|---|\n{flags}"


def write_pages(folder: Path) -> None:
    """Write the pages into docs/reference."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.md").write_text(settings_page(), "utf-8")
    (folder / "policy.md").write_text(policy_page(), "utf-8")
    (folder / "metrics.md").write_text(metrics_page(), "utf-8")
    (folder / "dns-lists.md").write_text(dns_lists_page(), "utf-8")
    (folder / "findings.md").write_text(findings_page(), "utf-8")
    (folder / "files.md").write_text(files_page(), "utf-8")


def _type_row(kind: Type) -> str:
    is_opened = any(types is not None and kind in types and opener is not open_polyglot for types, opener in OPENERS)
    opened = "said" if kind in UNOPENABLE else "yes" if is_opened else ""
    family = "program" if kind in EXECUTABLES else "script" if kind in SCRIPTS else ""
    return f"| `{kind}` | {opened} | {family} |\n"


def _figures(module: ModuleType) -> list[Counter | Gauge | Histogram]:
    return [figure for figure in vars(module).values() if isinstance(figure, Counter | Gauge | Histogram)]


def _metric_table(figures: list[Counter | Gauge | Histogram]) -> str:
    return f"\n| name | kind | labels | meaning |\n|---|---|---|---|\n{''.join(map(_metric_row, figures))}"


def _metric_row(figure: Counter | Gauge | Histogram) -> str:
    description = next(iter(figure.describe()))
    name = f"{description.name}_total" if isinstance(figure, Counter) else description.name
    labels = ", ".join(f"`{label}`" for label in _label_names(figure))
    return f"| `{name}` | {description.type} | {labels} | {description.documentation} |\n"


def _label_names(figure: Counter | Gauge | Histogram) -> tuple[str, ...]:
    return tuple(figure._labelnames)  # noqa: SLF001 - the library tells them nowhere else.


def _label_row(label: str) -> str:
    return f"| `{label}` | {', '.join(_LABEL_VALUES[label])} |\n"


def _dns_list_row(table: ListTable) -> str:
    kinds = ", ".join(table.kinds)
    return f"| `{table.name}` | `{table.zone}` | {kinds} | {table.publisher} | {table.terms} |\n"


def _page(head: str, tables: list[tuple[str, type[msgspec.Struct]]]) -> str:
    return head + "".join(_section(title, struct) for title, struct in tables)


def _section(title: str, struct: type[msgspec.Struct]) -> str:
    rows = "".join(_row(field) for field in _fields(struct) if isinstance(field.type, inspect.Metadata))
    return f"\n## {title}\n\n{cleandoc(struct.__doc__ or '')}\n\n| key | value | default | meaning |\n|---|---|---|---|\n{rows}"


def _row(field: inspect.Field) -> str:
    schema = field.type.extra_json_schema if isinstance(field.type, inspect.Metadata) else None
    sentence = (schema or {}).get("description", "")
    value = " or ".join(dict.fromkeys(_value(kind) for kind in plain_kinds(field.type) if _value(kind)))
    return f"| `{field.encode_name}` | {value} | {_default(field)} | {sentence} |\n"


def _value(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.VarTupleType):
        return f"list of {' or '.join(_value(item) for item in plain_kinds(kind.item_type))}"
    if isinstance(kind, inspect.CustomType):
        return _NOTATIONS[kind.cls]
    if isinstance(kind, inspect.EnumType):
        return " or ".join(f'"{member.value}"' for member in kind.cls)
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(f'"{value}"' for value in kind.values)
    if isinstance(kind, inspect.StructType | inspect.DictType):
        return "table"
    return _scalar(kind)


def _scalar(kind: inspect.Type) -> str:
    word = _SCALARS.get(type(kind), "")
    low, high = getattr(kind, "ge", None), getattr(kind, "le", None)
    if low is not None and high is not None:
        return f"{word}, {low} to {high}"
    return f"{word}, from {low}" if low is not None else word


def _default(field: inspect.Field) -> str:
    if field.required:
        return "*required*"
    if field.default is msgspec.NODEFAULT or field.default is None:
        return "none"
    return "below" if isinstance(field.default, msgspec.Struct) else f"`{_as_toml(field.default)}`"


def _as_toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_as_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value}"
    return f'"{value.value if isinstance(value, Enum) else value}"'


def _fields(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    kind = inspect.type_info(struct)
    return kind.fields if isinstance(kind, inspect.StructType) else ()


def _struct(kind: inspect.Type) -> type[msgspec.Struct] | None:
    return kind.cls if isinstance(kind, inspect.StructType) else None


if __name__ == "__main__":
    write_pages(Path("docs/reference"))
