"""Times as people write them, and as the log keeps them: whole microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collab.errors import InvalidName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def timestamp(microseconds: int) -> str:
    """A time in ISO 8601, UTC.

    >>> timestamp(1_795_430_000_123_456)
    '2026-11-23T10:33:20.123456Z'
    """
    return (_EPOCH + microseconds * _MICROSECOND).isoformat().replace("+00:00", "Z")


def when(microseconds: int) -> str:
    """A time to the millisecond, UTC.

    >>> when(1_795_430_000_123_456)
    '2026-11-23 10:33:20.123'
    """
    return (_EPOCH + microseconds * _MICROSECOND).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def microseconds(written: str, *, name: str, zone_wanted: bool) -> int:
    """The time that ``written`` says in ISO 8601; without a zone it is UTC, unless a ``zone_wanted`` is missing.

    Raises:
        InvalidName: it doesn't say one; ``name`` is what the writer calls it.

    >>> microseconds("2026-11-23T11:33:20.123456+01:00", name="at", zone_wanted=True)
    1795430000123456
    """
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            if zone_wanted:
                raise InvalidName(name, f"{written!r} names no zone, such as Z for UTC")
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise InvalidName(name, f"{written!r} is no time in ISO 8601") from error
