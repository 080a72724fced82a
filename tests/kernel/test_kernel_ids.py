"""Identifiers sort by the order in which they were made, whatever the machine's clock does."""

import os

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.kernel.clock import ManualClock
from orchestrator.kernel.ids import TimeOrderedIds

DAYS = 86_400.0


@given(st.lists(st.floats(-30 * DAYS, 30 * DAYS), max_size=50), st.binary(min_size=10, max_size=10))
def test_later_ones_sort_after_earlier_ones(jumps: list[float], entropy: bytes) -> None:
    clock = ManualClock()
    for made in (TimeOrderedIds(clock, os.urandom), TimeOrderedIds(clock, lambda _: entropy)):
        names = [made.new("run")]
        for jump in jumps:
            clock.jump(jump)
            names.append(made.new("run"))
        assert names == sorted(set(names))
        assert {len(name) for name in names} == {30}
