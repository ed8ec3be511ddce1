"""What was found side by side, for people and for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from tools.benchmark.against.spread import PAIRS_LEAST
from tools.benchmark.peers.comparison import Comparison
from tools.benchmark.peers.rounds import Beside
from tools.benchmark.peers.system import OURS, PEERS
from tools.terminal import aligned

_TITLES = {system.name: system.title for system in (OURS, *PEERS)}
_NOTHING = "–"  # noqa: RUF001


def as_text(found: Comparison) -> str:
    """Two tables: values, and this scheduler divided by each peer."""
    names = list(found.versions)
    paragraphs = [
        [
            f"load before: {' '.join(map(str, found.load_before))}; "
            + ", ".join(f"{_TITLES[name]} {version}" for name, version in found.versions.items())
        ],
        aligned(
            ["median of the turns", "unit", *(_TITLES[name] for name in names)],
            [_values(one, names) for one in found.figures],
        ),
        _ratios(found, [name for name in names if name != OURS.name]),
        [f"{title} is left out: {_last_line(why)}" for title, why in found.left_out.items()],
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def as_json(found: Comparison) -> str:
    """All of it."""
    return json.dumps(asdict(found), indent=2, ensure_ascii=False)


def _ratios(found: Comparison, peers: Sequence[str]) -> list[str]:
    if not peers:
        return []
    sure = (
        "the interval has the median with a confidence of 95 %"
        if found.rounds >= PAIRS_LEAST
        else f"too few turns for a confidence: that takes {PAIRS_LEAST}"
    )
    return [
        *aligned(
            ["ours : peer", *(_TITLES[name] for name in peers)],
            [[one.name, *(_ratio(one, name) for name in peers)] for one in found.figures],
        ),
        f"Above 1.00 ours is better; median over {found.rounds} rounds; {sure}.",
    ]


def _values(one: Beside, names: Sequence[str]) -> list[str]:
    return [one.name, one.unit, *(_number(one.values.get(name)) for name in names)]


def _ratio(one: Beside, peer: str) -> str:
    if (found := one.ratios.get(peer)) is None:
        return _NOTHING
    return f"{found.ratio:.2f} ({found.low:.2f} to {found.high:.2f})"


def _number(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _last_line(text: str) -> str:
    return text.splitlines()[-1]
