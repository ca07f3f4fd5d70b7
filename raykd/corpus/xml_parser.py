"""An XML parser for files of strangers: it knows no entities but XML's own five, and so expands nothing.

A document type with declarations of its own (entities, a chain of which kills expat before 2.6, or multiplies a line
to gigabytes) is refused before it is parsed. A plain `<!DOCTYPE name>`, which occurs in real dumps, is passed over.
"""

from __future__ import annotations

from xml.parsers import expat

DECLARATIONS = "a document type that declares entities or elements, which no dump has: refused"


class DeclarationError(Exception):
    """A document type with an internal or external subset."""


def safe_parser() -> expat.XMLParserType:
    """An expat parser of UTF-8 or what the XML head says. Parsing raises DeclarationError before any declaration."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _check_doctype
    parser.EntityDeclHandler = _refuse
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.buffer_text = True
    return parser


def _check_doctype(name: str, system_id: str | None, public_id: str | None, has_internal_subset: int) -> None:
    if has_internal_subset:
        raise DeclarationError(DECLARATIONS)


def _refuse(*declaration: object) -> None:
    raise DeclarationError(DECLARATIONS)
