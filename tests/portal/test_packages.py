"""Packages that say they hold very much: refused before their list is read."""

import struct
import tracemalloc
from pathlib import Path

import pytest

from bridge.portal.file_kinds import MAXIMUM_MEMBERS, WrongKind, believe

MEMBERS = 120_000
ENTRY = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
"""Of the list in the end (APPNOTE 4.3.12): an empty file with a name of one letter."""


def package(*, counted: int, zip64: bool) -> bytes:
    """A list of MEMBERS, and a record after it that counts others."""
    listed = ENTRY * MEMBERS
    start = b"PK\x03\x04"
    if not zip64:
        record = struct.pack("<HHLLH", counted, counted, len(listed), len(start), 0)
        return start + listed + b"PK\x05\x06" + bytes(4) + record
    place = len(start) + len(listed)
    large = struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, counted, counted, len(listed), len(start))
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, place, 1)
    record = struct.pack("<HHLLH", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return start + listed + b"PK\x06\x06" + large + locator + b"PK\x05\x06" + bytes(4) + record


@pytest.mark.parametrize(("counted", "zip64"), [(1, False), (0xFFFF, False), (MEMBERS, True), (1, True)])
def test_a_package_of_very_many_files_is_refused_before_they_are_listed(
    tmp_path: Path, counted: int, zip64: bool
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(package(counted=counted, zip64=zip64))
    tracemalloc.start()
    with pytest.raises(WrongKind, match="grande demais"):
        believe(path, "zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_as_many_files_as_are_taken_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    listed = ENTRY * MAXIMUM_MEMBERS
    record = struct.pack("<HHLLH", MAXIMUM_MEMBERS, MAXIMUM_MEMBERS, len(listed), 4, 0)
    path.write_bytes(b"PK\x03\x04" + listed + b"PK\x05\x06" + bytes(4) + record)
    believe(path, "zip")
