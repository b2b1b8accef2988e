"""Lists the connections with what waited and what was dropped on them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from .units import count

_HEAD = ("From", "To", "Policy", "Waiting", "Capacity", "Dropped")


def table(edges: Sequence[Mapping[str, Any]]) -> str:
    """One row per connection; within a stage, where nothing can wait, it says so."""
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    rows = "".join(_row(edge) for edge in edges)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Queues"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(edge: Mapping[str, Any]) -> str:
    lost = ' class="bad"' if edge["dropped"] else ""
    if edge["capacity"]:
        policy, waiting, capacity = escape(edge["policy"]), count(edge["depth"]), count(edge["capacity"])
    else:
        policy, waiting, capacity = "direct call", "–", "–"
    return (
        f'<tr><th scope="row">{escape(edge["from"])}</th><td>{escape(edge["to"])}</td>'
        f"<td>{policy}</td><td>{waiting}</td><td>{capacity}</td>"
        f"<td{lost}>{count(edge['dropped'])}</td></tr>"
    )
