"""Whatever words a source has, a status is one of Microsoft's, or is not known."""

from __future__ import annotations

import pytest

from ingest.statuses import is_known, status_of

KNOWN = {
    "Delivered": "Delivered",
    "delivered": "Delivered",
    "gettingStatus": "GettingStatus",
    "Getting status": "GettingStatus",
    "Filtered as spam": "FilteredAsSpam",
    "FILTERED_AS_SPAM": "FilteredAsSpam",
    "Unknown": "Unknown",
    "unknownFutureValue": "unknownFutureValue",
    "recalled": "Recalled",
    "Receive, Deliver": "Delivered",
    "Receive,Send,Deliver": "Delivered",
    "Receive Deliver": "Delivered",
    "Receive, Deliver, Quarantined": "Quarantined",
    "Receive, Deliver, FilteredAsSpam": "FilteredAsSpam",
    "Receive, FilteredAsSpam, Deliver": "FilteredAsSpam",
    "Receive, Quarantined, Deliver": "Delivered",
    "Receive, Deliver, Quarantined, Deliver, Quarantined": "Quarantined",
    "Receive, Fail, Deliver": "Delivered",
    "Receive, Deliver, Fail": "Delivered",
    "Receive, Fail": "Failed",
    "Receive, Send": "Pending",
    "Receive, Setroute, Deliver": "Delivered",
    "SENDEXTERNAL": "Delivered",
    "MODERATORREJECT": "Failed",
    "DUPLICATEEXPAND": "Expanded",
    "Zugestellt": "Delivered",
    "In Quarantäne": "Quarantined",
    "In Quarant\N{LATIN SMALL LETTER A}\N{COMBINING DIAERESIS}ne": "Quarantined",
    "ausstehend": "Pending",
    "Échec": "Failed",
    "en cuarentena": "Quarantined",
    "Non riuscito": "Failed",
    "Bezorgd": "Delivered",
    "検疫済み": "Quarantined",
}


@pytest.mark.parametrize("text", KNOWN)
def test_words_labels_events_and_translations(text: str) -> None:
    assert status_of(text) == KNOWN[text]
    assert is_known(KNOWN[text])


@pytest.mark.parametrize("text", ["", " ", "NULL", "None", "n/a", "-", "<>"])
def test_no_status_at_all(text: str) -> None:
    assert status_of(text) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Teleported", "Teleported"),
        ("Re: Payslip 2026 of ana@contoso.com", "aa: aaaaaaa 9999 aa aaa@aaaaaaa.aaa"),
        ("Receive, Deliver, Zapped", "Receive, Deliver, Zapped"),
        ("Ana, Doe", "aaa, aaa"),
        ("In Transit", "aa aaaaaaa"),
        ("x" * 50, "a" * 40),
        ("???", "???"),
    ],
)
def test_a_word_stays_and_any_other_text_is_a_pattern(text: str, shown: str) -> None:
    assert status_of(text) == shown
    assert status_of(shown) == shown
    assert not is_known(shown)
