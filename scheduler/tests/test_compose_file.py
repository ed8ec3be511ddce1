"""What an operator sets reaches the containers, and is on the page for operators."""

import re

from scheduler.env import BASE_DIR

# Of no use in a container.
DEVELOPMENT_ONLY = {"CHROMIUM"}


def documented_variables() -> set[str]:
    """`test_env.py` sees to it that these are all there are."""
    example = (BASE_DIR / ".env.example").read_text()
    return set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) - DEVELOPMENT_ONLY


def test_every_variable_is_handed_on_to_the_containers() -> None:
    compose_file = (BASE_DIR / "docker-compose.yml").read_text()
    handed_on = set(re.findall(r"^ +([A-Z_]+):", compose_file, re.MULTILINE))
    used_by_compose = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose_file))
    assert documented_variables() - handed_on - used_by_compose == set()


def test_every_variable_is_on_the_page_for_operators() -> None:
    page = (BASE_DIR / "docs" / "operating.md").read_text()
    table = page.partition("## Environment variables")[2]
    listed = set(re.findall(r"[A-Z][A-Z_]+", table))
    assert documented_variables() - listed == set()


def test_every_variable_of_the_compose_file_is_on_that_page() -> None:
    compose_file = (BASE_DIR / "docker-compose.yml").read_text()
    page = (BASE_DIR / "docs" / "operating.md").read_text()
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", compose_file))
    assert used
    assert {name for name in used if name not in page} == set()
