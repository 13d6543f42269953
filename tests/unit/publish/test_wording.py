"""The text says everything, and data in it steers nothing."""

from __future__ import annotations

from typing import Any

import pytest

from publish.alerts.routing import Route, message
from publish.message import Alert
from publish.wording import body, digest, harmless, heading, plain
from tests.unit.publish.conftest import NOW, candidate


def staged(stage: Any = "opened", **changes: Any) -> Alert:
    return message(Route(candidate(**changes), stage, NOW, is_page=True), NOW)


def test_an_alert_says_what_how_much_since_when_money_why_what_next_and_where() -> None:
    link = "https://hve.contoso.com/?incident=a1b2c3"
    text = body(staged(link=link))
    assert text.splitlines() == [
        "What: surge of hr@contoso.com",
        "How much: 5,200 recipients, 310 were expected",
        "Since: 2026-11-24 09:30 Europe/Berlin (2026-11-24 08:30 UTC), going on",
        "Money: 0.20538 USD more than expected",
        "Why: 5,200 recipients in 1 h",
        "Next 1: Ask the owner",
        f"Link: {link}",
    ]


def test_the_title_names_severity_and_stage() -> None:
    assert heading(staged()) == "[high] surge: hr@contoso.com"
    assert heading(staged("resolved")) == "[high] resolved: surge: hr@contoso.com"


HOSTILE = [
    "a\r\nBcc: everyone@contoso.com",
    "\u202egnp.exe",
    "x\x1b[31m\x00y\u2028z",
    "[click](https://evil.example)",
    "<!channel> <https://evil.example|here> <b onclick=1>",
    "*bold* _it_ `code` ~x~ | # > &amp; \\",
    "@everyone @here <at>all</at> {{app_body}}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_data_stays_one_line_of_visible_signs(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_data_is_no_markup_link_or_mention_anywhere(text: str) -> None:
    hostile = staged(title=text, what=text, why=(text,), next=(text,))
    for shown in (body(hostile, rendered=True), heading(hostile, rendered=True)):
        assert not set("<>[]*`~|#&\\{}") & set(shown)
        assert "http" not in shown
        assert "@everyone" not in shown
        assert "_it_" not in shown


def test_addresses_stay_as_they_are() -> None:
    assert harmless("first_last@contoso.com") == "first_last@contoso.com"


def test_a_digest_lists_the_worst_first_and_says_how_many_are_left_out() -> None:
    entries = [staged(severity="medium"), staged(severity="high")]
    entries += [staged(severity="low")] * 30
    found = digest(entries, "https://hve.contoso.com")
    lines = body(found).splitlines()
    assert heading(found) == "hve-monitor contoso: 32 alerts (1 high, 1 medium, 30 low)"
    assert [line[:8] for line in lines[:3]] == ["[high] s", "[medium]", "[low] su"]
    assert lines[-2:] == ["and 7 more: hve incidents", "Link: https://hve.contoso.com"]
