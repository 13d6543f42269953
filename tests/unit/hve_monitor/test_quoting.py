"""Whatever a sender wrote stays inside the quotes of each language."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hve_monitor.quoting import kusto, powershell, powershell_list, search_phrase

HOSTILE = (
    "O'Brien",
    'say "hi"',
    "ends with a backslash\\",
    '" | union SecretTable //',
    "'; Remove-Item C:\\ -Recurse; '",
    "\u2018; Stop-Process 1; \u2019",
    "$(whoami) `n $env:PATH",
    "line\nbreak\rand\ttab",
    "escape \x1b[201~ sequence",
    "right \u202eto left \u2028 new line",
)
PIECE = re.compile(r"'((?:[^'‘’‚‛]|['‘’‚‛]{2})*)'|\[char\]::ConvertFromUtf32\(0x([0-9a-f]+)\)")
SHORT = {"n": "\n", "r": "\r", "t": "\t"}
POWERSHELL_QUOTES = "'\u2018\u2019\u201a\u201b"


def kusto_value(literal: str) -> str:
    """What Kusto reads: the text between the quotes, its escapes resolved."""
    assert re.fullmatch(r'"(?:[^"\\\n\r]|\\.)*"', literal), "one literal, on one line"

    def resolved(escape: re.Match[str]) -> str:
        number = escape[1] or escape[2]
        return chr(int(number, 16)) if number else SHORT.get(escape[3], escape[3])

    escapes = r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(.))"
    return re.sub(escapes, resolved, literal[1:-1])


def powershell_value(expression: str) -> str:
    """What PowerShell reads: single quoted pieces and numbers of signs, joined."""
    inner = expression[1:-1] if expression.startswith("(") else expression
    assert re.fullmatch(rf"(?:{PIECE.pattern})(?: \+ (?:{PIECE.pattern}))*", inner)
    value = ""
    for text, number in PIECE.findall(inner):
        value += (
            chr(int(number, 16)) if number else re.sub(f"([{POWERSHELL_QUOTES}])\\1", r"\1", text)
        )
    return value


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_values(text: str) -> None:
    assert kusto_value(kusto(text)) == text
    assert powershell_value(powershell(text)) == text
    assert powershell(text).isprintable()
    assert kusto(text).isprintable()


@pytest.mark.property
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_the_value_that_it_was(text: str) -> None:
    assert kusto_value(kusto(text)) == text
    assert powershell_value(powershell(text)) == text


def test_a_plain_address_is_written_as_everybody_writes_it() -> None:
    assert kusto("hr@contoso.com") == '"hr@contoso.com"'
    assert powershell("hr@contoso.com") == "'hr@contoso.com'"
    assert powershell_list(["a@contoso.com", "b@contoso.com"]) == "'a@contoso.com','b@contoso.com'"


def test_a_phrase_of_a_search_has_no_quote_of_its_own() -> None:
    assert search_phrase('Your "invoice" (1*) \u201cnow\u201d\n') == '"Your invoice 1 now"'
