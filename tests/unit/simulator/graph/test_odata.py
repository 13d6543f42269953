from __future__ import annotations

from simulator.graph.odata import read_bounds, read_equals, read_subject


def test_the_last_value_of_a_property_wins() -> None:
    text = "senderAddress eq 'a@contoso.com' or senderaddress eq 'b@contoso.com' and id eq '1'"
    assert read_equals(text) == {"senderAddress": "b@contoso.com", "id": "1"}


def test_other_operators_have_no_effect() -> None:
    assert read_equals("status ne 'failed' and status in ('pending', 'failed')") == {}
    assert read_equals("startswith(senderAddress, 'a') and contains(recipientAddress, 'b')") == {}


def test_quotes_are_doubled() -> None:
    assert read_equals("senderAddress eq 'o''neil@contoso.com'") == {
        "senderAddress": "o'neil@contoso.com"
    }


def test_text_functions_work_on_the_subject_alone() -> None:
    assert read_subject("contains(subject, 'one') and startsWith(subject,'two')") == (
        "startswith",
        "two",
    )
    assert read_subject("contains(senderAddress, 'one')") is None


def test_bounds_are_the_last_ones() -> None:
    text = "(receivedDateTime ge 2026-11-01T00:00:00Z and receivedDateTime le 2026-11-02)"
    assert read_bounds(text) == {"ge": "2026-11-01T00:00:00Z", "le": "2026-11-02"}
    assert read_bounds("receivedDateTime lt 2026-11-02T00:00:00Z") == {}
