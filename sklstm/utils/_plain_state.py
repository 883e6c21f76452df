"""States without pandas: what pickle, skops and `sklstm.save` write of a fitted object."""

# Authors: The sklstm developers
# SPDX-License-Identifier: BSD-3-Clause

import datetime as dt
import re
from pathlib import Path, PurePath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset

_UTC = dt.UTC
# How dateutil writes a time zone that it has read from a file.
_ZONE_FILE = re.compile(r"""tzfile\(['"](.+)['"]\)$""")


class Plain:
    """A value of pandas or datetime, taken apart into numbers, strings and arrays.

    Parameters
    ----------
    kind : str
        What it is, a key of the table of builders at the end of this module.
    parts : object
        What it is built of.
    """

    def __init__(self, kind: str, parts: Any):
        self.kind = kind
        self.parts = parts


class PlainState:
    """Give an object a state of NumPy arrays, numbers, strings and plain containers.

    Objects of pandas are taken apart when the state is read, and built again when it is set. What
    is neither stays as it is.
    """

    def __getstate__(self):
        """Return the state."""
        return pack(self.__dict__)

    def __setstate__(self, state):
        """Set the state."""
        self.__dict__.update(unpack(state))


def pack(value):
    """Take apart what belongs to pandas or datetime.

    Parameters
    ----------
    value : object
        Any value; lists, tuples and dicts are searched.

    Returns
    -------
    object
        The value of NumPy, Python and :class:`Plain`; what is of another kind unchanged.
    """
    of = type(value)
    if of in (list, tuple):
        return of(pack(part) for part in value)
    if of is dict:
        return {key: pack(part) for key, part in value.items()}
    if of is np.ndarray:
        return _pack_array(value)
    if value is pd.NaT or value is pd.NA:
        return Plain("missing", "NaT" if value is pd.NaT else "NA")
    for classes, function in _PACKERS:
        if isinstance(value, classes):
            packed = function(value)
            return value if packed is None else Plain(*packed)
    return value


def unpack(value):
    """Build what :func:`pack` has taken apart.

    Parameters
    ----------
    value : object
        As :func:`pack` returns it.

    Returns
    -------
    object
        An equal value.
    """
    of = type(value)
    if of in (list, tuple):
        return of(unpack(part) for part in value)
    if of is dict:
        return {key: unpack(part) for key, part in value.items()}
    if of is not Plain:
        return value
    if value.kind not in _BUILDERS:
        raise ValueError(
            f"The state holds a value of the unknown kind {value.kind!r}; expected one of "
            f"{', '.join(sorted(_BUILDERS))}. It is damaged, or of a newer version of sklstm."
        )
    return _BUILDERS[value.kind](unpack(value.parts))


def _pack_array(array):
    """Take apart the objects of an array, if any of them needs it."""
    if array.dtype != object:
        return array
    items = array.ravel().tolist()
    packed = [pack(item) for item in items]
    if all(new is old for new, old in zip(packed, items, strict=True)):
        return array
    return Plain("objects", (packed, array.shape))


def _build_array(parts):
    items, shape = parts
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(shape)


# Times. -----------------------------------------------------------------------------------------


def _pack_zone(zone):
    if type(zone) is dt.timezone:
        offset, name = zone.utcoffset(None), zone.tzname(None)
        unnamed = name == dt.timezone(offset).tzname(None)
        return "fixed zone", (pack(offset), None if unnamed else name)
    key = getattr(zone, "key", None)
    if key is not None:
        return "zone", key
    # The zones of pytz that have a name.
    key = getattr(zone, "zone", None)
    if key is not None:
        return "pytz zone", key
    return _pack_dateutil_zone(zone)


def _pack_dateutil_zone(zone):
    """Take apart what dateutil calls by a name or by a fixed offset; not the zone of a machine."""
    kind = type(zone)
    if kind.__module__.split(".")[0] != "dateutil":
        return None
    if kind.__name__ in ("tzutc", "tzoffset"):
        offset, name = zone.utcoffset(None), zone.tzname(None)
        is_utc = kind.__name__ == "tzutc"
        return "fixed zone", (pack(offset), None if is_utc else name)
    # Of a file it knows the path, which ends in the name.
    found = _ZONE_FILE.match(repr(zone))
    parts = found[1].split("/") if found else []
    for first in range(len(parts)):
        name = "/".join(parts[first:])
        try:
            return "zone", ZoneInfo(name).key
        except (ValueError, OSError, ZoneInfoNotFoundError):
            continue
    return None


def _build_fixed_zone(parts):
    offset, name = parts
    zone = dt.timezone(offset) if name is None else dt.timezone(offset, name)
    return _UTC if zone == _UTC and name is None else zone


def _build_pytz_zone(key):
    import pytz

    return pytz.timezone(key)


def _pack_timestamp(timestamp):
    zone = pack(timestamp.tz)
    return None if isinstance(zone, dt.tzinfo) else ("timestamp", (timestamp.asm8, zone))


def _build_timestamp(parts):
    value, zone = parts
    timestamp = pd.Timestamp(value)
    return timestamp if zone is None else timestamp.tz_localize("UTC").tz_convert(zone)


def _pack_datetime(time):
    if time.tzinfo is not None:
        zone = pack(time.tzinfo)
        return None if zone is time.tzinfo else ("datetime", (*_fields(time), time.fold, zone))
    return "datetime", (*_fields(time), time.fold, None)


def _fields(time):
    date = (time.year, time.month, time.day)
    return *date, time.hour, time.minute, time.second, time.microsecond


def _build_datetime(parts):
    *fields, fold, zone = parts
    return dt.datetime(*fields).replace(fold=fold, tzinfo=zone)


def _pack_time(time):
    return ("time", time.isoformat()) if time.tzinfo is None else None


def _pack_offset(offset):
    """Take an offset of pandas apart: its class, its number and its keywords."""
    name = type(offset).__name__
    if getattr(pd.offsets, name, None) is not type(offset):
        return None
    keywords = {key: value for key, value in offset.kwds.items() if value is not None}
    calendar = keywords.pop("calendar", None)
    if "holidays" in keywords:
        keywords["holidays"] = np.array(keywords["holidays"], dtype="M8[D]")
    week = None if calendar is None else np.busdaycalendar(keywords["weekmask"]).weekmask
    if calendar is not None and (week != calendar.weekmask).any():
        # Only the calendar knows its week.
        del keywords["weekmask"], keywords["holidays"]
        text = "".join(str(int(day)) for day in calendar.weekmask)
        keywords["calendar"] = (text, calendar.holidays)
    normalize = bool(getattr(offset, "normalize", False))
    parts = (name, int(offset.n), normalize, keywords)
    try:
        same = _build_offset(parts) == offset
    except (TypeError, ValueError):
        return None
    return ("offset", pack(parts)) if same else None


def _build_offset(parts):
    name, n, normalize, keywords = parts
    cls = getattr(pd.offsets, str(name), None)
    if not (isinstance(cls, type) and issubclass(cls, BaseOffset)):
        raise ValueError(
            f"The state holds the offset {name!r}, which pandas.offsets does not have."
        )
    if normalize:
        keywords = keywords | {"normalize": True}
    if "holidays" in keywords:
        keywords = keywords | {"holidays": list(keywords["holidays"])}
    if "calendar" in keywords:
        keywords = keywords | {"calendar": np.busdaycalendar(*keywords["calendar"])}
    return cls(n, **keywords)


# Indexes. ---------------------------------------------------------------------------------------


def _pack_index(index):
    """Take an index apart; None if it would not be equal when built again."""
    if isinstance(index, pd.MultiIndex):
        levels = [pack(level) for level in index.levels]
        if any(isinstance(level, pd.Index) for level in levels):
            return None
        codes = [np.asarray(code) for code in index.codes]
        return "multi index", (levels, codes, pack(list(index.names)))
    if isinstance(index, pd.RangeIndex):
        return "range", (index.start, index.stop, index.step, pack(index.name))
    parts: Any
    if isinstance(index, pd.DatetimeIndex):
        zone = pack(index.tz)
        if isinstance(zone, dt.tzinfo):
            return None
        kind, parts = "dates", (index.tz_convert(None) if index.tz else index).to_numpy()
        return kind, (parts, zone, pack(index.name))
    if isinstance(index, pd.PeriodIndex):
        return "periods", (index.asi8, index.freqstr, pack(index.name))
    if isinstance(index, pd.IntervalIndex):
        return "intervals", (pack(index.left), pack(index.right), index.closed, pack(index.name))
    if isinstance(index.dtype, np.dtype) and index.dtype != object:
        return "index", (index.to_numpy(), str(index.dtype), pack(index.name))
    text = isinstance(index.dtype, pd.StringDtype) and pd.isna(index.dtype.na_value)
    name = "str" if text and index.dtype.na_value is not pd.NA else str(index.dtype)
    values = _as_text(index) if text else None
    if values is None:
        values = [pack(value) for value in index]
    parts = (values, name, pack(index.name))
    try:
        same = _build_index(unpack(parts)).equals(index)
    except (TypeError, ValueError, ImportError):
        return None
    return ("index", parts) if same else None


def _as_text(index):
    """Return the strings of an index as one array, if an array holds them as they are."""
    if index.hasnans:
        return None
    text = index.to_numpy(dtype=object)
    array = text.astype("U")
    # NumPy drops zeros at the end of a string.
    return array if bool((array.astype(object) == text).all()) else None


def _build_index(parts):
    values, dtype, name = parts
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        values = values.astype(object)
    return pd.Index(values, dtype=dtype, name=name, tupleize_cols=False)


def _build_multi_index(parts):
    levels, codes, names = parts
    return pd.MultiIndex(levels=levels, codes=codes, names=names)


def _build_range(parts):
    start, stop, step, name = parts
    return pd.RangeIndex(start, stop, step, name=name)


def _build_dates(parts):
    values, zone, name = parts
    index = pd.DatetimeIndex(values, name=name)
    return index if zone is None else index.tz_localize("UTC").tz_convert(zone)


def _build_periods(parts):
    ordinals, freq, name = parts
    of_ordinals: Any = pd.PeriodIndex
    return of_ordinals.from_ordinals(ordinals, freq=freq, name=name)


def _build_intervals(parts):
    left, right, closed, name = parts
    return pd.IntervalIndex.from_arrays(left, right, closed=closed, name=name)


# In this order: a Timestamp is a datetime, and a datetime is a date.
_PACKERS: tuple = (
    (pd.Index, _pack_index),
    (pd.Timestamp, _pack_timestamp),
    (pd.Timedelta, lambda delta: ("pandas timedelta", delta.asm8)),
    (pd.Period, lambda period: ("period", (period.ordinal, period.freqstr))),
    (pd.Interval, lambda i: ("interval", (pack(i.left), pack(i.right), i.closed))),
    (BaseOffset, _pack_offset),
    (dt.timedelta, lambda d: ("timedelta", (d.days, d.seconds, d.microseconds))),
    (dt.datetime, _pack_datetime),
    (dt.date, lambda date: ("date", (date.year, date.month, date.day))),
    (dt.time, _pack_time),
    (dt.tzinfo, _pack_zone),
    (PurePath, lambda path: ("path", str(path))),
)
_BUILDERS: dict = {
    "missing": lambda name: {"NaT": pd.NaT, "NA": pd.NA}[name],
    "objects": _build_array,
    "timestamp": _build_timestamp,
    "pandas timedelta": pd.Timedelta,
    "period": lambda parts: pd.Period(ordinal=parts[0], freq=parts[1]),
    "interval": lambda parts: pd.Interval(*parts),
    "offset": _build_offset,
    "timedelta": lambda parts: dt.timedelta(*parts),
    "datetime": _build_datetime,
    "date": lambda parts: dt.date(*parts),
    "time": dt.time.fromisoformat,
    "zone": ZoneInfo,
    "path": Path,
    "fixed zone": _build_fixed_zone,
    "pytz zone": _build_pytz_zone,
    "multi index": _build_multi_index,
    "range": _build_range,
    "dates": _build_dates,
    "periods": _build_periods,
    "intervals": _build_intervals,
    "index": _build_index,
}
