"""Options of `runworker` that are out of range: exit status 2, one sentence, and no traceback."""

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import CommandParser

from jobs.management.commands.runworker import Command
from jobs.models import Worker

ODD = [
    *[("--concurrency", value) for value in ("0", "-1", "1001", "abc", "1.5", "", "9" * 30, "１")],  # noqa: RUF001
    *[("--async-concurrency", value) for value in ("0", "100001", "nan")],
    *[("--processes", value) for value in ("0", "257", "x")],
    *[("--max-jobs", value) for value in ("0", "-5", "1e3")],
    *[("--max-rss", value) for value in ("0", "9" * 19)],
    *[("--health-port", value) for value in ("0", "65536", "-1", "http")],
    *[("--name", value) for value in ("", " ", "a\nb", "\x1b[31m", "n" * 91)],
]


def parser() -> CommandParser:
    made = Command().create_parser("manage.py", "runworker")
    made.called_from_command_line = True
    return made


@pytest.mark.parametrize(("option", "value"), ODD)
def test_a_value_that_is_out_of_range(
    option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parser().parse_args([f"{option}={value}"])

    assert left.value.code == 2
    assert f"error: argument {option}: " in capsys.readouterr().err


def test_values_at_the_ends_of_the_ranges() -> None:
    given = ["--concurrency=1000", "--processes=256", "--health-port=65535", "--max-jobs=1"]
    options = parser().parse_args([*given, "--name", "n" * 90])
    assert (options.concurrency, options.processes, options.health_port) == (1000, 256, 65_535)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"queues": "nope"}, "--queues 'nope': choose from"),
        ({"queues": ","}, "--queues ',': choose from"),
        ({"health_port": 65_535, "processes": 2}, "would use port 65536"),
    ],
)
def test_values_that_cannot_go_together(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("runworker", **options)

    assert refused.value.returncode == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("host", ["no host", "192.0.2.1", "a" * 64 + ".example", "x" * 300])
def test_a_host_that_cannot_be_served(host: str) -> None:
    with pytest.raises(CommandError, match=r"^--health-host") as refused:
        call_command("runworker", health_host=host, health_port=65_000)

    assert refused.value.returncode == 2
    assert not Worker.objects.filter(stopped_at__isnull=True).exists()  # none seems to live
