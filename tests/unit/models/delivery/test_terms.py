"""What people type and paste: lists, names, parts, domains, networks."""

from __future__ import annotations

import pytest

from hve_monitor.errors import ConfigError
from models.delivery.terms import (
    Term,
    address_terms,
    holds,
    message_id_terms,
    networks_of,
    status_spellings,
    status_terms,
    trace_id_terms,
)

ADA, BOB = Term("whole", "ada@contoso.com"), Term("whole", "bob@contoso.com")


@pytest.mark.parametrize(
    "text",
    [
        "ada@contoso.com bob@contoso.com",
        "ada@contoso.com,bob@contoso.com",
        "ada@contoso.com; bob@contoso.com;",
        "ada@contoso.com\r\nbob@contoso.com\n",
        "ada@contoso.com\tbob@contoso.com",
        "ada@contoso.com | bob@contoso.com",
        "ada@contoso.com；bob@contoso.com",
        "Ada Lang <ADA@contoso.com>; Bob Wu <bob@contoso.com>",
        "Ada Lang <ada@contoso.com>, Bob Wu <bob@contoso.com>",
        '"Lang, Ada; HR" <ada@contoso.com>, bob@contoso.com',
        "SMTP:ada@contoso.com;smtp:bob@contoso.com",
        "mailto:ada@contoso.com 'bob@contoso.com'.",
        '{"ada@contoso.com","bob@contoso.com"}',
        "ada@contoso.com <ada@contoso.com>; bob@contoso.com",
    ],
)
def test_a_pasted_list_holds_its_addresses(text: str) -> None:
    assert set(address_terms(text)) == {ADA, BOB}


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("gross", Term("part", "gross")),
        ("*gross*", Term("part", "gross")),
        ("oskar.gross@", Term("part", "oskar.gross@")),
        ("contoso.com", Term("part", "contoso.com")),
        ("@contoso", Term("part", "@contoso")),
        ("@Contoso.com", Term("domain", "@contoso.com")),
        ("*@contoso.com", Term("domain", "@contoso.com")),
        ("ada*", Term("pattern", "ada*")),
        ("a*b@contoso.com", Term("pattern", "a*b@contoso.com")),
        ("100%_", Term("part", "100%_")),
        ("o'neil@contoso.com", Term("whole", "o'neil@contoso.com")),
        (f"p-{'0' * 32}", Term("whole", f"p-{'0' * 32}")),
    ],
)
def test_one_term_is_whole_or_a_part(text: str, term: Term) -> None:
    assert address_terms(text) == (term,)


def test_nothing_in_a_text_is_no_term() -> None:
    assert address_terms(" ;, <> ") == ()


def test_ids_are_read_in_any_form() -> None:
    guid = Term("whole", "5c384d42-86c1-98c8-687f-4624daa8f888")
    assert trace_id_terms("{5C384D42-86C1-98C8-687F-4624DAA8F888}") == (guid,)
    assert trace_id_terms("5C384D4286C198C8687F4624DAA8F888, 5c384") == (
        guid,
        Term("part", "5c384"),
    )
    assert message_id_terms("<A@x>\n B@x.org; B@x, <Part*>") == (
        Term("whole", "A@x"),
        Term("whole", "B@x.org"),
        Term("part", "b@x"),
        Term("pattern", "part*"),
    )


def test_statuses_are_read_in_any_spelling() -> None:
    assert status_terms("Failed, Filtered as spam") == ("failed", "filtered as spam")
    assert "filtered_as_spam" in status_spellings("filtered as spam")
    assert "filteredasspam" in status_spellings("filtered as spam")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("203.0.113.0/24", "203.0.113.200", "203.0.114.1"),
        ("203.0.113.7/24", "203.0.113.200", "203.0.114.1"),
        ("203.0.113.0/255.255.255.128", "203.0.113.127", "203.0.113.128"),
        ("203.0.113.*", "203.0.113.200", "203.0.11.3"),
        ("203.0.113", "203.0.113.200", "203.0.11.3"),
        ("203.0.", "203.0.7.200", "203.1.0.3"),
        ("203.0.113.7-203.0.113.9", "203.0.113.8", "203.0.113.10"),
        ("203.0.113.7 - 9", "203.0.113.9", "203.0.113.10"),
        ("[203.0.113.7]:25", "203.0.113.7", "203.0.113.25"),
        ("203.0.113.7:2525", "203.0.113.7", "203.0.113.25"),
        ("198.51.100.1\n203.0.113.7", "::ffff:203.0.113.7", "203.0.113.8"),
        ("2001:DB8::/32", "2001:db8:0:1::5", "2001:db9::1"),
        ("2001:db8:*", "2001:db8:0:1::5", "2001:db9::1"),
        ("2001:db8::5", "2001:0DB8:0:0:0:0:0:5", "2001:db8::6"),
        ("[IPv6:2001:db8::5]", "2001:db8::5", "203.0.113.8"),
    ],
)
def test_sources_lie_in_networks(text: str, inside: str, outside: str) -> None:
    networks = networks_of(text)
    assert holds(networks, inside)
    assert not holds(networks, outside)
    assert not holds(networks, None)
    assert not holds(networks, "unknown")


@pytest.mark.parametrize("text", ["mail.contoso.com", "203.0.113.0/40", "999.1.1.1", "1-2", "a/b"])
def test_what_is_no_source_is_one_line(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--from-ip .*: is no address"):
        networks_of(text)
