"""The disk that can be full: what is on it, that it is full, and that nothing is left."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.chaos import options
from tools.chaos.options import parse
from tools.chaos.small_disk import SmallDisk, copy_directory, may_mount

NAMES = {kinds: ["kill", options.DISK_FULL] for kinds in [("single", "single")]}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if not may_mount():
        pytest.skip("takes the rights of root")
    disk = SmallDisk(tmp_path / "disk", is_mounted_by_others=False)
    yield disk
    disk.remove()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    (data / "row").write_text("kept")
    os.chown(data / "row", 4711, 4711)
    return data


def test_it_is_full_until_there_is_room(disk: SmallDisk, data: Path) -> None:
    copy = disk.take(data)
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        (copy / "more").write_bytes(bytes(8192))
    disk.make_room()
    (copy / "more").write_bytes(bytes(8192))


def test_data_goes_there_and_back_with_its_owner(disk: SmallDisk, data: Path) -> None:
    copy = disk.take(data)
    (copy / "row").write_text("changed")
    copy_directory(copy, data)
    assert (data / "row").read_text() == "changed"
    assert (data / "row").stat().st_uid == 4711


def test_nothing_stays_mounted(disk: SmallDisk, data: Path, tmp_path: Path) -> None:
    for _ in range(2):  # the second takes the place of what a killed run has left
        disk.take(data)
        assert (tmp_path / "disk").is_mount()
    disk.remove()
    assert not (tmp_path / "disk").is_mount()


def test_without_the_right_to_mount_it_is_refused_or_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options, "may_mount", lambda: False)
    assert parse([], NAMES).faults == ["kill"]
    with pytest.raises(SystemExit):
        parse(["--faults", options.DISK_FULL], NAMES)
    assert "takes the rights of root, or --disk" in capsys.readouterr().err


def test_a_directory_of_a_larger_disk_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--disk", str(tmp_path)], NAMES)
    assert "nothing is mounted there" in capsys.readouterr().err
