"""Texts of servers and people: nobody is named in any form, the rest stays, and nothing is slow."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.growth import TOO_MUCH, growth
from warehouse.protection.person import Person, candidates
from warehouse.protection.words import HIDDEN, without_people

OWN = "hr@contoso.com"


def shown(address: str) -> str:
    return address if address.lower() == OWN else "(shown)"


FORMS = {
    "550 5.1.1 <ada.lang@fabrikam.com>: no such user": "550 5.1.1 <(shown)>: no such user",
    "to=ada.lang@fabrikam.com, from=hr@contoso.com.": "to=(shown), from=hr@contoso.com.",
    "bounces+ada.lang=fabrikam.com@list.example": HIDDEN,
    "ada.lang=fabrikam.com@list.example": HIDDEN,
    "SRS0=ab=cd=fabrikam.com=ada.lang@list.example": HIDDEN,
    "prvs=12ab=ada.lang@fabrikam.com": f"prvs={HIDDEN}",
    "see https://x.example/u?m=ada.lang%40fabrikam.com&n=1": (
        f"see https://x.example/u?{HIDDEN}&n=1"
    ),
    "%3Cada.lang%2540fabrikam.com%3E": HIDDEN,
    '"ada lang"@fabrikam.com was refused': f"{HIDDEN} was refused",
    "ada.lang＠fabrikam.com": "(shown)",
    "ａｄａ．ｌａｎｇ＠fabrikam.com": "(shown)",
    "ada\u200b.lang@fabri\u00adkam.com": "(shown)",
    "ada.lang&#64;fabrikam.com": HIDDEN,
    '"Ada Lang" <ada.lang@fabrikam.com>': f"{HIDDEN} <(shown)>",
    "Ada Lang <ada.lang@fabrikam.com> asked": f"{HIDDEN} <(shown)> asked",
    "for Lang, Ada <ada.lang@fabrikam.com>": f"for {HIDDEN} <(shown)>",
    "User Unknown <ada.lang@fabrikam.com>": "User Unknown <(shown)>",
    "/o=ExchangeLabs/ou=Exchange Group (X)/cn=Recipients/cn=0a-ada.lang was not found": (
        f"{HIDDEN} was not found"
    ),
    "CN=Ada Lang,OU=Users,DC=fabrikam,DC=com is disabled": f"{HIDDEN} is disabled",
    "c=US;a= ;p=Contoso;o=Exchange;s=Lang;g=Ada;": HIDDEN,
    "rate is 4@8 per=second": "rate is (shown) per=second",
    "Payroll for 40% of staff; a=b": "Payroll for 40% of staff; a=b",
    "Größe <unbekannt> – nichts": "Größe <unbekannt> – nichts",
}


@pytest.mark.parametrize(("text", "left"), FORMS.items())
def test_no_form_of_a_person_stays(text: str, left: str) -> None:
    assert without_people(text, shown) == left
    nested = {"a": [text, {"b": json.dumps({"c": f"x\n{text}"})}], "n": 1.50}
    document = without_people(json.dumps(nested), shown)
    assert not re.search(r"(?i)ada.{0,5}lang|fabrikam", document)
    assert json.loads(document)["n"] == 1.5
    assert json.loads(json.loads(document)["a"][1]["b"])["c"].startswith("x\n")


HOSTILE = (
    *("a", "a.", "=a", "a=", "@", "a@", "%40", "%", "&#64;", "\\", '"', '"a', '"a"@', "<", "<a@"),
    *("A ", "Aa <", "A,", "/o=", "/o=a/cn=b", "/cn=b", "cn=a,", "cn=a,c=", "ou=", "c=US;", "a=;"),
    *("[", "{", '{"', " ", "ａ＠", "\u200b", "(", "é", "to=a@b ", "to=", "id=", "columns: "),
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_long_text_costs_no_more_than_its_length(unit: str) -> None:
    for start, end in (("x@y ", ""), ('"', "@")):
        assert growth(lambda text: without_people(text, shown), unit, start, end) < TOO_MUCH
        assert growth(Person("a@b.c").without, unit, start, end) < TOO_MUCH
        assert growth(candidates, unit, start, end) < TOO_MUCH
