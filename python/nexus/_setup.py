"""What the extension needs of the Python side. It imports this module when the library is first used."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

from . import _abi, _core
from ._errors import make_error
from ._results import Answer, Factors, Hit, Record


def names_by_number(numbers: dict[str, int]) -> tuple[str, ...]:
    """A table of _abi the other way round; the numbers go from 0 without gaps."""
    return tuple(sorted(numbers, key=numbers.__getitem__))


_core.setup(
    library=os.environ.get("NEXUS_LIBRARY") or os.path.join(os.path.dirname(_core.__file__), "libnexus.so.1"),
    make_error=make_error,
    answer=Answer,
    hit=Hit,
    record=Record,
    factors_class=Factors,
    kinds={name: number for name, number in _abi.KIND.items() if number},
    intents=_abi.INTENT,
    fusions=_abi.FUSION,
    routes=_abi.ROUTE,
    factors=_abi.FACTOR,
    boosts=_abi.BOOST,
    metrics={name: number for name, number in _abi.METRIC.items() if number},
    kind_names=names_by_number(_abi.KIND),
    metric_names=("", *names_by_number(_abi.METRIC)[1:]),
    engine_states=names_by_number(_abi.ENGINE_STATE),
    pattern_kind_numbers=_abi.PATTERN_KIND,
    pattern_kinds=names_by_number(_abi.PATTERN_KIND),
    anomaly_columns=names_by_number(_abi.ANOMALY_COLUMN),
    cache_uses=names_by_number(_abi.CACHE_USE),
    route_names=names_by_number(_abi.ROUTE),
    status_names=_abi.STATUS,
    datetime=datetime,
    timedelta=timedelta,
    epoch=datetime(1970, 1, 1, tzinfo=timezone.utc),
    microsecond=timedelta(microseconds=1),
)
