"""Usage, message traces, readiness, explanations, checks and test messages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.text.tables import cell_text, clean, coverage, money_text, table_text
from dashboards.parts.amounts import UNKNOWN, count, day, moment, percent, percents
from dashboards.parts.known_words import at_least
from hve_monitor.plural import agreeing, plural

if TYPE_CHECKING:  # a command loads the models that it needs, not all
    from actions.doctor.check import DoctorReport
    from actions.explain import ExplainReport
    from actions.send_test.send import SendTestReport, SentTrace
    from actions.trace import DeliverySummary, TraceAnswer, TraceExport, TraceTimelines
    from models.delivery.breakdown import DomainDelivery, ListDelivery
    from models.delivery.headroom import LimitUse
    from models.delivery.outcomes import DeliveryFigures
    from models.delivery.search import DeliverySearch
    from models.delivery.timeline import MessageTimeline, RecipientTimeline, RouteComparison
    from models.explain.diagnosis import Explanation
    from models.overview.tenants import TenantCoverage, TenantsReport, TenantSummary
    from models.readiness.board import FindingChange, ReadinessFinding
    from models.readiness.report import ReadinessReport
    from models.usage.coverage import CoverageReport
    from models.usage.usage import UsageReport


MOST_ACCOUNTS, MOST_LISTED = 8, 5
# What fits beside each other on a terminal, most wanted first.
USAGE = ("tenant", "account", "day_utc", "month", "messages", "recipients", "billable_recipients",
         "delivered", "failed", "pending")  # fmt: skip
TRACES = ("received_at", "status", "sender", "recipient", "subject", "id")
TENANTS = ("tenant", "read_at", "fresh", "gaps", "recipients_7d", "month_to_date", "month_end",
           "currency", "open_incidents", "highest", "budget")  # fmt: skip


def usage(report: UsageReport, *, wide: bool = False) -> str:
    """A table of the rows."""
    table = table_text(report.rows, UNKNOWN, first=USAGE, wide=wide)
    return f"{table}\n{coverage(report.coverage)}"


def trace(answer: TraceAnswer, *, wide: bool = False) -> str:
    """Whatever `hve trace` was to show."""
    from actions.trace import DeliverySummary, TraceExport, TraceTimelines

    if isinstance(answer, TraceTimelines):
        return timelines(answer)
    if isinstance(answer, TraceExport):
        return exported(answer)
    return summary(answer) if isinstance(answer, DeliverySummary) else traces(answer, wide=wide)


def traces(search: DeliverySearch, *, wide: bool = False) -> str:
    """A table of the rows, how many match, how to see more, and what the answer means."""
    nothing = "no further rows" if search.offset else _nothing(search.coverage, search.meaning)
    rows = table_text(search.rows, UNKNOWN, first=TRACES, wide=wide)
    lines = [rows if search.rows else nothing]
    if search.truncated:
        lines += [
            _totals(search),
            f"more rows exist: --offset {search.next_offset}, or --out FILE.csv",
        ]
    return "\n".join([*lines, coverage(search.coverage)])


def _totals(search: DeliverySearch) -> str:
    """All rows that match by status and account, also those that are not listed."""
    parts = ", ".join(
        f"{number:,} {status.replace('_', ' ')}" for status, number in search.by_status.items()
    )
    named = list(search.by_account.items())
    accounts = ", ".join(f"{number:,} {account}" for account, number in named[:MOST_ACCOUNTS])
    rest = len(named) - MOST_ACCOUNTS
    more = f" and {plural(rest, 'more account')}" if rest > 0 else ""
    matching = f"{plural(search.total, 'row')} {agreeing(search.total, 'matches', 'match')}"
    return f"{matching}: {parts}\nby account: {cell_text(accounts)}{more}"


def exported(export: TraceExport) -> str:
    """Where the rows are."""
    rows = f"{plural(export.rows, 'row')} in {export.out}"
    text = rows if export.rows else f"{rows}: {_nothing(export.coverage, export.meaning)}"
    return f"{cell_text(text)}\n{coverage(export.coverage)}"


def timelines(answer: TraceTimelines) -> str:
    """The steps of every message for each recipient."""
    lines = [line for message in answer.messages for line in _timeline(message)]
    if answer.queued:
        lines.append(
            f"{plural(answer.queued, 'recipient')} queued: the next run fetches their events"
        )
    if answer.left_off:
        lines.append(f"{answer.left_off} more can be asked for when these are there")
    text = clean("\n".join(lines)) or _nothing(answer.coverage, answer.meaning)
    return f"{text}\n{coverage(answer.coverage)}"


def _timeline(message: MessageTimeline) -> list[str]:
    head = (
        f"{moment(message.received_at)} {message.sender} {message.subject or ''}"
        f" ({message.id}, {message.portal})"
    )
    ways = [line for recipient in message.recipients for line in _way(recipient)]
    return [head, *ways, *_parting(message.comparison)]


def _way(recipient: RecipientTimeline) -> list[str]:
    state = "" if recipient.state == "known" else f" ({recipient.state.replace('_', ' ')})"
    return [
        f"  {recipient.recipient}: {recipient.status or 'status unknown'}{state}",
        *(
            f"    {event.at:%Y-%m-%d %H:%M:%S} UTC {event.event} {event.description or ''}"
            for event in recipient.events
        ),
    ]


def _parting(comparison: RouteComparison | None) -> list[str]:
    if comparison is None:
        return []
    failed = " > ".join(comparison.failed_then) or "the end"
    delivered = " > ".join(comparison.delivered_then) or "the end"
    return [
        (
            f"  both: {' > '.join(comparison.common) or 'nothing in common'}; then"
            f" {comparison.failed}: {failed} ({comparison.reason or 'no reason told'});"
            f" {comparison.delivered}: {delivered}"
        )
    ]


def summary(report: DeliverySummary) -> str:
    """One block per account, then what is nearest to a limit, and domains and lists."""
    lines = [line for figures in report.accounts for line in _figures(figures)]
    lines += [_use(use) for use in report.nearest_limits[:MOST_LISTED]]
    lines += [
        _part(f"to {part.domain or 'unknown'}", part) for part in report.by_domain[:MOST_LISTED]
    ]
    lines += [_part(f"by list {part.address}", part) for part in report.by_list[:MOST_LISTED]]
    text = clean("\n".join(lines)) or _nothing(report.coverage, report.meaning)
    return f"{text}\n{coverage(report.coverage)}"


def _figures(figures: DeliveryFigures) -> list[str]:
    low, high = figures.envelope.most
    most = count(low) if low == high else f"between {count(low)} and {count(high)}"
    return [
        f"{figures.account}: {_rate(figures)}",
        (
            f"  most recipients in one message: {most} of {count(figures.envelope.limit)}; largest"
            f" message: {count(figures.size.most_bytes)} of {count(figures.size.limit_bytes)} bytes"
        ),
        *(
            f"  {reason.recipients:,} failed: {reason.reason or 'reason not fetched'}"
            for reason in figures.failure_reasons
        ),
        f"  recipients that always fail: {_known(figures, len(figures.always_failing))}",
        f"  lists that expand: {_known(figures, len(figures.lists))}",
    ]


def _use(use: LimitUse) -> str:
    may_be = f" (may be {use.may_be:,})" if use.may_be > use.used else ""
    return f"near a limit: {use.account}, {use.limit} {use.used:,}{may_be} of {use.of:,}"


def _part(name: str, part: DomainDelivery | ListDelivery) -> str:
    return f"{name}: {percent(part.delivery_rate)} of {plural(part.recipients, 'recipient')}"


def _known(figures: DeliveryFigures, number: int) -> str:
    """A number that statuses tell; unknown where none does, a part where some do."""
    if figures.delivered is None:
        return "unknown"
    return f"{number} known" if figures.unknown_recipients else str(number)


def _rate(figures: DeliveryFigures) -> str:
    unknown = f"the status of {figures.unknown_recipients:,} is unknown"
    if figures.delivery_rate is None or figures.failed is None or figures.rate_range is None:
        reason = unknown if figures.unknown_recipients else "no outcome is final"
        return f"delivery rate unknown: {reason}"
    known = (
        f"{percent(figures.delivery_rate)} of {plural(figures.known, 'recipient')} with a known"
        f" outcome delivered, {figures.failed:,} failed"
    )
    if figures.unknown_recipients:
        return f"{known}; {unknown}: {percents(figures.rate_range)}"
    return known


def _nothing(report: CoverageReport, meaning: str) -> str:
    """What an empty answer means: only a window that was read can hold nothing."""
    words = f"{meaning[:1].lower()}{meaning[1:]}"
    return f"nothing found: {words}" if report.complete else words


def readiness(report: ReadinessReport) -> str:
    """Findings that need somebody, each with its fix; those that pass are counted."""
    open_findings = [finding for finding in report.findings if finding.status != "pass"]
    read = ", ".join(f"{name} {moment(at)}" for name, at in report.policies_read_at.items())
    passed = len(report.findings) - len(open_findings)
    lines = [
        *map(_finding, open_findings),
        *map(_change, report.history or []),
        (
            f"{_passing(passed, len(report.findings))}; checked at"
            f" {moment(report.checked_at)}; policies read: {read or 'never'}"
        ),
    ]
    return clean("\n".join(lines))


def _passing(passed: int, findings: int) -> str:
    """An empty list passes nothing: it was not checked, or nothing is of the choice."""
    if not findings:
        return "unknown: no finding of this choice; nothing was checked"
    return f"{passed} of {plural(findings, 'finding')} {agreeing(passed, 'passes', 'pass')}"


def _finding(finding: ReadinessFinding) -> str:
    return (
        f"{finding.status:7} {finding.check} {finding.account or finding.tenant}:"
        f" {finding.evidence} (since {day(finding.since)})"
        + "".join(f"\n        {line}" for line in finding.fix.splitlines())
    )


def _change(change: FindingChange) -> str:
    return (
        f"{moment(change.observed_at)} {change.check} {change.account or change.tenant}:"
        f" {change.status or 'ended'}: {change.evidence or ''}"
    )


def _at_least(recipients: int | None, whole: bool | None) -> int | str:
    """A count of hours that were not all read is a lower bound, or nothing is known."""
    if recipients is None:
        return UNKNOWN
    return f"≥ {count(recipients)}" if whole is False else recipients


def _gaps(coverage: TenantCoverage) -> str:
    if coverage.complete is None:
        return "unknown"
    return str(coverage.gaps) if coverage.complete or coverage.gaps else "nothing read"


def tenants(report: TenantsReport, *, wide: bool = False) -> str:
    """A line per tenant, what needs a look first, and why some could not be read."""
    errors = [f"{row.tenant}: {row.error}" for row in report.tenants if row.error]
    return "\n".join([_tenant_table(report, wide=wide), *map(clean, errors)])


def _number(number: int | None) -> int | str:
    """Of a tenant that was never read nobody knows how many there are."""
    return UNKNOWN if number is None else number


def _next_budget(row: TenantSummary) -> str | None:
    if row.budget is None:
        return None if row.read_at else UNKNOWN
    return row.budget.name


def _tenant_table(report: TenantsReport, *, wide: bool) -> str:
    return table_text(
        [
            {
                "tenant": row.tenant,
                "read_at": row.read_at or (UNKNOWN if row.is_unread else "never"),
                "fresh": UNKNOWN if row.is_unread else "yes" if row.fresh else "no",
                "recipients_24h": _at_least(row.recipients_24h, row.whole_24h),
                "recipients_7d": _at_least(row.recipients_7d, row.whole_7d),
                "month_to_date": at_least(money_text(row.month_to_date), row),
                "unknown_recipients": UNKNOWN if row.is_unread else row.unknown_recipients,
                "month_end": UNKNOWN if row.month_end is None else row.month_end,
                "currency": row.currency,
                "open_incidents": _number(row.open_incidents),
                "highest": row.highest,
                "unjudged_high": _number(row.unjudged_high),
                "gaps": _gaps(row.coverage),
                "budget": _next_budget(row),
            }
            for row in report.tenants
        ],
        first=TENANTS,
        wide=wide,
    )


def doctor(report: DoctorReport) -> str:
    """One line per check, with the fix of what fails."""
    return clean(
        "\n".join(
            f"{check.status:4} {check.check}: {check.detail}"
            + (f"\n     fix: {check.fix}" if check.fix else "")
            for check in report.checks
        )
    )


def explanation(report: ExplainReport) -> str:
    """One block per match: meaning, cause, steps of the fix, and the source."""
    return clean("\n".join(map(_explained, report.matches))) or "nothing in it is recognised"


def _explained(match: Explanation) -> str:
    return "\n".join(
        [
            f"{match.code}: {match.meaning}{_times(match)}",
            f"  cause: {match.cause}",
            *(f"  fix: {step}" for step in match.fix.split("\n")),
            f"  source: {match.source} ({match.source_url})",
        ]
    )


def _times(match: Explanation) -> str:
    if not match.count:
        return ""
    first = f", first in line {match.first_line:,}" if match.first_line else ""
    return f" ({match.count:,}×{first})"


def send_test(report: SendTestReport) -> str:
    """One line per step, what the catalogue says of a failed one, and the trace."""
    lines = []
    for step in report.steps:
        reply = f" [{step.reply}]" if step.reply and step.status == "failed" else ""
        lines.append(f"{step.status:7} {step.step}: {step.detail}{reply}")
        for match in step.explanations[:1]:
            lines += [f"        {line}" for line in clean(_explained(match)).split("\n")]
    if report.sent is not False:
        unknown = "" if report.sent else "not known, no answer came behind the message: "
        lines.append(f"sent: {unknown}{report.message_id}")
        lines += _traced(report.trace) if report.trace else []
    return clean("\n".join(lines))


def _traced(trace: SentTrace) -> list[str]:
    if trace.status != "visible":
        why = trace.error or "is not in the message trace yet; later: hve trace --message-id"
        return [f"trace: {why}"]
    return [f"trace: {row.recipient}: {row.status}" for row in trace.rows]
