"""The catalogue itself: complete rows, honest sources, and every row can be reached."""

from __future__ import annotations

import csv
from datetime import date

from hve_monitor.files import REFERENCE
from models.explain.catalogue import GAP, CatalogueEntry, read_catalogue
from models.explain.diagnosis import diagnose

FILE = REFERENCE / "error_catalogue.csv"
with FILE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
KINDS = {"smtp", "trace", "billing", "sign-in", "graph", "exchange", "azure", "client", "hve"}
NAMED = (
    "535 5.7.139", "535 5.7.3", "530 5.7.57", "535 5.7.142", "535 5.7.143", "535 5.7.144",
    "550 5.7.240", "501 5.5.121", "501 5.5.124", "501 5.5.126", "504 5.7.4", "550 5.5.105",
    "550 5.7.30", "500 5.3.3", "432 4.3.2", "550 5.2.251", "550 5.2.254", "550 5.7.233",
    "550 5.1.8", "550 5.1.90", "550 5.2.121", "451 4.7.500", "451 4.7.699", "550 5.7.705",
    "550 5.7.708", "550 5.1.10", "550 5.7.171", "554 5.2.2",
    "AADSTS53003", "AADSTS530035", "AADSTS50126", "AADSTS50053", "AADSTS50057", "AADSTS50076",
    "AADSTS50079", "AADSTS7000215", "AADSTS7000222", "AADSTS700027", "AADSTS700016",
    "BillingPolicyValid", "NoProperBillingPolicyStored", "BillingPolicyNotFound",
    "BillingPolicyMismatched", "NoConnectedBillingPolicyFound", "SubscriptionIsNotActive",
    "NoSPOLicenseFound",
    "550 5.7.60", "450 4.4.8", "450 4.7.5", "450 4.7.26", "550 5.3.190", "550 5.4.8", "550 5.5.0",
    "550 5.7.5", "550 5.7.13", "550 5.7.25", "550 5.7.506", "550 5.7.508", "550 5.7.510",
    "550 5.7.513", "550 5.7.750", "550 5.7.800", "550 5.1.20", "550 5.7.193", "550 5.7.367",
    "550 5.7.520", "550 5.5.3", "550 5.2.3", "550 5.7.129", "430 4.2.0", "421 4.7.66",
    "AADSTS700024", "AADSTS7000229", "AADSTS700211", "AADSTS700212", "AADSTS700213",
    "AADSTS7002131", "AADSTS70021", "AADSTS900382", "AADSTS900432", "AADSTS90038",
    "AADSTS500014", "AADSTS50128", "AADSTS50059",
    "AccountCostDisabled", "BillingAccessDenied", "DepartmentCostDisabled", "DisallowedOperation",
    "FailedDependency", "GatewayTimeout", "IndirectCostDisabled",
    "InvalidAuthenticationTokenTenant", "InvalidGatewayHost", "InvalidView", "MissingSubscription",
    "NotFound", "ReadOnlyDisabledSubscription", "ResourceGroupNotFound",
    "ResourceRequestsThrottled", "ServerTimeout", "SubscriptionTypeNotSupported", "Unauthorized",
    "BadRequest",
)  # fmt: skip


def named(row: dict[str, str]) -> str:
    """How a failure names a row."""
    return f"{row['code']} {row['pattern']}"


def is_complete(row: dict[str, str]) -> bool:
    """It says what, why, how, for whom and whence."""
    return (
        all(row[name] for name in row if name != "pattern")
        and row["kind"] in {*KINDS, "class"}
        and set(row["audience"].split()) <= {"mail", "security", "finops", "admin"}
        and row["source_url"].startswith("https://")
        and date.fromisoformat(row["effective_from"]) <= date.fromisoformat(row["retrieved_on"])
    )


def test_every_row_says_what_why_how_for_whom_and_whence() -> None:
    assert len(ROWS) > 200
    assert [named(row) for row in ROWS if not is_complete(row)] == []


def is_honest(row: dict[str, str]) -> bool:
    """It says what Microsoft did not confirm, and why it stands there all the same."""
    is_unverified = row["source"].startswith("unverified: ")
    return row["verified"] == ("false" if is_unverified else "true") and bool(
        row["source"].removeprefix("unverified: ")
    )


def test_what_nobody_at_microsoft_confirmed_says_so_with_the_reason() -> None:
    assert [named(row) for row in ROWS if not is_honest(row)] == []


def test_no_two_rows_are_told_apart_by_nothing() -> None:
    keys = [(row["code"], row["pattern"]) for row in ROWS]
    assert len(set(keys)) == len(keys)


def test_every_kind_of_error_is_there() -> None:
    assert {entry.kind for entry in read_catalogue().entries} == {*KINDS, "class"}


def has_own_entry(code: str) -> bool:
    best = diagnose(code)[0]
    return best.matched in ("code", "text") and best.code == code


def test_every_code_of_the_research_leads_to_an_entry_of_its_own() -> None:
    assert [code for code in NAMED if not has_own_entry(code)] == []


def is_reached(entry: CatalogueEntry, words: tuple[str, ...]) -> bool:
    text = "prefix " + " something ".join(words) + " suffix"
    return GAP.strip() not in text and entry in [match.entry for match in diagnose(text)]


def test_every_wording_leads_to_its_row() -> None:
    wordings = [(entry, words) for entry in read_catalogue().entries for words in entry.words]
    assert len(wordings) > 200
    assert [(entry.code, words) for entry, words in wordings if not is_reached(entry, words)] == []


def test_no_row_names_a_machine_or_a_registry() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert not [word for word in ("/tmp", "/work", "pypi", "@gmail") if word in text]  # noqa: S108
