"""Readings and instants as pandas objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES, Group
from metertui.engine.base import QUALITY_NAMES, Int64Array, SiteZone
from metertui.engine.columns.curve import NO_REGISTER

NO_TIME: Final = np.iinfo(np.int64).min
"""In place of an instant; what numpy takes for no time."""
NO_ENERGY: Final = -1
"""In place of the energy of an interval (µWh)."""
_UWH_PER_KWH: Final = 1_000_000_000


def site_times(instants: Int64Array, zone: SiteZone) -> pd.DatetimeIndex:
    """Return instants (µs UTC, or NO_TIME) as times in the site zone, datetime64[us]."""
    return pd.DatetimeIndex(instants.view("datetime64[us]")).tz_localize("UTC").tz_convert(zone.name)


def as_frame(
    meter: NDArray[np.int32],
    time: Int64Array,
    wh: Int64Array,
    group: NDArray[np.int32],
    meters: Mapping[int, str],
    groups: Sequence[Group],
    zone: SiteZone,
) -> pd.DataFrame:
    """Return readings as a frame: meter codes, µs UTC, Wh and group codes of equal length.

    `identifier` and the attributes are categories, `timestamp` is datetime64[us] in the site zone, `reading_kwh`
    float64, missing for NO_REGISTER. `meters` has the ids by code, ascending, of these and perhaps of other readings.
    """
    codes = np.fromiter(meters, dtype=np.int64)
    ids = pd.Index(list(meters.values()), dtype=object)
    columns: dict[str, object] = {
        "identifier": pd.Categorical.from_codes(codes.searchsorted(meter), categories=ids),
        "timestamp": site_times(time, zone),
        "reading_kwh": np.where(wh == NO_REGISTER, np.nan, wh / 1000),
    }
    for name in ATTRIBUTES:
        values = [getattr(each, name) for each in groups]
        distinct = {value: place for place, value in enumerate(sorted(set(values)))}
        place = np.array([distinct[value] for value in values], dtype=np.int64)
        columns[name] = pd.Categorical.from_codes(place[group], categories=pd.Index(list(distinct), dtype=object))
    return pd.DataFrame(columns)


def with_quality(frame: pd.DataFrame, quality: NDArray[np.uint8]) -> pd.DataFrame:
    """Return a frame of readings with `quality`, a category: `actual`, `estimated` or `substituted`."""
    return frame.assign(quality=pd.Categorical.from_codes(quality, categories=pd.Index(QUALITY_NAMES, dtype=object)))


def with_stated(frame: pd.DataFrame, start: Int64Array, energy: Int64Array, zone: SiteZone) -> pd.DataFrame:
    """Return a frame with `start` and `interval_kwh` (float64) of intervals: µs UTC and µWh; missing for readings."""
    kwh = np.where(energy == NO_ENERGY, np.nan, energy / _UWH_PER_KWH)
    return frame.assign(start=site_times(start, zone), interval_kwh=kwh)
