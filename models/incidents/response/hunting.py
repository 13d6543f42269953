"""Queries for Microsoft's own tools, per incident: what a message trace cannot answer.

Each says what Microsoft's documents verify of it. Cmdlets of the message trace and of HVE accounts
are verified. That Defender, Sentinel, the audit log and content searches hold what HVE accounts do
is not: no document names HVE there.
Source: Microsoft Learn, Exchange PowerShell reference; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from hve_monitor.clock import iso
from hve_monitor.document import Document
from hve_monitor.quoting import (
    kusto,
    kusto_list,
    powershell,
    powershell_list,
    search_phrase,
)
from warehouse.protection.words import MARKED, PSEUDONYM

Values = dict[str, str]
DEFENDER, SENTINEL = "Defender, advanced hunting", "Sentinel, logs"
EXCHANGE, PURVIEW = "Exchange Online PowerShell", "Security & Compliance PowerShell"
LANGUAGES = {".kql": "kusto", ".ps1": "powershell"}
MARGIN, DAY = timedelta(hours=1), timedelta(days=1)
TRACE_WINDOW, TRACE_KEPT = timedelta(days=10), timedelta(days=90)
MOST_VALUES, MOST_DETAILS = 100, 10
HASHED_SUBJECT = re.compile(r"s-[0-9a-f]{32}")
TRACE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
WITHOUT_MAIL = ("silence", "idle_account", "spend")
LEARN = "https://learn.microsoft.com/"
CMDLETS = f"{LEARN}powershell/module/exchangepowershell/"
EVENTS = f"{LEARN}defender-xdr/advanced-hunting-emailevents-table"
NOT_OF_HVE = "Whether these tables hold what HVE accounts send is not verified."


class HuntingQuery(Document):
    """A query to copy into one of Microsoft's tools, with everything filled in.

    language: kusto or powershell. verified: whether Microsoft's documents say that it shows what
    HVE accounts do; note: what is not verified, and what is left out.
    """

    name: str
    tool: str
    language: str
    text: str
    verified: bool
    note: str
    source: str


@dataclass(frozen=True)
class HuntingFacts:
    """What the queries of an incident are filled with; until is its end, or what was read.

    messages: trace id and recipient. Pseudonyms, and ids that Exchange did not give, stay out.
    """

    incident: str
    account: str
    kind: str
    since: datetime
    until: datetime
    messages: Sequence[tuple[str, str]] = ()
    sources: Sequence[str] = ()
    subjects: Sequence[str] = ()

    @property
    def recipients(self) -> list[str]:
        """Addresses of people."""
        names = dict.fromkeys(recipient for _, recipient in self.messages)
        return [name for name in names if "@" in name and not _is_hidden(name)]

    @property
    def trace_ids(self) -> list[str]:
        """Ids that Exchange gave."""
        ids = dict.fromkeys(trace_id for trace_id, _ in self.messages)
        return [text for text in ids if TRACE_ID.fullmatch(text)]

    @property
    def addresses(self) -> list[str]:
        """Source addresses that are ones."""
        return [text for text in dict.fromkeys(self.sources) if _is_address(text)]

    @property
    def words(self) -> list[str]:
        """Subjects that are kept as they are."""
        return [text for text in dict.fromkeys(self.subjects) if not HASHED_SUBJECT.fullmatch(text)]


def _once(facts: HuntingFacts) -> Iterable[Values]:
    """Values of a query that is asked once: literals of its language."""
    people, start, end = facts.recipients, facts.since - MARGIN, facts.until + MARGIN
    is_few = 0 < len(people) <= MOST_VALUES
    yield {
        "account": kusto(facts.account),
        "sender": powershell(facts.account),
        "since": iso(start),
        "day_before": iso(facts.since - DAY),
        "until": iso(end),
        "trace_ids": kusto_list(facts.trace_ids[:MOST_VALUES]),
        "recipients": kusto_list(people[:MOST_VALUES]),
        "sources": kusto_list(facts.addresses[:MOST_VALUES]),
        "search": powershell(f"hve-{facts.incident}"),
        "mailboxes": powershell_list(people) if is_few else "All",
        "phrases": powershell(_phrases(facts)),
    }


def _by_window(facts: HuntingFacts) -> Iterable[Values]:
    """Ten days at a time; of a stretch longer than 90 days its last 90."""
    end = facts.until + MARGIN
    start = max(facts.since - MARGIN, end - TRACE_KEPT)
    while start < end:
        stop = min(start + TRACE_WINDOW, end)
        yield {"sender": powershell(facts.account), "start": iso(start), "end": iso(stop)}
        start = stop


def _by_message(facts: HuntingFacts) -> Iterable[Values]:
    """The first messages of which id and recipient are known."""
    ids, people = set(facts.trace_ids), set(facts.recipients)
    known = [pair for pair in facts.messages if pair[0] in ids and pair[1] in people]
    for trace_id, recipient in known[:MOST_DETAILS]:
        yield {"trace_id": powershell(trace_id), "recipient": powershell(recipient)}


@dataclass(frozen=True)
class Template:
    """A query before it is filled in. file: in the folder queries; values: once for each line.

    needs: the list of HuntingFacts without which it asks nothing.
    """

    name: str
    file: str
    tool: str
    source: str
    note: str = NOT_OF_HVE
    needs: str = ""
    is_of_mail: bool = True
    verified: bool = False
    values: Callable[[HuntingFacts], Iterable[Values]] = field(default=_once)

    def text(self, facts: HuntingFacts) -> str:
        """The query; empty where it would ask nothing."""
        if self.needs and not getattr(facts, self.needs):
            return ""
        return "\n".join(_template(self.file).format(**values) for values in self.values(facts))


TEMPLATES = (
    Template("Every mail of the account in that time, and where it lies", "mail.kql",
             DEFENDER, EVENTS),
    Template("What its recipients got", "recipients.kql", DEFENDER, EVENTS, needs="recipients"),
    Template("Who clicked in these messages, and which were removed since", "clicks.kql",
             DEFENDER, EVENTS, needs="trace_ids"),
    Template("Who else sends from these addresses", "other_senders.kql",
             DEFENDER, EVENTS, needs="addresses"),
    Template("The same mail in Sentinel", "sentinel_mail.kql", SENTINEL, EVENTS),
    Template("Sign-ins of the account, and of anybody from its addresses", "sign_ins.kql",
             SENTINEL, f"{LEARN}azure/azure-monitor/reference/tables/signinlogs",
             "How sign-ins of HVE accounts appear is not verified. An application that sends with"
             " OAuth signs in as a service principal: AADServicePrincipalSignInLogs.",
             is_of_mail=False),
    Template("The message trace of that time, from the source", "trace.ps1", EXCHANGE,
             f"{CMDLETS}get-messagetracev2",
             "It answers 90 days back, ten days and 5,000 rows at a time.",
             is_of_mail=False, verified=True, values=_by_window),
    Template("What happened to single messages", "details.ps1", EXCHANGE,
             f"{CMDLETS}get-messagetracedetailv2", "", verified=True, values=_by_message),
    Template("How the account is set up now", "settings.ps1", EXCHANGE,
             f"{CMDLETS}get-hveaccountsettings", "", is_of_mail=False, verified=True),
    Template("Who changed the account", "audit.ps1", EXCHANGE,
             f"{CMDLETS}search-unifiedauditlog",
             "Which changes of HVE accounts the audit log holds is not verified.",
             is_of_mail=False),
    Template("The messages in the mailboxes, to look at and to remove", "content.ps1", PURVIEW,
             f"{CMDLETS}new-compliancesearch",
             "How content searches treat mail of HVE accounts is not verified. Days are whole UTC"
             " days. A purge takes at most ten items of a mailbox at a time."),
)  # fmt: skip


def hunting_queries(facts: HuntingFacts) -> tuple[HuntingQuery, ...]:
    """Queries in the order in which to ask them; none where the sender is no address."""
    if "@" not in facts.account:
        return ()
    is_silent = facts.kind in WITHOUT_MAIL
    asked_for = [template for template in TEMPLATES if not (is_silent and template.is_of_mail)]
    filled = ((template, template.text(facts)) for template in asked_for)
    return tuple(_query(template, text, facts) for template, text in filled if text)


def _query(template: Template, text: str, facts: HuntingFacts) -> HuntingQuery:
    return HuntingQuery(
        name=template.name,
        tool=template.tool,
        language=LANGUAGES[Path(template.file).suffix],
        text=text,
        verified=template.verified,
        note=" ".join(filter(None, (template.note, _left_out(template, facts)))),
        source=template.source,
    )


def _left_out(template: Template, facts: HuntingFacts) -> str:
    """What there was no room for, or what the store does not know."""
    if template.values is _by_message and len(facts.messages) > MOST_DETAILS:
        return f"The first {MOST_DETAILS} of {len(facts.messages):,} messages."
    if template.tool == PURVIEW and len(facts.recipients) > MOST_VALUES:
        return f"Every mailbox is searched: {len(facts.recipients):,} are too many to name."
    if not template.needs or len(getattr(facts, template.needs)) <= MOST_VALUES:
        return ""
    words = template.needs.replace("_", " ")
    return f"The first {MOST_VALUES} of {len(getattr(facts, template.needs)):,} {words}."


def _phrases(facts: HuntingFacts) -> str:
    """Sender, days and subjects in the language of a content search."""
    subjects = [f"subject:{search_phrase(word)}" for word in facts.words[:MOST_DETAILS]]
    parts = [
        f"from:{search_phrase(facts.account)}",
        f"sent>={facts.since:%Y-%m-%d}",
        f"sent<{facts.until + DAY:%Y-%m-%d}",
        *([f"({' OR '.join(subjects)})"] if subjects else []),
    ]
    return " AND ".join(parts)


@cache
def _template(file: str) -> str:
    return (Path(__file__).parent / "queries" / file).read_text(encoding="utf-8").rstrip("\n")


def _is_hidden(name: str) -> bool:
    return PSEUDONYM.fullmatch(name) is not None or name.startswith(MARKED)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
