"""Checks a drawing of the graph and makes it fit to stand inside the page."""

import re
from xml.etree import ElementTree

_REFERENCES = ("href", "src")


def inline(svg: str) -> str:
    """The drawing without its XML prologue.

    Raises ``ValueError`` when it is not well-formed SVG, runs scripts, or refers to anything outside itself.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(f"graph_svg is not well-formed XML: {error}") from error
    if _name(root.tag) != "svg":
        raise ValueError(f"graph_svg starts with <{_name(root.tag)}>, expected <svg>")
    for element in root.iter():
        _check(element)
    return svg[re.search(r"<svg\b", svg).start() :]


def _check(element: ElementTree.Element) -> None:
    if _name(element.tag) in ("script", "foreignObject"):
        raise ValueError(f"graph_svg holds a <{_name(element.tag)}>, expected a plain drawing")
    for key, value in element.attrib.items():
        if _name(key).startswith("on"):
            raise ValueError(f"graph_svg has the attribute {_name(key)}, expected a plain drawing")
        if _name(key) in _REFERENCES and not value.startswith("#"):
            raise ValueError(f"graph_svg refers to {value!r}, expected references inside the drawing only")


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
