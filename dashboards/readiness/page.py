"""Is every account set up right: checks by account, what to fix, and what is about to stop."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.amounts import count, day, moment
from dashboards.parts.check_words import SIGNS, STOPPING, about_to_stop, check_name, status_mark
from dashboards.parts.figure import heading
from dashboards.parts.markup import block, tag
from dashboards.parts.tile import Tile, tile_row
from dashboards.readiness.board import account_board, check_history
from dashboards.readiness.fixes import findings_of_check
from dashboards.readiness.migration import migration_panel
from dashboards.session import readings
from dashboards.session.frame import chosen_account, footer, opened
from dashboards.session.links import say_absent, tenant_words
from dashboards.session.view import View
from hve_monitor.plural import plural
from models.readiness.board import ReadinessFinding
from models.readiness.checks import CHECKS
from models.readiness.finding import ORDER, Status
from models.readiness.report import ReadinessReport

# What a check says that passes for everybody.
HOLDING = {
    "billing_policy": "Billing policies hold.",
    "credentials": "No secret or certificate ends soon.",
    "idle_account": "No account idles.",
}
ALL_CHECKS, WHAT_MATTERS = "All checks", "all but passed"


def show(view: View) -> None:
    """The page."""
    report = readings.readiness(view, chosen_account())
    findings = report.findings
    if not findings:
        _nothing_checked()
        footer(view)
        return
    _headline(report)
    _tiles(report)
    left, right = st.columns([1, 1])
    with left:
        _stopping(view, findings)
    with right:
        migration_panel(view, findings)
    account_board(view, report)
    _findings(view, findings)
    check_history(view, report.history or [])
    footer(view)


def _nothing_checked() -> None:
    st.info(
        "**Nothing was checked yet.** `hve run` reads policies and settings where the permissions"
        " allow it and judges them; `hve collect` prints a script for a tenant that this machine"
        " may not read.",
        icon=":material/fact_check:",
    )


def _headline(report: ReadinessReport) -> None:
    status, sentence = readiness_words(report)
    with st.container(border=True, key="headline"):
        block(tag("p", status_mark(status), f"{sentence}.", style="headline"))


def readiness_words(report: ReadinessReport) -> tuple[Status, str]:
    """The worst status, and how many accounts are set up right of those that were checked."""
    ready, accounts = ready_accounts(report)
    failed = report.failed or 0
    unknown = sum(finding.status == "unknown" for finding in report.findings)
    parts = [f"{count(ready)} of {plural(accounts, 'account')} {_are(ready)} set up right"]
    if not accounts:
        parts = ["no account was checked"]
    parts.append(f"{plural(failed, 'check')} {'fails' if failed == 1 else 'fail'}")
    if not failed and unknown:
        parts[-1] = "no check is known to fail"
    if unknown:
        parts.append(f"of {plural(unknown, 'check')} the result is not known")
    sentence = "; ".join(parts)
    worst: Status = "fail" if failed else "unknown" if unknown or not accounts else "pass"
    return worst, f"{sentence[:1].upper()}{sentence[1:]}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def ready_accounts(report: ReadinessReport) -> tuple[int, int]:
    """Accounts of which no check fails or is unknown, and all accounts."""
    rows = report.accounts
    return sum(not row.fail and not row.unknown for row in rows), len(rows)


def _tiles(report: ReadinessReport) -> None:
    findings, read = report.findings, report.policies_read_at
    labels = {"fail": "Fail", "unknown": "Unknown", "warn": "Warn", "pass": "Pass"}
    numbers = {status: sum(finding.status == status for finding in findings) for status in ORDER}
    last = max(read.values(), default=None)
    at = "never" if last is None else moment(last).partition(" ")[2]
    tile_row(
        *(
            Tile(f"{SIGNS[status]} {labels[status]}", count(number),
                 f"of {count(len(findings))} checks")
            for status, number in numbers.items()
        ),
        _stopping_tile(findings),
        Tile("Settings read", "never" if last is None else day(last), at),
    )  # fmt: skip


def _stopping_tile(findings: list[ReadinessFinding]) -> Tile:
    """The number of the panel's heading."""
    known, unknown = known_and_unknown(about_to_stop(findings))
    ending = sum(finding.check != "idle_account" for finding in known)
    idle = len(known) - ending
    parts = [f"{count(idle)} idle"] if idle else []
    parts += [f"of {count(len(unknown))} unknown"] if unknown else []
    if not {finding.check for finding in findings} & set(STOPPING):
        return Tile("About to stop", "unknown", "nothing of it was checked")
    value = "unknown" if unknown and not known else count(ending)
    return Tile("About to stop", value, ", ".join(parts) or "billing, secrets, idle")


def known_and_unknown(
    findings: list[ReadinessFinding],
) -> tuple[list[ReadinessFinding], list[ReadinessFinding]]:
    """Findings with a result, and those without."""
    known = [finding for finding in findings if finding.status != "unknown"]
    return known, [finding for finding in findings if finding.status == "unknown"]


def _stopping(view: View, findings: list[ReadinessFinding]) -> None:
    stopping = about_to_stop(findings)
    with st.container(border=True, height="stretch", key="stopping"):
        heading(*stopping_words(findings))
        lines = [
            tag("li", status_mark(finding.status), tag("strong", finding.whose),
                tenant_words(view, finding.tenant) if finding.whose != finding.tenant else "",
                f" {check_name(finding.check)}: {finding.evidence}{_days(finding)}")
            for finding in stopping
        ]  # fmt: skip
        if lines:
            block(tag("ul", *lines))


def stopping_words(findings: list[ReadinessFinding]) -> tuple[str, str]:
    """What stops the sending; that nothing does can only be said of what was checked."""
    known, unknown = known_and_unknown(about_to_stop(findings))
    ending = sum(finding.check != "idle_account" for finding in known)
    idle = len(known) - ending
    parts = [f"{plural(ending, 'thing')} may stop the sending"] if ending else []
    parts += (
        [f"{plural(idle, 'account')} {'seems' if idle == 1 else 'seem'} to be needed by nobody"]
        if idle
        else []
    )
    if known:
        parts += [f"of {count(len(unknown))} it is not known"] if unknown else []
        return "; ".join(parts), _stopping_detail(findings)
    checked = {finding.check for finding in findings} & set(STOPPING)
    if unknown or not checked:
        number = f": {plural(len(unknown), 'check')} without a result" if unknown else ""
        return f"Whether anything is about to stop is not known{number}", _stopping_detail(findings)
    if len(checked) < len(STOPPING):
        return "Nothing that was checked is about to stop", _stopping_detail(findings)
    return "Nothing is about to stop", " ".join(HOLDING.values())


def _stopping_detail(findings: list[ReadinessFinding]) -> str:
    """Which checks all pass, and which were not made."""
    by_check = {check: [row for row in findings if row.check == check] for check in STOPPING}
    sentences = [
        HOLDING[check]
        for check, rows in by_check.items()
        if rows and all(row.status == "pass" for row in rows)
    ]
    missing = [check_name(check).lower() for check, rows in by_check.items() if not rows]
    if missing:
        sentences.append(f"Not checked: {', '.join(missing)}.")
    return " ".join([*sentences, "What ends first comes first."])


def _days(finding: ReadinessFinding) -> str:
    left = finding.days_left
    if left is None:
        return ""
    return f" ({plural(left, 'day')} left)" if left >= 0 else f" ({plural(-left, 'day')} ago)"


def _findings(view: View, findings: list[ReadinessFinding]) -> None:
    """What does not pass, by check; the filters are in the URL."""
    with st.container(border=True, key="findings"):
        heading(
            "What to fix", "One block per check: who it concerns, what was seen, what mends it."
        )
        # The address holds the words that are shown.
        checks = {check_name(name): name for name in CHECKS if _has(findings, name)}
        say_absent("Every check is shown.", check=checks, finding=[WHAT_MATTERS, *ORDER])
        with st.container(horizontal=True, gap="small"):
            picked = st.selectbox(
                "Check", [ALL_CHECKS, *checks], key="check", bind="query-params", width=280
            )
            status = st.segmented_control(
                "Status", [WHAT_MATTERS, *ORDER], default=WHAT_MATTERS, key="finding",
                bind="query-params", required=True,
            )  # fmt: skip
        shown = [
            finding
            for finding in findings
            if checks.get(picked) in (None, finding.check)
            and (finding.status != "pass" if status == WHAT_MATTERS else finding.status == status)
        ]
        if not shown:
            st.caption("No finding of this choice.")
        for name in dict.fromkeys(finding.check for finding in shown):
            findings_of_check(view, name, [finding for finding in shown if finding.check == name])


def _has(findings: list[ReadinessFinding], check: str) -> bool:
    return any(finding.check == check for finding in findings)


if __name__ == "__main__":
    show(opened("Readiness", by=("account", "period"), needs_mail=False))
