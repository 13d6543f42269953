"""One address, whichever way it is written; several in one value are so many."""

from __future__ import annotations

import pytest

from hve_monitor.addresses import address_of, addresses_in, one_address, whole_address
from tests.unit.growth import TOO_MUCH, growth

ANA, BO = "ana@contoso.com", "bo@contoso.com"
ONE = (
    ANA,
    f" {ANA}\u00a0",
    f"\u200b{ANA}\ufeff",
    f"<{ANA}>",
    f"<{ANA}",
    f"{ANA}.",
    f"'{ANA}'",
    f"'{ANA}",
    f'"{ANA}"',
    f"SMTP:{ANA}",
    f"smtp:{ANA}",
    f"mailto:{ANA}?subject=to%20bo@contoso.com",
    f"Ana Doe <{ANA}>",
    f"Doe, Ana <{ANA}>",
    f'"Doe; Ana (bo@contoso.com)" <{ANA}>',
    f"'{ANA}' <{ANA}>",
    f"Ana Doe [mailto:{ANA}]",
    f"{ANA}; {ANA.upper()}",
    f'[{{"name": "Doe, Ana", "address": "{ANA}"}}]',
    f"@{{Name=Ana; Address={ANA}}}",
)
BOTH = (
    f"{ANA};{BO}",
    f"{ANA}; {BO};",
    f"{ANA}, {BO}",
    f"{ANA} {BO}",
    f"{ANA}|{BO}",
    f"{ANA}\r\n{BO}",
    f"{{{ANA}, {BO}}}",
    f'["{ANA}", "{BO}"]',
    f"['{ANA}' '{BO}']",
    f'"Doe, Ana" <{ANA}>, Bo <{BO}>',
    f'"{ANA}; {BO}"',
    f"All of us: {ANA}, {BO};",
)
KEPT = (
    "o'brien+x@contoso.com",
    '"john doe"@contoso.com',
    '"doe, ana;x"@contoso.com',
    "a|b@contoso.com",
    "prvs=1234=ana@contoso.com",
    "ana@müller.example",
    "ana@[192.0.2.7]",
    "/o=ExchangeLabs/ou=First Group/cn=Recipients/cn=ana",
    "Undisclosed recipients:;",
    "System.String[]",
    "ana",
)
NOTHING = ("", " ", "<>", "NULL", "null", "None", "nan", "N/A", "-", "[]", "{}", "$null", r"\N")


@pytest.mark.parametrize("text", ONE)
def test_one_address_in_every_form(text: str) -> None:
    assert addresses_in(text) == [ANA]
    assert address_of(text) == ANA


@pytest.mark.parametrize("text", BOTH)
def test_several_addresses_in_one_value(text: str) -> None:
    assert addresses_in(text) == [ANA, BO]


@pytest.mark.parametrize("text", KEPT)
def test_what_is_in_its_usual_form_already_stays(text: str) -> None:
    assert addresses_in(text) == [text]


@pytest.mark.parametrize("text", NOTHING)
def test_ways_to_say_that_there_is_none(text: str) -> None:
    assert addresses_in(text) == []


@pytest.mark.parametrize("text", ["<>", " <> ", '"<>"'])
def test_the_empty_sender_is_known_and_no_address(text: str) -> None:
    assert address_of(text) == "<>"
    assert address_of("NULL") == ""


@pytest.mark.parametrize(
    "text", [ANA, ANA.upper(), f"<{ANA}>", f"Ana <{ANA}>", f"SMTP:{ANA}", f"'{ANA}.'", f" {ANA} "]
)
def test_an_address_that_a_person_gives(text: str) -> None:
    assert one_address(text) == ANA


@pytest.mark.parametrize(
    "text",
    ["", "ana", "@contoso.com", f"{ANA}; {BO}", f"a {ANA}", f"a;{ANA}", f"{ANA}\r\nBcc: b@x"],
)
def test_what_is_not_one_address_and_nothing_else(text: str) -> None:
    assert one_address(text) is None


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, f"{ANA} {'a' * 200_000}", f"{ANA} " * 9000, '"' * 9000 + ANA, "<" * 9000 + ANA],
)
def test_a_long_value_costs_no_more_than_its_length(text: str) -> None:
    assert addresses_in(text) in ([ANA], [text])


@pytest.mark.parametrize(
    "unit",
    ["a", "@", "a@", '"', '\\"', '"a', "<", "<a", "a<", ";", "; a=", "@{", "'", "a b <", "é"],
)
def test_signs_over_and_over_cost_no_more_than_their_length(unit: str) -> None:
    for start in ("", "x@y ", '"'):
        assert growth(addresses_in, unit, start, "@x") < TOO_MUCH


def test_a_whole_address_is_no_part_no_pattern_and_no_list() -> None:
    for text in (
        "Ada <ADA@contoso.com>",
        "smtp:ada@contoso.com.",
        "ada＠contoso.com",
        "'ada@contoso.com'",
    ):
        assert whole_address(text) == "ada@contoso.com"
    assert whole_address('"ada lang"@contoso.com') == '"ada lang"@contoso.com'
    for text in (
        "@contoso.com",
        "ada@",
        "a*@contoso.com",
        "ada@contoso..com",
        "a@x.y b@x.y",
        "null",
    ):
        assert whole_address(text) is None
