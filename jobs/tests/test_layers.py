"""Who imports whom, and what is in which folder: `docs/architecture.md`, enforced."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs.tests.sources import ROOT, module_of, sources

ROW = re.compile(r"^\| (?P<layer>\d) (?P<modules>.+?) \|", re.MULTILINE)
NAME = re.compile(r"`([a-z_.]+)`")

# What layer 0 may use of others: Django's settings and choices, and a parser.
SETTINGS_AND_CHOICES = {
    "django.conf.settings",
    "django.core.signals.setting_changed",
    "django.db.models",
    "cronsim.CronSim",
    "cronsim.CronSimError",
}


@dataclass(frozen=True)
class Place:
    """A layer, and the part of it within which modules may import one another."""

    layer: int
    part: int


def read_table() -> dict[str, Place]:
    """Module names below `jobs` and their places."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return {
        name: Place(int(row["layer"]), part)
        for row in ROW.finditer(text)
        for part, names in enumerate(row["modules"].split("·"))
        for name in NAME.findall(names)
    }


TABLE = read_table()


def imports_of(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def place_of(dotted: str) -> Place | None:
    """The place of a dotted name below `jobs`; the longest name in the table counts."""
    parts = dotted.split(".")[1:]
    for length in range(len(parts), 0, -1):
        if place := TABLE.get(".".join(parts[:length])):
            return place
    return None


def may_import(importer: Place, imported: Place) -> bool:
    return importer == imported or importer.layer > imported.layer


def violations(importer: str, imports: list[str]) -> list[str]:
    """Imports that go up, or across."""
    mine = place_of(importer)
    assert mine, f"{importer} has no place in the table of docs/architecture.md: give it one"
    theirs = [(name, place_of(name)) for name in imports if name.startswith("jobs.")]
    return [name for name, place in theirs if place and not may_import(mine, place)]


def test_the_table_was_read() -> None:
    assert {place.layer for place in TABLE.values()} == {0, 1, 2, 3, 4}
    assert [name for name, place in TABLE.items() if place.layer == 0] == ["core"]
    assert TABLE["models"] == TABLE["sql"] != TABLE["broker"]
    assert TABLE["handlers.registry"].layer < TABLE["handlers"].layer


def test_every_module_of_the_table_exists() -> None:
    jobs = ROOT / "jobs"
    paths = {name: jobs.joinpath(*name.split(".")) for name in TABLE}
    assert not [
        name
        for name, path in paths.items()
        if not (path.is_dir() or path.with_suffix(".py").exists())
    ]


# `jobs` itself names the public places, and imports each when it is asked for.
WITH_A_PLACE = [path for path in sources("jobs") if path != ROOT / "jobs" / "__init__.py"]


@pytest.mark.parametrize("path", WITH_A_PLACE, ids=module_of)
def test_imports_go_downwards(path: Path) -> None:
    assert violations(module_of(path), list(imports_of(path))) == []


@pytest.mark.parametrize("path", sources("jobs/core"), ids=module_of)
def test_layer_0_needs_the_standard_library_settings_choices_and_a_parser_alone(path: Path) -> None:
    foreign = {
        name
        for name in imports_of(path)
        if name.split(".")[0] not in sys.stdlib_module_names | {"jobs"}
    }
    assert foreign <= SETTINGS_AND_CHOICES


def test_redis_is_imported_only_by_the_broker() -> None:
    importers = {
        module_of(path)
        for package in ("accounts", "jobs", "scheduler")
        for path in sources(package)
        if any(name.split(".")[0] == "redis" for name in imports_of(path))
    }
    assert importers == {
        f"jobs.broker.{one}"
        for one in ("connection", "kept_connections", "pool", "primary", "script", "tls")
    }


@pytest.mark.parametrize(
    ("package", "strangers"),
    [
        ("jobs", {"accounts", "scheduler", "tools"}),
        ("accounts", {"jobs", "tools"}),
        ("scheduler", {"tools"}),
    ],
)
def test_apps_do_not_know_one_another(package: str, strangers: set[str]) -> None:
    known = [
        (module_of(path), name)
        for path in sources(package)
        for name in imports_of(path)
        if name.split(".")[0] in strangers
    ]
    assert known == []


def test_manage_py_imports_tools_only_when_it_provides_servers() -> None:
    """An image of the service has no `tools`, and `manage.py` works there."""
    statements = ast.parse((ROOT / "manage.py").read_text(encoding="utf-8")).body
    functions = {
        node.name: "from tools" in ast.unparse(node)
        for node in statements
        if isinstance(node, ast.FunctionDef)
    }
    assert [name for name, imports in functions.items() if imports] == ["_provide_servers"]
    at_the_top = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [node for node in at_the_top if "tools" in ast.unparse(node)]


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("jobs.core.retry", "jobs.models.Job"),
        ("jobs.broker.redis", "jobs.models.Job"),
        ("jobs.models.job_queryset", "jobs.broker.get_broker"),
        ("jobs.handlers.registry", "jobs.handlers.welcome"),
        ("jobs.services.enqueue.accept", "jobs.worker.recording.outcome_log"),
        ("jobs.api.jobs.job_views", "jobs.admin"),
        ("jobs.worker.worker", "jobs.management.commands.runworker"),
    ],
)
def test_an_import_upwards_or_across_would_be_seen(importer: str, imported: str) -> None:
    assert violations(importer, [imported]) == [imported]


# Files in `jobs/models` that define no model, but what models share: managers, querysets, indexes.
BESIDE_MODELS = {
    "brin_index",
    "detach_client",
    "fence",
    "job_claims",
    "job_inserts",
    "job_manager",
    "job_outcomes",
    "job_searches",
    "job_queryset",
    "moments",
    "schedule_queryset",
}
# A longer file has more than one noun as a rule.
LINES_LIMIT = 230
LONGER: set[str] = set()


def models_in(path: Path) -> list[str]:
    """The models that a file defines."""
    return [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(one) == "models.Model" for one in node.bases)
    ]


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def plural(name: str) -> str:
    return f"{name}es" if name.endswith("ch") else f"{name}s"


MODEL_FILES = [
    path for path in sources("jobs/models") if path.stem not in {"__init__", *BESIDE_MODELS}
]


@pytest.mark.parametrize("path", MODEL_FILES, ids=module_of)
def test_a_model_is_one_file_with_its_name_and_one_folder_in_the_admin(path: Path) -> None:
    [model] = models_in(path)
    assert snake_case(model) == path.stem
    folder = ROOT / "jobs" / "admin" / plural(path.stem)
    assert (folder / f"{path.stem}_admin.py").exists()


def test_the_files_beside_the_models_have_none() -> None:
    beside = [ROOT / "jobs" / "models" / f"{name}.py" for name in BESIDE_MODELS]
    assert [path for path in beside if models_in(path)] == []


# Pages of the admin that are about no model of their own.
OF_SEVERAL_MODELS = {"overview"}


def folders_of(package: str) -> set[str]:
    """The folders of a package that are about a subject, not `shared`."""
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    return folders - {"shared", *OF_SEVERAL_MODELS}


def test_every_folder_of_the_admin_and_of_the_api_is_about_a_model() -> None:
    models = {plural(path.stem) for path in MODEL_FILES}
    assert folders_of("jobs/admin") == models
    # Job types are registered by code.
    assert {"jobs", "dead_letters"} <= folders_of("jobs/api") - {"job_types"} <= models


@pytest.mark.parametrize("folder", sorted(folders_of("jobs/api")))
def test_a_resource_of_the_api_is_one_folder_with_parts_of_the_same_names(folder: str) -> None:
    parts = {path.stem for path in (ROOT / "jobs" / "api" / folder).glob("*.py")}
    assert parts >= {"queries", "representations", "refusals"}
    assert [name for name in parts if name.endswith("_views")]


STEPS = [
    path for path in sources("jobs/services/maintenance") if path.stem not in {"__init__", "round"}
]


@pytest.mark.parametrize("path", STEPS, ids=module_of)
def test_a_maintenance_step_is_one_file_with_one_service(path: Path) -> None:
    services = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("jobs_")
    ]
    assert len(services) == 1


FILES = [
    path
    for package in ("accounts", "jobs", "scheduler", "tools")
    for path in sources(package)
    if "migrations" not in path.parts
]


def test_files_have_one_noun() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    long = {str(path.relative_to(ROOT)) for path, count in lines.items() if count > LINES_LIMIT}
    assert long == LONGER


def test_no_file_is_named_after_what_did_not_fit_elsewhere() -> None:
    assert not [path for path in FILES if path.stem in {"utils", "helpers", "common", "misc"}]
