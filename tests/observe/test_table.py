"""A table of tuples counts without losing or repeating, and stays within its bounds."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from corsense.observe import ObservedRequests, RequestKind, RequestTuple
from corsense.observe.lines import read, written
from corsense.observe.table import KEEP_DAYS, ObservationTable, merged

DAY = date(2026, 11, 27)


def page(number: int, route: str = "/") -> RequestTuple:
    return RequestTuple(f"https://{number}.example.com", RequestKind.SIMPLE, "GET", route=route)


events = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5), st.integers(0, 20)), max_size=80)


@given(events, st.integers(1, 40))
def test_every_request_is_counted_once_kept_or_not(events: list[tuple[int, int, int]], most: int) -> None:
    table = ObservationTable(lambda origin: origin == page(0).origin, most=most)
    for number, count, days in events:
        table.add(page(number), count, DAY + timedelta(days))
    assert len(table) <= most
    assert sum(seen.count for seen in table) + table.unkept == sum(count for _, count, _ in events)


@given(events)
def test_days_never_exceed_those_that_were_seen(events: list[tuple[int, int, int]]) -> None:
    table = ObservationTable()
    days: dict[str, set[int]] = {}
    for number, count, day in events:
        table.add(page(number), count, DAY + timedelta(day))
        days.setdefault(page(number).origin, set()).add(day)
    for seen in table:
        own = days[seen.request.origin]
        assert 1 <= seen.days <= len(own)
        assert (seen.first, seen.last) == (DAY + timedelta(min(own)), DAY + timedelta(max(own)))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=2))
def test_two_workers_counts_add_up_and_their_days_are_a_lower_bound(given: list[tuple[int, int, int]]) -> None:
    one, other = (
        ObservedRequests(page(1), count, DAY + timedelta(start), DAY + timedelta(start + span), span + 1)
        for count, start, span in given
    )
    both = merged(one, other)
    assert both == merged(other, one)
    assert both.count == one.count + other.count
    assert max(one.days, other.days) <= both.days <= (both.last - both.first).days + 1


@given(events)
def test_lines_are_read_as_they_were_written(events: list[tuple[int, int, int]]) -> None:
    table = ObservationTable(most=8)
    for number, count, days in events:
        table.add(page(number), count, DAY + timedelta(days))
    text = written(table, table.unkept, "0.1.0")
    found = read(text.encode().splitlines(keepends=True))
    assert (Counter(found.requests), found.unkept, found.broken) == (Counter(table), table.unkept, 0)


def test_broken_lines_are_counted_and_the_others_read() -> None:
    good = ObservedRequests(page(1), 1, DAY, DAY).line().encode()
    found = read([b"\xff\xfe", good, b"{", b"[" * 4000, b"x" * 10_000, good[:-5], b"\n", good, b'{"corsense":"9","schema":2}'])
    assert len(found.requests) == 2
    assert found.broken == 6


def test_what_is_too_old_is_dropped_and_a_full_table_makes_room_for_what_comes_back() -> None:
    table = ObservationTable(most=4)
    table.add(page(1), 1, DAY - timedelta(KEEP_DAYS + 1))
    table.add(page(2), 1, DAY - timedelta(20))
    table.add(page(3), 1, DAY - timedelta(20))
    table.add(page(3), 1, DAY - timedelta(19))
    table.add(page(4), 1, DAY)
    assert table.unkept == 1
    table.forget(DAY)
    assert [seen.request.origin for seen in table] == [page(3).origin]
