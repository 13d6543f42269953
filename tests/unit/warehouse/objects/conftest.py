"""A bucket of moto's, and what may go wrong before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.object_store import Bucket, Front, front_of, moto, new_bucket
from warehouse.delta.commit import DeltaFolder
from warehouse.delta.objects import Objects
from warehouse.objects.storage import Storage


@pytest.fixture(scope="session")
def object_store() -> Iterator[int]:
    with moto() as port:
        yield port


@pytest.fixture
def bucket(object_store: int, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("SECRET_OF_TESTS", "secret")
    return new_bucket(object_store)


@pytest.fixture
def storage(bucket: Bucket) -> Storage:
    return bucket.place.opened


@pytest.fixture
def folder(storage: Storage) -> DeltaFolder:
    return DeltaFolder(Objects(storage, lambda: None))


@pytest.fixture
def front(bucket: Bucket) -> Iterator[Front]:
    with front_of(bucket.port) as server:
        yield server
