"""Reveal, erase, purge and keys from the command line: one line for each mistake, all audited."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha1, sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actions import privacy
from hve_monitor.config import Config, Warehouse, load_config
from hve_monitor.errors import ConfigError
from tests.contract.test_privacy import texts_of
from tests.unit.conftest import Ended, Hve, Prepared
from warehouse.configured import store_of
from warehouse.connection import arrow, compute, files_sql
from warehouse.privacy.subjects import DIGESTS, marked
from warehouse.records.event_requests import request_events, requested_events
from warehouse.records.stored import stored_rows
from warehouse.tables import FIRST_SUBJECTS, HVE_FINDINGS, MESSAGE_TRACES

NOW = ("--now", "2026-11-24T08:00:00Z")
AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
PERSON, OTHER = "ada.lang@fabrikam.com", "ben.roy@fabrikam.com"
CSV = f"""\
id,sender,recipient,received_at,status,subject,message_id
t1,hr@contoso.com,{PERSON},2026-11-23T07:00:00Z,delivered,Quarterly bonus,<m1@contoso.com>
t1,hr@contoso.com,{OTHER},2026-11-23T07:00:00Z,delivered,Quarterly bonus,<m1@contoso.com>
t2,hr@contoso.com,{PERSON},2026-11-22T07:00:00Z,failed,Second notice,<m2@contoso.com>
t3,hr@contoso.com,{OTHER},2025-01-22T07:00:00Z,delivered,Old news,<m3@contoso.com>
"""


def configure(folder: Path, mode: str, more: str = "") -> None:
    (folder / "hve.key").write_text("k" * 40)
    (folder / "hve.toml").write_text(
        f'[privacy]\nmode = "{mode}"\nkey_file = "hve.key"\n{more}', encoding="utf-8"
    )


def fill(hve: Hve, mode: str) -> None:
    """A store with three people's mail in a mode, in the present folder."""
    configure(Path(), mode)
    Path("rows.csv").write_text(CSV, encoding="utf-8")
    assert hve("import", "rows.csv", *NOW).code == 0


# Pseudonyms take every way that full addresses take, and some more: the others run in make slow.
@pytest.fixture(params=[pytest.param("full", marks=pytest.mark.slow), "pseudonymous"])
def mode(
    request: pytest.FixtureRequest, hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A store in a mode."""

    def make() -> str:
        fill(hve, request.param)
        return str(request.param)

    return prepared.enter(request.param, monkeypatch, make)


@pytest.fixture
def hidden(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> str:
    """A pseudonymous store; the pseudonym of a person."""

    def make() -> str:
        fill(hve, "pseudonymous")
        search = ("trace", "--recipient", PERSON, "--status", "failed", "--json")
        (row,) = hve(*search, *NOW).json["rows"]
        return str(row["recipient"])

    return prepared.enter("hidden", monkeypatch, make)


@pytest.mark.parametrize("mode", ["full", "pseudonymous"])
def test_letters_that_stand_for_the_same_ones_are_the_same_person(
    hve: Hve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.chdir(tmp_path)
    configure(Path(), mode)
    apart, jo = "jo\u0308rg@fabrikam.com", "jörg@fabrikam.com"
    mails = [
        *((jo, "One"), (apart, "Two"), ("ｊörg@fabrikam.com", "Three")),
        *((OTHER, f"Re: {apart}"), (OTHER, "Re: jörg@ｆabrikam.com")),
        *(("jorg@fabrikam.com", "Of J"), (OTHER, "Re: xjörg@fabrikam.com")),
    ]
    rows = [
        f"t{number},hr@contoso.com,{recipient},2026-11-23T07:00:00Z,delivered,{subject},<m@x>"
        for number, (recipient, subject) in enumerate(mails)
    ]
    Path("rows.csv").write_text("\n".join([CSV.splitlines()[0], *rows]), encoding="utf-8")
    assert hve("import", "rows.csv", *NOW).code == 0
    (erased,) = hve("erase", apart, "--reason", "asked", "--json", *NOW).json["erased"]
    removed = {part["table"]: part["rows_kept_without"] for part in erased["removed"]}
    assert removed["facts.message_traces"] == (5 if mode == "full" else 3)
    subjects = [
        row["subject"] for row in hve("trace", "--status", "delivered", "--json", *NOW).json["rows"]
    ]
    if mode == "full":
        assert sorted(text for text in subjects if text) == [
            "Of J", "Re: (erased)", "Re: (erased)", "Re: xjörg@fabrikam.com"
        ]  # fmt: skip


def told(ended: Ended) -> str:
    assert ended.code == 2, ended
    assert len(ended.err.splitlines()) == 1, ended.err
    return ended.err


def holders(text: str) -> list[str]:
    return [str(file) for file, held in texts_of(Path("data/local")) if text in held]


def test_a_person_is_revealed_for_a_reason_and_audited(hve: Hve, hidden: str) -> None:
    assert hidden.startswith("p-")
    assert hidden.endswith("@fabrikam.com")
    assert "reveal: --reason is missing" in told(hve("reveal", hidden, *NOW))
    shown = hve("reveal", hidden, "--reason", "bounce", "--author", "eve", "--json", *NOW)
    assert shown.json["address"] == PERSON
    assert "nobody is known" in told(hve("reveal", "p-" + "0" * 32, "--reason", "x", *NOW))
    assert "is no pseudonym" in told(hve("reveal", PERSON, "--reason", "x", *NOW))
    entries = hve("audit", "--json").json["entries"]
    acts = [(entry["who"], entry["what"], entry["reason"]) for entry in entries]
    assert ("eve", "reveal", "bounce") in acts
    assert {entry["what"] for entry in entries} == {"reveal", "search"}
    assert holders(PERSON) == []


def test_words_of_subjects_are_refused_with_the_reason(hve: Hve, hidden: str) -> None:
    assert "keyed hashes" in told(hve("trace", "--subject", "bonus", *NOW))
    assert holders("Quarterly") == []


def usage(hve: Hve) -> Any:
    return hve("usage", "--json", *NOW).json["rows"]


def set_aside(*days: str) -> Path:
    """The folder with files of these days that a repair has set aside; they name the person."""
    folder = Path("data/local/damaged/facts/message_traces/tenant=local")
    for day in days:
        (folder / f"day={day}").mkdir(parents=True)
        pq.write_table(pa.table({"recipient": [PERSON]}), folder / f"day={day}" / "part.parquet")
    return folder


def test_an_erased_person_is_nowhere_and_every_count_stays(hve: Hve, mode: str) -> None:
    before = usage(hve)
    (row,) = hve("trace", "--recipient", PERSON, "--status", "failed", "--json", *NOW).json["rows"]
    stored = row["recipient"]
    set_aside("2025-01-22", "2026-11-22")
    with store_of(load_config()) as store:
        request_events(store.state, "local", [("t2", stored)], AT)
    done = hve("erase", PERSON.upper(), "--reason", "asked", "--json", *NOW)
    assert done.code == 0, done.err
    (proof,) = done.json["erased"]
    assert proof["remaining_rows"] == 0
    assert proof["old_files_removed"] > 0
    removed = {part["table"]: part for part in proof["removed"]}
    assert removed["facts.message_traces"]["rows_kept_without"] == 2
    assert removed["marts.first_contacts"]["rows_dropped"] == 1
    assert ("facts.identities" in removed) is (mode == "pseudonymous")
    assert holders(PERSON) == []
    assert mode == "full" or [file for file in holders(stored) if "state.db" not in file] == [
        file for file in holders(stored) if file.endswith("hve.duckdb")
    ]
    assert holders("Second notice") == []
    assert usage(hve) == before
    assert hve("trace", "--recipient", PERSON, "--json", *NOW).json["rows"] == []
    assert len(hve("trace", "--recipient", OTHER, "--json", *NOW).json["rows"]) == 2
    with store_of(load_config()) as store:
        assert requested_events(store.state, "local", 10) == [], "nobody is asked about them"


def first_subjects() -> list[str]:
    with store_of(load_config()) as store:
        return sorted(row["subject_hash"] for row in stored_rows(store, FIRST_SUBJECTS, "local"))


def guesses(subject: str) -> list[str]:
    """What whoever knows the store's way of taking subjects could look for."""
    heads = {subject, subject.lower(), re.split("[0-9]", subject.lower())[0]}
    return [make(head.encode()).hexdigest() for head in heads for make in (md5, sha1, sha256)]


def assert_subject_is_only_counted(before: list[str]) -> list[str]:
    """The subjects after an erasure.

    The subject that another person has too stays known, the person's own one is only counted.
    """
    assert len(before) == 3
    assert {subject[:2] for subject in before} == {"k-"}
    after = first_subjects()
    assert len(set(before) & set(after)) == 2
    assert [subject[:7] for subject in set(after) - set(before)] == ["erased:"]
    (lost,) = set(before) - set(after)
    for guess in (lost, *guesses("Second notice")):
        assert holders(guess) == []
    return after


def test_plain_digests_of_an_older_version_become_marks(hve: Hve, mode: str) -> None:
    news = "select account, hour_utc, new_subjects from marts.hve_activity order by all"

    def counted() -> list[Any]:
        with duckdb.connect("data/local/hve.duckdb", read_only=True) as connection:
            return connection.execute(news).fetchall()

    before, marks = counted(), first_subjects()
    with store_of(load_config()) as store:
        files = store.delta.files(MESSAGE_TRACES, "local")
        with compute(store.spill) as connection:
            traces = files_sql(MESSAGE_TRACES, files)
            plain = arrow(connection, DIGESTS.format(files=traces))["subject_hash"]
        known = marked(store, "local", plain).to_pylist()
        digests = dict(zip(known, plain.to_pylist(), strict=True))
        rows = stored_rows(store, FIRST_SUBJECTS, "local")
        old = [row | {"subject_hash": digests[row["subject_hash"]]} for row in rows]
        table = pa.Table.from_pylist(old, schema=FIRST_SUBJECTS.schema)
        store.delta.replace(FIRST_SUBJECTS, table, "local")
    assert not set(first_subjects()) & set(marks)
    assert hve("build", "--full", *NOW).code == 0
    assert (first_subjects(), counted()) == (marks, before)


def test_what_a_source_brings_again_brings_no_erased_person_back(hve: Hve, mode: str) -> None:
    before, subjects = usage(hve), first_subjects()
    assert hve("erase", PERSON, *NOW).code == 0
    left = assert_subject_is_only_counted(subjects)
    again = hve("import", "rows.csv", "--json", *NOW).json
    assert (again["rows_new"], again["rows_changed"]) == (0, 0)
    assert holders(PERSON) == []
    hve("build", "--full", *NOW)
    assert usage(hve) == before
    assert [subject for subject in first_subjects() if subject not in left] == []
    later = (
        CSV.splitlines()[0]
        + "\n"
        + CSV.splitlines()[1].replace("t1", "t9").replace("2026-11-23", "2026-11-25")
    )
    Path("later.csv").write_text(later, encoding="utf-8")
    assert hve("import", "later.csv", "--now", "2026-11-26T00:00:00Z").code == 0
    found = hve("trace", "--recipient", PERSON, "--json", "--now", "2026-11-26T00:00:00Z")
    assert [row["id"] for row in found.json["rows"]] == ["t9"]


def test_a_tenant_that_is_served_no_longer_is_erased_and_purged_too(
    hve: Hve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored of it is published until somebody removes it."""
    monkeypatch.chdir(tmp_path)
    tenant = '[[tenants]]\nname = "{}"\naccounts = "files"\n'
    configure(Path(), "full", "".join(map(tenant.format, ("contoso", "fabrikam"))))
    Path("rows.csv").write_text(CSV, encoding="utf-8")
    for name in ("contoso", "fabrikam"):
        assert hve("import", "rows.csv", "--tenant", name, *NOW).code == 0
    configure(Path(), "full", tenant.format("contoso"))
    erased = hve("erase", PERSON, "--json", *NOW).json["erased"]
    assert {proof["tenant"] for proof in erased} == {"contoso", "fabrikam"}
    assert holders(PERSON) == []
    purged = hve("purge", "--json", *NOW).json["purged"]
    assert {proof["tenant"] for proof in purged} == {"contoso", "fabrikam"}


def test_an_account_is_not_erased(hve: Hve, hidden: str) -> None:
    assert "is a sending account" in told(hve("erase", "hr@contoso.com", *NOW))
    assert "is no address" in told(hve("erase", "ada", *NOW))


def test_purge_drops_old_facts_and_whom_they_name_and_keeps_marts(hve: Hve, mode: str) -> None:
    before, aside = usage(hve), set_aside("2025-01-22", "2026-11-22")
    (proof,) = hve("purge", "--json", *NOW).json["purged"]
    removed = {part["table"]: part["rows_dropped"] for part in proof["removed"]}
    assert removed == {
        "facts.message_traces": 1,
        "marts.first_subjects": 1,
        "marts.hve_sources_daily": 1,
    }
    assert holders("Old news") == []
    assert [file.parent.name for file in aside.rglob("*.parquet")] == ["day=2026-11-22"]
    assert hve("verify").code == 0, "what was purged is no damage"
    hve("build", "--full", *NOW)
    assert usage(hve) == before
    again = hve("import", "rows.csv", "--json", *NOW).json
    assert again["rows_new"] == 0
    configure(Path(), mode, "[retention]\nfacts_days = 1\nmarts_days = 30\n")
    (proof,) = hve("purge", "--json", *NOW).json["purged"]
    removed = {part["table"]: part["rows_dropped"] for part in proof["removed"]}
    assert removed["facts.message_traces"] == 1
    assert removed["marts.hve_usage_daily"] == 1
    assert removed["marts.first_subjects"] == 1
    assert [row["day_utc"] for row in usage(hve)] == ["2026-11-22", "2026-11-23"]
    assert [entry["what"] for entry in hve("audit", "--json").json["entries"]] == ["purge", "purge"]


EXPORT = '[export]\nfolder = "{}"\nformats = ["focus", "csv"]\n'


def test_exports_inside_the_store_follow_retention_and_erasure(hve: Hve, mode: str) -> None:
    inside, outside = Path("data/local/exports"), Path("elsewhere")
    for folder in (inside, outside):
        (folder / "focus").mkdir(parents=True)
        (folder / "focus" / "hve-focus-estimated-2020-01.csv").write_text("old", encoding="utf-8")
        (folder / "focus" / "hve-focus-estimated-2026-10.csv").write_text("new", encoding="utf-8")
        configure(Path(), mode, EXPORT.format(folder))
        assert hve("purge", "--json", *NOW).code == 0
    left = {file.name[-11:-4] for file in inside.rglob("*.csv")}
    assert left == {"2026-10"}
    assert {file.name[-11:-4] for file in outside.rglob("*.csv")} == {"2020-01", "2026-10"}
    configure(Path(), mode, EXPORT.format(inside))
    assert hve("export", "csv", "--out", str(inside / "csv"), *NOW).code == 0
    (row,) = hve("trace", "--recipient", PERSON, "--status", "failed", "--json", *NOW).json["rows"]
    named = [file for file in holders(row["recipient"]) if file.endswith(".csv")]
    assert len(named) == 2, "contacts and what did not arrive"
    assert hve("erase", PERSON, *NOW).code == 0
    assert not [file for file in holders(row["recipient"]) if file.endswith(".csv")]


def test_old_findings_go_and_what_holds_stays(hve: Hve, mode: str) -> None:
    def finding(at: datetime, batch: int, status: str | None, check: str) -> dict[str, Any]:
        known = {"tenant": "local", "check_name": check, "status": status, "observed_at": at}
        return {**dict.fromkeys(HVE_FINDINGS.schema.names), **known, "batch": batch}

    old, young = AT - timedelta(days=1300), AT - timedelta(days=3)
    rows = [
        finding(old, 1, "fail", "first"),
        finding(young, 2, "pass", "first"),
        finding(old, 3, "warn", "holds"),
        finding(old, 4, "fail", "ended"),
        finding(old + timedelta(days=1), 5, None, "ended"),
    ]
    table = pa.Table.from_pylist(rows, schema=HVE_FINDINGS.schema)
    with store_of(load_config()) as store:
        store.small.replace(HVE_FINDINGS, table, "local")
    hve("purge", *NOW)
    with store_of(load_config()) as store:
        left = stored_rows(store, HVE_FINDINGS, "local")
    kept = {(row["check_name"], row["status"]) for row in left}
    assert kept == {("first", "pass"), ("holds", "warn")}


class Killed(BaseException):
    """Stands for a process that dies: nothing catches it."""


STEPS = ("erase_rows", "_publish_again", "forget_old_files", "left_over", "end")


@pytest.mark.parametrize(
    "step", [STEPS[0], *(pytest.param(step, marks=pytest.mark.slow) for step in STEPS[1:])]
)
def test_an_erasure_that_dies_is_ended_by_the_next_run(
    hve: Hve, hidden: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = usage(hve)

    def dying(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(privacy, step, dying)
        with pytest.raises(Killed):
            privacy.erase(load_config(), PERSON, "", "ada", privacy_now())
    with store_of(load_config()) as store:
        is_open = store.state.connection.execute("select count(*) from removals").fetchone()[0]
    assert is_open == 1
    assert hve("build", *NOW).code == 0
    assert hve("trace", "--recipient", PERSON, "--json", *NOW).json["rows"] == []
    assert {Path(file).name for file in holders(hidden)} <= {"state.db", "hve.duckdb"}
    assert usage(hve) == before
    acts = [entry["what"] for entry in hve("audit", "--json").json["entries"]]
    assert acts.count("erase") == 1


@pytest.mark.parametrize("step", ["purge_rows", "forget_old_files"])
def test_a_purge_that_dies_is_ended_by_the_next_run(
    hve: Hve, hidden: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = usage(hve)

    def dying(*_: Any) -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(privacy, step, dying)
        with pytest.raises(Killed):
            privacy.purge(load_config(), "ada", "retention", privacy_now())
    assert hve("build", *NOW).code == 0
    with store_of(load_config()) as store:
        files = store.delta.files(MESSAGE_TRACES)
        assert not [file for file in files if "2025-01-22" in file]
    assert not list(Path("data/local/facts/message_traces").rglob("day=2025-01-22/*.parquet"))
    assert usage(hve) == before


@pytest.mark.parametrize("damage", [b"", b"no database" * 1000, None])
def test_a_damaged_published_file_does_not_stop_an_erasure(
    hve: Hve, hidden: str, damage: bytes | None
) -> None:
    published = Path("data/local/hve.duckdb")
    if damage is None:
        with duckdb.connect(str(published)) as connection:
            connection.execute("drop table state.publication")
    else:
        published.write_bytes(damage)
    assert hve("erase", PERSON, *NOW).code == 0
    assert hve("trace", "--recipient", PERSON, "--json", *NOW).json["rows"] == []


def test_an_erasure_takes_what_a_publication_left_that_died(hve: Hve, hidden: str) -> None:
    store = Path("data/local")
    (store / "hve.duckdb").rename(store / "hve.77.duckdb")
    assert hve("erase", PERSON, *NOW).code == 0
    assert not list(store.glob("hve.*"))


def privacy_now() -> Any:
    from hve_monitor.clock import parse_time

    return parse_time(NOW[1])


def test_the_key_is_missing_short_inside_the_store_or_another(hve: Hve, hidden: str) -> None:
    key, file = Path("hve.key"), Path("hve.toml")
    key.write_text("short")
    assert "is too short (5 bytes, at least 32)" in told(hve("build", *NOW))
    key.write_text("z" * 40)
    for command in ("build", "audit"):
        assert "is not the key of this store" in told(hve(command, *NOW))
    assert "is not the key" in told(hve("trace", "--recipient", PERSON, *NOW))
    key.unlink()
    assert "cannot be read (No such file or directory)" in told(hve("build", *NOW))
    text = file.read_text(encoding="utf-8")
    file.write_text('[privacy]\nmode = "pseudonymous"\n', encoding="utf-8")
    assert "privacy.key_file: is missing" in told(hve("build", *NOW))
    inside = Path("data/local/hve.key")
    inside.write_text("k" * 40)
    file.write_text(text.replace("hve.key", str(inside)), encoding="utf-8")
    assert "lies inside the store" in told(hve("build", *NOW))


@pytest.mark.parametrize(("before", "after"), [("full", "pseudonymous"), ("pseudonymous", "full"),
                                               ("full", "aggregate")])  # fmt: skip
def test_a_filled_store_keeps_its_mode(hve: Hve, before: str, after: str) -> None:
    configure(Path(), before)
    assert hve("audit").code == 0  # nothing is stored yet: the mode may still change
    configure(Path(), after)
    assert hve("audit").code == 0
    fill(hve, before)
    configure(Path(), after)
    line = told(hve("build", *NOW))
    assert f"mode = '{before}'" in line
    assert "name another warehouse.path" in line


def test_the_key_is_changed_without_touching_a_row(hve: Hve, hidden: str) -> None:
    new = Path("new.key")
    new.write_text("n" * 10)
    assert "is too short" in told(hve("rotate-key", "new.key", *NOW))
    new.write_text("n" * 40)
    assert hve("rotate-key", "new.key", "--reason", "yearly", *NOW).code == 0
    assert "is not the key of this store" in told(hve("build", *NOW))
    Path("hve.key").write_text("n" * 40)
    shown = hve("reveal", hidden, "--reason", "still there", "--json", *NOW)
    assert shown.json["address"] == PERSON
    assert hve("import", "rows.csv", "--json", *NOW).json["rows_unchanged"] == 4


def test_a_copy_of_the_store_is_erased_too(hve: Hve, hidden: str) -> None:
    shutil.copytree("data/local", "copy")
    done = hve("erase", PERSON, "--backup", "copy", "--json", *NOW)
    assert [proof["store"] for proof in done.json["erased"]] == ["data/local", "copy"]
    assert not [
        file
        for file, held in texts_of(Path("copy"))
        if hidden in held and file.suffix == ".parquet"
    ]
    assert "nothing: is no store" in told(hve("erase", PERSON, "--backup", "nothing", *NOW))


def aside(days_ago: int) -> Path:
    """Where a restore so long ago has moved the store."""
    return Path(f"data/local.replaced-{int((AT - timedelta(days=days_ago)).timestamp() * 1e9)}")


def test_a_store_that_a_restore_moved_aside_is_erased_and_retained_too(
    hve: Hve, hidden: str
) -> None:
    for copy in (aside(0), aside(401)):
        shutil.copytree("data/local", copy)
    assert hve("purge", "--json", *NOW).json["copies_removed"] == [str(aside(401))]
    assert not aside(401).exists()
    ended = hve("erase", PERSON, "--reason", "left", "--json", *NOW).json
    assert [Path(part["store"]).name for part in ended["erased"]] == ["local", aside(0).name]
    rows = [text for file, text in texts_of(aside(0)) if file.suffix == ".parquet"]
    assert [text for text in rows if hidden in text] == []


def test_a_backup_file_is_written_anew_without_the_person(hve: Hve, mode: str) -> None:
    assert hve("backup", "--out", "all.backup").code == 0
    (row,) = hve("trace", "--recipient", PERSON, "--status", "failed", "--json", *NOW).json["rows"]
    before = usage(hve)
    done = hve("erase", PERSON, "--backup", "all.backup", "--json", *NOW)
    assert [proof["store"] for proof in done.json["erased"]] == ["data/local", "all.backup"]
    assert [proof["remaining_rows"] for proof in done.json["erased"]] == [0, 0]
    assert sorted(file.name for file in Path().glob("*.backup*")) == ["all.backup"]
    assert hve("restore", "all.backup", "--replace", *NOW).code == 0
    assert not [
        file
        for file, held in texts_of(Path("data/local"))
        if row["recipient"] in held and file.suffix == ".parquet"
    ]
    assert hve("trace", "--recipient", PERSON, "--json", *NOW).json["rows"] == []
    assert usage(hve) == before
    assert hve("verify").code == 0


def test_a_backup_behind_a_link_is_itself_written_anew(hve: Hve, alike: str) -> None:
    Path("far").mkdir()
    assert hve("backup", "--out", "far/all.backup").code == 0
    Path("near").symlink_to("far/all.backup")
    done = hve("erase", alike, "--backup", "near", "--json", *NOW)
    assert [proof["store"] for proof in done.json["erased"]] == ["data/local", "near"]
    assert Path("near").is_symlink()
    assert [file.name for file in Path("far").iterdir()] == ["all.backup"]
    left = hve("erase", alike, "--backup", "far/all.backup", "--dry-run", "--json", *NOW).json
    assert [proof["removed"] for proof in left["erased"]] == [[], []]


def test_a_backup_that_has_another_name_is_refused_before_anything(hve: Hve, alike: str) -> None:
    assert hve("backup", "--out", "all.backup").code == 0
    Path("other").hardlink_to("all.backup")
    before = Path("data/local/state.db").read_bytes(), Path("other").read_bytes()
    refused = hve("erase", alike, "--backup", "all.backup", *NOW)
    assert refused.code == 2
    assert "the same file has another name too" in refused.err
    assert (Path("data/local/state.db").read_bytes(), Path("other").read_bytes()) == before


def test_a_rehearsal_leaves_the_state_as_it_is(hve: Hve, alike: str) -> None:
    with closing(sqlite3.connect("data/local/state.db")) as connection:
        connection.execute("delete from protection")  # as a release left it that noted none
        connection.commit()
        before = list(connection.iterdump())
    planned = hve("erase", alike, "--dry-run", "--json", *NOW).json
    assert planned["erased"][0]["removed"]
    with closing(sqlite3.connect("data/local/state.db")) as connection:
        assert list(connection.iterdump()) == before


def test_files_that_leave_the_store_are_in_the_audit_log(hve: Hve, mode: str) -> None:
    configure(Path(), mode, EXPORT.format("shared"))
    for hours in (8, 9, 32):
        moment = AT.replace(hour=0) + timedelta(hours=hours)
        assert hve("run", "--now", moment.isoformat()).code == 0
    later = ("--now", "2026-11-26T00:00:00Z")
    assert hve("export", "focus", "--out", "mine.csv", *later).code == 0
    assert hve("backup", "--out", "all.backup", *later).code == 0
    assert hve("restore", "all.backup", "--replace", *later).code == 0
    entries = hve("audit", "--json").json["entries"]
    told = [
        (entry["what"], entry["target"], entry["outcome"])
        for entry in reversed(entries)
        if entry["what"] != "purge"  # the first run also applies the retention
    ]
    assert told == [
        ("export", "scheduled: csv, focus", "done"),
        ("export", "scheduled: csv, focus", "done"),
        ("export", "focus", "done"),
        ("backup", "all.backup", "begun"),
        ("restore", "all.backup", "done"),
    ]
    assert all(entry["who"] for entry in entries)


def test_exports_are_audited_where_people_are_hidden(hve: Hve, hidden: str) -> None:
    assert hve("export", "duckdb", "--out", "all.duckdb", *NOW).code == 0
    assert hve("trace", "--recipient", PERSON, "--out", "found.csv", *NOW).code == 0
    assert hidden in Path("found.csv").read_text(encoding="utf-8")
    targets = [
        entry["target"]
        for entry in hve("audit", "--json").json["entries"]
        if entry["what"] == "export"
    ]
    assert len(targets) == 2
    assert any(hidden in target for target in targets)


def test_other_clients_see_what_protects_the_store(hve: Hve, hidden: str) -> None:
    with duckdb.connect("data/local/hve.duckdb", read_only=True) as connection:
        assert connection.execute("select mode, subjects from state.protection").fetchall() == [
            ("pseudonymous", "hash")
        ]


ALIKE = """\
id,sender,recipient,received_at,status,subject,message_id
t1,nada@contoso.com,ada@contoso.com,2026-11-23T07:00:00Z,delivered,Yours,<m1@contoso.com>
t1,nada@contoso.com,canada@contoso.com,2026-11-23T07:00:00Z,delivered,ada@contoso.com and you,<m1@contoso.com>
t2,nada@contoso.com,ada@contoso.com.au,2026-11-22T07:00:00Z,failed,canada@contoso.com,<m2@contoso.com>
t3,nada@contoso.com,x.ada@contoso.com,2026-11-22T07:00:00Z,failed,Notice,<17.ada@contoso.com>
t4,nada@contoso.com,bounces+ada=contoso.com@list.example,2026-11-22T07:00:00Z,failed,https://x/?u=ada%40contoso.com,<m4@contoso.com>
t5,hr@contoso.com,ada@contoso.com-x,2026-11-22T07:00:00Z,delivered,ada@contoso.com.au,<m5@contoso.com>
"""  # noqa: E501 - lines of a file
ALIKE_STAYS = [
    ("nada@contoso.com", "ada@contoso.com.au", "canada@contoso.com", "<m2@contoso.com>"),
    ("nada@contoso.com", "x.ada@contoso.com", "Notice", "<17.ada@contoso.com>"),
    ("hr@contoso.com", "ada@contoso.com-x", "ada@contoso.com.au", "<m5@contoso.com>"),
]


def shown_rows(hve: Hve) -> list[tuple[str, ...]]:
    rows = hve("trace", "--json", *NOW).json["rows"]
    return [tuple(row[name] for name in ("sender", "recipient", "subject", "message_id"))
            for row in sorted(rows, key=lambda row: (row["id"], row["recipient"]))]  # fmt: skip


@pytest.fixture
def alike(hve: Hve, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> str:
    """A full store with people and accounts whose addresses hold ada@contoso.com."""

    def make() -> str:
        configure(Path(), "full")
        Path("alike.csv").write_text(ALIKE, encoding="utf-8")
        assert hve("import", "alike.csv", *NOW).code == 0
        return "ada@contoso.com"

    return prepared.enter("alike", monkeypatch, make)


def test_whoever_looks_alike_stays_byte_for_byte(hve: Hve, alike: str) -> None:
    before, count = usage(hve), usage_by_account(hve)
    planned = hve("erase", alike, "--dry-run", "--json", *NOW).json
    (plan,) = planned["erased"]
    assert (planned["dry_run"], plan["person"], plan["old_files_removed"]) == (True, None, 0)
    assert hve("audit", "--json").json["entries"] == []
    assert len(shown_rows(hve)) == 6
    (proof,) = hve("erase", alike, "--json", *NOW).json["erased"]
    subjects = [part for part in proof["removed"] if part["table"] != "marts.first_subjects"]
    assert subjects == plan["removed"]
    assert (proof["remaining_rows"], proof["other_values"]) == (0, 0)
    rows = shown_rows(hve)
    assert [row for row in rows if row in ALIKE_STAYS] == ALIKE_STAYS
    assert [row[2] for row in rows if row[1] == "canada@contoso.com"] == ["(erased) and you"]
    kept = {(form["form"], form["table"]): form["rows"] for form in proof["forms_kept"]}
    assert kept["address", "facts.message_traces"] == 1, "a mailbox that names her"
    assert kept["message_id", "facts.message_traces"] == 1
    assert [row[2] for row in rows if "list.example" in row[1]] == ["https://x/?u=(erased)"]
    assert (usage(hve), usage_by_account(hve)) == (before, count)
    again = hve("import", "alike.csv", "--json", *NOW).json
    assert (again["rows_new"], again["rows_changed"]) == (0, 0)
    assert shown_rows(hve) == rows


def usage_by_account(hve: Hve) -> Any:
    return hve("usage", "--by", "account", "--json", *NOW).json["rows"]


@pytest.mark.parametrize(
    "text",
    ["@", "@contoso.com", "ada@", "a b@c", "", " ", "*@contoso.com", "ada*@contoso.com",
     "ada@contoso.*", "?da@contoso.com", "%@contoso.com", "ada@contoso.com, ben@contoso.com",
     "ada@contoso.com ben", "ada@.com", "ada@contoso..com", "a@b@c"],
)  # fmt: skip
def test_what_is_no_whole_address_is_refused(hve: Hve, alike: str, text: str) -> None:
    assert "is no address" in told(hve("erase", text, *NOW))
    assert len(holders("canada@contoso.com")) > 0


def test_an_account_is_erased_when_it_is_meant_and_keeps_its_numbers(hve: Hve, alike: str) -> None:
    nada = "nada@contoso.com"
    line = told(hve("erase", nada, *NOW))
    assert "is a sending account (tenant 'local')" in line
    assert "--account" in line
    assert "is a sending account" in told(hve("erase", nada, "--dry-run", *NOW))
    before = usage_by_account(hve)
    (proof,) = hve("erase", nada, "--account", "--json", *NOW).json["erased"]
    assert proof["remaining_rows"] == 0
    assert not [
        file for file, text in texts_of(Path("data/local")) if re.search(rf"\b{nada}", text)
    ]
    after = usage_by_account(hve)
    names = {row["account"] for row in after}
    assert len(names) == 2
    (hidden_name,) = names - {"hr@contoso.com"}
    assert hidden_name.startswith("erased:")
    named = [row | {"account": nada} if row["account"] == hidden_name else row for row in after]
    assert sorted(named, key=str) == sorted(before, key=str)
    assert hve("import", "alike.csv", "--json", *NOW).json["rows_changed"] == 0
    assert hve("erase", nada, *NOW).code == 0, "nobody sends under that name any more"


@pytest.mark.parametrize(
    ("option", "text", "kept"),
    [
        ("--sender", "zqmarksender@contoso.com", "sender=(hidden)"),
        ("--sender", "zqmarkpart", "sender=(hidden)"),
        ("--sender", "hr@contoso.com", "sender=hr@contoso.com"),
        ("--status", "zqmarkstatus", "status=(hidden)"),
        ("--status", "filtered as spam", "status=filtered as spam"),
        ("--from-ip", "203.0.113.0/24", "from_ip=203.0.113.0/24"),
        ("--id", "zqmarkid", "id=(hidden)"),
        ("--recipient", "zqmarkperson@fabrikam.com", "recipient=p-"),
    ],
)
def test_the_audit_log_holds_no_words_of_a_search(
    hve: Hve, hidden: str, option: str, text: str, kept: str
) -> None:
    assert hve("trace", option, text, *NOW).code in (0, 2)
    (entry, *_) = hve("audit", "--json").json["entries"]
    assert kept in entry["target"]
    assert "zqmark" not in entry["target"]
    assert holders("zqmark") == []


SHIFTED = """\
id,sender,recipient,received_at,status,subject,message_id,from_ip,to_ip
t1,hr@contoso.com,zqmarka@fabrikam.com,2026-11-23T07:00:00Z,zqmarkb zqmarkc@fabrikam.com,zqmarkd,<zqmarke@x>,zqmarkf@fabrikam.com,fe80::1%zqmarkg
t2,hr@contoso.com,bounces+zqmarkh=fabrikam.com@list.example,2026-11-23T07:00:00Z,zqmarki,zqmarkj,<zqmarkk@x>,192.0.2.7:25,192.0.2.8
t3,hr@contoso.com,zqmarkl@fabrikam.com,nonsense zqmarkm@fabrikam.com,delivered,zqmarkn,<zqmarko@x>,192.0.2.7,192.0.2.8
"""  # noqa: E501 - lines of a file


@pytest.mark.parametrize("mode_name", ["pseudonymous", "aggregate"])
def test_no_word_of_a_shifted_column_is_stored_or_printed(
    hve: Hve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode_name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    configure(Path(), mode_name)
    Path("rows.csv").write_text(SHIFTED, encoding="utf-8")
    printed = [hve("import", "rows.csv", *NOW), hve("import", "rows.csv", "--json", *NOW)]
    printed += [hve(*words, *NOW) for words in PRINTING]
    assert not [ended for ended in printed if "zqmark" in ended.out + ended.err]
    hve("export", "csv", "--out", "data/local/csv", *NOW)
    hve("export", "openmetrics", "--out", "data/local/metrics.prom", *NOW)
    assert holders("zqmark") == []
    rows = hve("trace", "--json", *NOW).json["rows"]
    assert {row["status"] for row in rows} == {"(word)"}
    assert {(row["from_ip"], row["to_ip"]) for row in rows} == {
        (None, None), ("192.0.2.7:25", "192.0.2.8")}  # fmt: skip


PRINTING = (
    *(("trace",), ("trace", "--json"), ("incidents",), ("usage",), ("audit",), ("doctor",)),
    *(("readiness",), ("tenants",), ("verify",), ("plan", "list")),
)


def test_a_note_tells_no_pseudonym(hve: Hve, hidden: str) -> None:
    window = ("--start", "2026-11-25T08:00:00Z", "--end", "2026-11-25T09:00:00Z")
    note = f"for {PERSON}, {OTHER} and hr@contoso.com"
    added = hve("plan", "add", "--all", *window, "--recipients", "5", "--note", note, *NOW)
    assert added.code == 0, added.err
    (plan,) = hve("plan", "list", "--json", *NOW).json["plans"]
    assert plan["note"] == "for (address), (address) and hr@contoso.com"


def test_a_backup_that_is_not_there_stops_an_erasure_before_it_begins(hve: Hve, alike: str) -> None:
    rows = shown_rows(hve)
    assert "gone.tar: is no store" in told(hve("erase", alike, "--backup", "gone.tar", *NOW))
    assert shown_rows(hve) == rows


def test_a_copy_that_names_the_tables_of_the_store_is_refused_before_anything(
    tmp_path: Path,
) -> None:
    place = Warehouse(path=tmp_path / "store", tables=str(tmp_path / "big"))
    config = Config(warehouse=place)
    with store_of(config):
        pass
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    with pytest.raises(ConfigError, match="copy: has no tables of its own"):
        privacy.erase(config, PERSON, "asked", "me", AT, (tmp_path / "copy",))


def test_notes_logs_and_copies_lose_the_person_and_nobody_else(hve: Hve, alike: str) -> None:
    window = ("--start", "2026-11-25T08:00:00Z", "--end", "2026-11-25T09:00:00Z")
    note = "ada@contoso.com for canada@contoso.com"
    plan = ("plan", "add", "--account", "nada@contoso.com", *window, "--recipients", "5")
    assert hve(*plan, "--note", note, *NOW).code == 0
    assert hve("backup", "--out", "store.tar", *NOW).code == 0
    done = hve("erase", alike, "--backup", "store.tar", "--json", *NOW)
    assert done.code == 0, done.err
    first, second = done.json["erased"]
    assert [proof["remaining_rows"] for proof in (first, second)] == [0, 0]
    assert {part["table"]: part["rows_kept_without"] for part in first["removed"]}[
        "state.plans"] == 1  # fmt: skip
    (left,) = hve("plan", "list", "--json", *NOW).json["plans"]
    assert left["note"] == "(erased) for canada@contoso.com"
    assert left["accounts"] == ["nada@contoso.com"]
    assert hve("verify", *NOW).code == 0
    shutil.rmtree("data/local")
    assert hve("restore", "store.tar", *NOW).code == 0
    assert not [file for file, text in texts_of(Path("data/local"))
                if re.search(r"(?<![\w.])ada@contoso\.com(?![\w.-])", text)]  # fmt: skip
