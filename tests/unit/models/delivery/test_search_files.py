"""A search of the files that can hold a row answers as one of all files does, whatever happened."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from models.build import offer_models
from models.delivery import search
from models.delivery.conditions import TraceFilter
from models.reference.book import shipped_reference
from tests.unit.models.conftest import NOW, Workbench, trace
from warehouse.lookup.bloom import files_with
from warehouse.maintenance.upkeep import tidy
from warehouse.privacy.erasure import erase_rows
from warehouse.privacy.old_files import forget_old_files
from warehouse.privacy.retention import purge_rows
from warehouse.publication import publish
from warehouse.reading import Published

PEOPLE = [f"{name}@contoso.com" for name in ("ada", "ben", "cem", "dag")]
STATUSES = ("delivered", "failed", "pending")
REFERENCE = shipped_reference()


def row(random: Random) -> dict[str, Any]:
    number = random.randrange(12)
    received = NOW - timedelta(days=number % 6, hours=1)
    message_id = random.choice((None, f"<m{number}@contoso.com>"))
    return trace(
        f"t{number}", random.choice(PEOPLE), f"{received:%Y-%m-%dT%H:%M:%S}",
        status=random.choice(STATUSES), message_id=message_id,
        sender=random.choice(("hr@contoso.com", "it@contoso.com")),
    )  # fmt: skip


def landed(bench: Workbench, random: Random) -> None:
    bench.land(*(row(random) for _ in range(random.randrange(1, 6))))


def tidied(bench: Workbench, random: Random) -> None:
    bench.store.state.record_upkeep("contoso", 0)
    tidy(bench.store, "contoso", NOW + timedelta(days=random.randrange(3)))


def erased(bench: Workbench, random: Random) -> None:
    erase_rows(bench.store, "contoso", random.choice(PEOPLE))
    forget_old_files(bench.store)
    offered(bench, random)


def purged(bench: Workbench, random: Random) -> None:
    purge_rows(bench.store, "contoso", NOW, (random.randrange(3, 9), 400))
    offered(bench, random)


def offered(bench: Workbench, random: Random) -> None:
    publish(bench.store, NOW, partial(offer_models, reference=REFERENCE))


STEPS = (landed, landed, landed, tidied, tidied, offered, offered, erased, purged)


WANTED = (
    *(TraceFilter(id=f"t{number}") for number in (0, 4, 12)),
    *(TraceFilter(message_id=f"m{number}@contoso.com") for number in (1, 7)),
    *(TraceFilter(recipient=person) for person in (PEOPLE[0], "nobody@contoso.com")),
    TraceFilter(recipient=PEOPLE[1], since=NOW - timedelta(days=3), until=NOW),
    TraceFilter(recipient=", ".join(PEOPLE[:2]), id="t1 t2 t3", status="failed"),
    TraceFilter(recipient="ada@", message_id="m1@contoso.com <m2@contoso.com>"),
    TraceFilter(sender="hr@contoso.com", since=NOW - timedelta(days=1)),
    TraceFilter(tenant="fabrikam", id="t1"),
    TraceFilter(),
)


@pytest.mark.parametrize("seed", [0, 2])
def test_searches_answer_as_the_view_of_all_files(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - the same steps every time
    landed(bench, random)
    offered(bench, random)
    for step in [*random.choices(STEPS, k=5), tidied, offered]:
        step(bench, random)
        with bench.reader() as connection:
            published = Published(connection, NOW)
            few = [list(search.exported_rows(published, wanted)) for wanted in WANTED]
            with monkeypatch.context() as context:
                context.setattr(search, "trace_rows", lambda *_: None)
                whole = [list(search.exported_rows(published, wanted)) for wanted in WANTED]
        assert few == whole, step.__name__


def test_an_erased_person_is_in_no_filter(bench: Workbench) -> None:
    for moment in ("2026-11-18T08:00:00", "2026-11-19T08:00:00"):
        bench.land(*(trace(f"{moment}{number}", PEOPLE[number], moment) for number in (0, 1)))
    tidy(bench.store, "contoso", NOW)
    forget_old_files(bench.store)
    assert in_filters(bench) == PEOPLE[:2]
    erase_rows(bench.store, "contoso", PEOPLE[0])
    forget_old_files(bench.store)
    assert in_filters(bench) == PEOPLE[1:2]


def in_filters(bench: Workbench) -> list[str]:
    """People whom a filter of any file names; all people where a file has none."""
    folder = bench.store.root / "facts" / "message_traces"
    files = [str(file) for file in folder.rglob("day=*/*.parquet")]
    with bench.store.compute() as connection:
        return [name for name in PEOPLE if files_with(connection, files, "recipient", [name])]
