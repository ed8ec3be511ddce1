"""The statements of this app are files, and a worker has read all of them when it begins."""

from pathlib import Path

import pytest

from jobs.sql.statements import statement, statements_load


def test_once_loaded_no_file_is_read_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers may have opened all files that there may be; a deploy may have replaced these."""

    def refuse(*_: object, **__: object) -> str:
        raise OSError("Too many open files")

    statement.cache_clear()
    statements_load()
    monkeypatch.setattr(Path, "read_text", refuse)
    assert "UPDATE jobs_job" in statement("record_requeued")
