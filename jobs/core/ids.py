"""Identifiers: UUIDv7, which sort by the time of their making."""

import os
import struct
import threading
import time
from datetime import datetime
from uuid import UUID, SafeUUID

_lock = threading.Lock()
_last_tick = 0

# RFC 9562, section 6.2, method 3: the 12 bits of rand_a hold a fraction of the millisecond.
_TICKS_PER_MS = 4096
_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62

# The clock of a process, by which it makes ids, and that of the database.
_CLOCKS_DIFFER_MAX_SECONDS = 3_600.0


def uuid7() -> UUID:
    """A UUID of version 7 (RFC 9562); within a process each one is greater than the one before."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """`count` ids, in ascending order."""
    global _last_tick
    with _lock:
        first = max(time.time_ns() * _TICKS_PER_MS // 1_000_000, _last_tick + 1)
        _last_tick = first + count - 1
    random_bits = struct.unpack(f"{count}Q", os.urandom(8 * count))
    return [_assemble(first + number, bits) for number, bits in enumerate(random_bits)]


def uuid7_floor(unix_seconds: float) -> UUID:
    """The smallest UUIDv7 of a moment, in seconds since 1970: every id made earlier is less.

    Of a moment before that year it is the smallest of all: a retention may be a hundred years.
    """
    return _assemble(max(0, int(unix_seconds * 1000)) * _TICKS_PER_MS, 0)


def uuid7_since(moment: datetime) -> UUID:
    """An id that no row has less than that was made at the moment or later: an index begins there.

    Ids come from the clocks of processes, and the time at which a row was made from the database's.
    """
    return uuid7_floor(moment.timestamp() - _CLOCKS_DIFFER_MAX_SECONDS)


def uuid7_until(moment: datetime) -> UUID:
    """As `uuid7_since`: an id that is greater than that of any row made before the moment."""
    return uuid7_floor(moment.timestamp() + _CLOCKS_DIFFER_MAX_SECONDS)


def uuid7_unix_seconds(made: UUID) -> float:
    """When a UUIDv7 was made, in seconds since 1970."""
    return (made.int >> 80) / 1000


def uuid7_age_seconds(made: UUID) -> float:
    """How long ago a UUIDv7 was made, by this machine's clock; 0 if that lies ahead."""
    return max(0.0, time.time() - uuid7_unix_seconds(made))


def uuid_of(text: str) -> UUID:
    """The UUID that this text shows; to be used where its form has been checked.

    As `UUID(text)`, which checks once more and takes 1.1 us instead of 0.5.
    """
    return _uuid(int(text.replace("-", ""), 16))


def _assemble(tick: int, random_bits: int) -> UUID:
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    high = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | fraction << 64
    return _uuid(high | _VERSION_AND_VARIANT | random_bits & 0x3FFF_FFFF_FFFF_FFFF)


def _uuid(number: int) -> UUID:
    """`UUID(int=number)` for what is known to be one: 0.5 us instead of 0.7."""
    made: UUID = object.__new__(UUID)
    object.__setattr__(made, "int", number)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made
