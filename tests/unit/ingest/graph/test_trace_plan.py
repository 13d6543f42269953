"""The plan of trace queries: nothing is left out, today comes first, one query where it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.graph.trace_plan import EVERYONE, TraceQuery, finer, plan, split
from warehouse.windows import Window, gaps

END = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RECENT = Window(END - 4 * HOUR, END)
hours = st.integers(0, 90 * 24)


def senders(steps: list[TraceQuery]) -> list[str]:
    return [step.sender for step in steps]


def test_accounts_of_one_domain_share_a_query() -> None:
    missing = {"a@contoso.com": [RECENT], "b@contoso.com": [RECENT], "c@fabrikam.com": [RECENT]}
    steps = plan(missing, (), "domain")
    assert senders(steps) == ["*@contoso.com", "c@fabrikam.com"]
    assert steps[0].addresses == ("a@contoso.com", "b@contoso.com")


def test_a_domain_that_others_use_too_is_read_address_by_address() -> None:
    missing = {"a@contoso.com": [RECENT], "b@contoso.com": [RECENT]}
    assert senders(plan(missing, {"*@contoso.com"}, "domain")) == [
        "a@contoso.com",
        "b@contoso.com",
    ]


def test_everyone_is_asked_only_where_the_tenant_allows_it() -> None:
    missing = {"a@contoso.com": [RECENT], "b@fabrikam.com": [RECENT]}
    assert senders(plan(missing, (), "everyone")) == [EVERYONE]
    assert EVERYONE not in senders(plan(missing, (), "domain"))


def test_a_refused_step_is_replaced_by_finer_ones() -> None:
    step = TraceQuery(EVERYONE, ("a@contoso.com", "b@contoso.com", "c@fabrikam.com"), RECENT)
    domains = finer(step, ())
    assert senders(domains) == ["*@contoso.com", "c@fabrikam.com"]
    single = finer(domains[0], ())
    assert senders(single) == ["a@contoso.com", "b@contoso.com"]
    assert all(walk.window == RECENT for walk in [*domains, *single])


def test_today_comes_before_the_past() -> None:
    old = Window(END - 90 * 24 * HOUR, END - 30 * 24 * HOUR)
    steps = plan({"a@contoso.com": [old], "b@fabrikam.com": [RECENT]}, (), "domain")
    assert steps[0].sender == "b@fabrikam.com"
    ends = [step.window.end for step in steps]
    assert ends == sorted(ends, reverse=True)


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.tuples(hours, hours), max_size=4)))
def test_every_missing_instant_is_read(asked: dict[str, list[tuple[int, int]]]) -> None:
    missing = {
        f"{name}@contoso.com": [
            Window(END - max(pair) * HOUR, END - min(pair) * HOUR) for pair in pairs
        ]
        for name, pairs in asked.items()
    }
    steps = plan(missing, (), "domain")
    for address, windows in missing.items():
        read = [step.window for step in steps if address in step.addresses]
        assert all(gaps(read, window) == [] for window in windows)
    assert all(step.window.end - step.window.start <= timedelta(days=10) for step in steps)


@given(st.integers(0, 100 * 86400), st.integers(0, 100 * 86400))
def test_parts_of_a_window_share_their_borders(start: int, length: int) -> None:
    window = Window(END - timedelta(seconds=start + length), END - timedelta(seconds=start))
    parts = split(window)
    assert bool(parts) == (length > 0)
    for before, after in pairwise(parts):
        assert before.end == after.start
    if parts:
        assert (parts[0].start, parts[-1].end) == window
