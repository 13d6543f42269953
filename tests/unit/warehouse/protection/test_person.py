"""Who is named by a text, and who only looks alike."""

from __future__ import annotations

import json
import unicodedata

import duckdb
import pytest

from warehouse.protection.person import Person, candidates

ADA = Person("ada@contoso.com")
OTHERS = (
    *("canada@contoso.com", "nada@contoso.com", "x.ada@contoso.com", "x-ada@contoso.com"),
    *("x_ada@contoso.com", "x+ada@contoso.com", "o'ada@contoso.com", "éada@contoso.com"),
    *("1ada@contoso.com", "x&ada@contoso.com", "x%ada@contoso.com", "x#ada@contoso.com"),
    *("ada@contoso.com.au", "ada@contoso.com-x", "ada@contoso.com-x.org", "ada@contoso.community"),
    *("ada@contoso.com_x", "ada@contoso.co", "ada@contosoxcom", "ada@x.contoso.com"),
    *("ada@contoso.comé", "ada+news@contoso.com", "ada.x@contoso.com", "ada"),
    *("@contoso.com", "ada@", "canada=contoso.com@list.example", "ada=contoso.com.au@list.example"),
    *("SRS0=ab=cd=example.org=ada@contoso.com", "SRS0=ab=cd=contoso.com=canada@list.example"),
    *("x%2eada@contoso.com", "canada%40contoso.com", "ada%40contoso.com%2eau"),
)
FORMS = {
    "ada@contoso.com": "(erased)",
    "ADA@Contoso.COM.": "(erased).",
    "<ada@contoso.com>": "<(erased)>",
    "Ada Lang <ada@contoso.com>": "Ada Lang <(erased)>",
    "'ada@contoso.com'": "'(erased)'",
    "to=ada@contoso.com,": "to=(erased),",
    "smtp:ada@contoso.com": "smtp:(erased)",
    "mailto:ada%40contoso.com?x": "mailto:(erased)?x",
    "%3Cada%40contoso.com%3E": "%3C(erased)%3E",
    "u=ada%2540contoso.com&b": "u=(erased)&b",
    '"ada"@contoso.com': "(erased)",
    "ada＠contoso.com": "(erased)",
    "ａｄａ＠ｃｏｎｔｏｓｏ．ｃｏｍ": "(erased)",
    "a\u200bda@con\u00adtoso.com!": "(erased)!",
    "ａｄａ@contoso.com": "(erased)",
    "ada@ｃontoso.com": "(erased)",
    "𝐚𝐝𝐚@contoso.com": "(erased)",
    "ⓐda@contoso．com": "(erased)",
    "bounces+ａda=contoso.com@list.example": "bounces+(erased)@list.example",
    r'{"to": "\uff41da@contoso.com"}': r'{"to": "(erased)"}',
    "bounces+ada=contoso.com@list.example": "bounces+(erased)@list.example",
    "<ada=contoso.com@list.example>": "<(erased)@list.example>",
    "SRS0=ab=cd=contoso.com=ada@list.example": "SRS0=ab=cd=(erased)@list.example",
    "prvs=12ab=ada@contoso.com": "prvs=12ab=(erased)",
    "ada_contoso.com#EXT#@fabrikam.com": "(erased)@fabrikam.com",
    "ada&#64;contoso.com": "(erased)",
    "ada@contoso.com canada@contoso.com ada@contoso.com": "(erased) canada@contoso.com (erased)",
    "Größe für ada@contoso.com …": "Größe für (erased) …",
    r'{"to": "x\nada@contoso.com", "n": 1.50}': r'{"to": "x\n(erased)", "n": 1.50}',
    r'{"a": "{\"b\": \"\\nada\\u0040contoso.com\"}"}': r'{"a": "{\"b\": \"\\n(erased)\"}"}',
}  # fmt: skip


@pytest.mark.parametrize("text", OTHERS)
def test_who_looks_alike_stays_byte_for_byte(text: str) -> None:
    for whole in (text, f"to {text}: refused", f"<{text}>", f"'{text}'", json.dumps({"x": text})):
        assert ADA.without(whole) == whole
    assert not ADA.is_named_by(text)


@pytest.mark.parametrize(("text", "left"), FORMS.items())
def test_every_form_that_means_nobody_else_is_the_person(text: str, left: str) -> None:
    assert ADA.without(text) == left
    assert ADA.without(f"to {text} again") == f"to {left} again"
    assert ADA.is_in(text)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("bounce-ada=contoso.com@list.example", ["verp"]),
        ("<a.ada=contoso.com@list.example>", ["verp"]),
        ("ada+news@contoso.com", ["subaddress"]),
        ("ada (at) contoso.com", ["spelled"]),
        ("ada at contoso.com", ["spelled"]),
        ("ada@contoso[.]com", ["respelled"]),
        ("ada&#64;contoso&#46;com", ["respelled"]),
        ("ada [at] contoso [dot] com", ["respelled"]),
        ("ada@contoso[.]com.au", []),
        ("canada@contoso[.]com", []),
        ("x.ada@contoso.com", []),
        ("canada at contoso.com", []),
        ("ada@contoso.com", []),
    ],
)
def test_a_form_that_may_mean_somebody_else_is_named(text: str, forms: list[str]) -> None:
    assert ADA.doubtful_forms(text) == forms
    assert forms == [] or not ADA.is_in(text)


@pytest.mark.parametrize("value", ["jörg@bücher.example", "가나@contoso.com", "ガ@contoso.com"])
def test_letters_and_their_accents_are_one_however_they_are_stored(value: str) -> None:
    person, apart = Person(value), unicodedata.normalize("NFD", value)
    for text in (value, value.upper(), apart, apart.upper(), f"Jo <{apart}>"):
        assert person.is_named_by(text)
        assert Person(apart).is_named_by(text)
        assert person.is_in(text)
        assert Person(apart).without(f"für {text}, ä") == f"für {text}, ä".replace(
            text.removeprefix("Jo <").removesuffix(">"), "(erased)"
        )
    for other in (f"x{apart}", f"{apart}\u0301", value.replace("ö", "o").replace("가", "나") + "x"):
        assert not person.is_named_by(other)
        assert person.without(other) == other


def test_a_domain_beyond_ascii_may_be_written_as_dns_has_it() -> None:
    assert Person("ada@bücher.example").doubtful_forms("ada@xn--bcher-kva.example") == ["respelled"]
    assert Person("ada@xn--bcher-kva.example").doubtful_forms("ada@bücher.example") == ["respelled"]
    assert Person("ada@bücher.example").doubtful_forms("canada@xn--bcher-kva.example") == []


def test_a_message_id_may_hold_the_person_after_a_joining_sign() -> None:
    assert ADA.doubtful_forms("<17.ada@contoso.com>", is_message_id=True) == ["message_id"]
    assert ADA.doubtful_forms("<canada@contoso.com>", is_message_id=True) == []


def test_an_address_with_unusual_signs_is_matched_as_it_is() -> None:
    quoted = Person('"ada lang"@contoso.com')
    assert quoted.without('to "Ada Lang"@contoso.com.') == "to (erased)."
    assert quoted.without("ada lang@contoso.com") == "ada lang@contoso.com"
    plus = Person("ada.l+x@contoso.com")
    assert plus.without("ada.l%2Bx%40contoso.com adaxl+x@contoso.com") == (
        "(erased) adaxl+x@contoso.com"
    )
    hidden = Person(f"p-{'0' * 32}@contoso.com")
    assert hidden.without(f"to p-{'0' * 32}@contoso.com.") == "to (erased)."


def test_a_column_names_a_person_by_the_whole_value() -> None:
    for value in ("ada@contoso.com", "Ada Lang <ADA@contoso.com>", "smtp:ada@contoso.com"):
        assert ADA.is_named_by(value)
    for value in (
        "ａｄａ@contoso.com",
        "ada@ｃontoso.com",
        "𝐚𝐝𝐚@contoso.com",
        "Ada <ada＠contoso.com>",
    ):
        assert ADA.is_named_by(value)
    for value in ("àda@contoso.com", "ada@cöntoso.com", "ｘada@contoso.com", "ａ@contoso.com"):
        assert not ADA.is_named_by(value)
    for value in ("bounces+ada=contoso.com@list.example", "ada@contoso.com, ben@contoso.com", ""):
        assert not ADA.is_named_by(value)


def test_the_engine_is_asked_for_all_that_may_name_the_person() -> None:
    doubtful = ("bounce-ada=contoso.com@x", "ada+news@contoso.com", "ada (at) contoso.com",
                "ada@contoso[.]com", "ada&#64;contoso&#46;com")  # fmt: skip

    def is_likely(text: str) -> bool:
        sql = "select regexp_matches($text, $pattern, 'i')"
        (row,) = duckdb.execute(sql, {"text": text, "pattern": ADA.likely}).fetchall()
        return bool(row[0])

    assert [text for text in (*FORMS, *doubtful) if not is_likely(text)] == []
    for text in ("canada", "ada is at work", "ben@contoso.com", "ada@fabrikam.com", "für Ada"):
        assert not is_likely(text)


def test_whoever_a_text_names_is_among_its_candidates() -> None:
    for text in FORMS:
        whole = f"see https://x/?u={text}" if "%" in text else f"to {text} again"
        if "#EXT#" not in text and "\\" not in text:
            assert ADA.value in candidates(whole), text
    assert ADA.value not in candidates("canada@contoso.com, ada@contoso.com.au x.ada@contoso.com")
