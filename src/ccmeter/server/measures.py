"""What the server counts of itself, as Prometheus reads it: routes and statuses, never names, ids or addresses."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Measures:
    """Counts since the server began."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets = [0] * (len(_BOUNDS_S) + 1)
        self._seconds = 0.0

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests[method, route, status] += 1
        self._buckets[bisect_left(_BOUNDS_S, seconds)] += 1
        self._seconds += seconds

    def text(self, gauges: Mapping[str, float]) -> str:
        """Give everything, with figures of the moment."""
        return "".join(f"{line}\n" for line in self._lines(gauges))

    def _lines(self, gauges: Mapping[str, float]) -> Iterator[str]:
        yield "# TYPE ccmeter_requests_total counter"
        for (method, route, status), count in sorted(self._requests.items()):
            yield f'ccmeter_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
        yield "# TYPE ccmeter_request_seconds histogram"
        sums = list(accumulate(self._buckets))
        for bound, count in zip((*map(str, _BOUNDS_S), "+Inf"), sums, strict=True):
            yield f'ccmeter_request_seconds_bucket{{le="{bound}"}} {count}'
        yield f"ccmeter_request_seconds_sum {self._seconds:.6f}"
        yield f"ccmeter_request_seconds_count {sums[-1]}"
        for name, value in gauges.items():
            yield f"# TYPE ccmeter_{name} gauge"
            yield f"ccmeter_{name} {value:g}"
