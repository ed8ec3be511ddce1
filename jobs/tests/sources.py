"""The files of the product, for tests that read its code."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sources(package: str) -> list[Path]:
    """The Python files of a package, without its tests."""
    files = (ROOT / package).rglob("*.py")
    return sorted(path for path in files if "tests" not in path.relative_to(ROOT).parts)


def module_of(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
