"""hve-monitor as a Dagster asset: `hve run` every 15 minutes, its summary as metadata.

Exit code 75 is tried again after five minutes, 3 is a success with a warning, all others fail.
Start it with: dagster dev -f dagster_hve.py
"""

import json
import os
import subprocess
from typing import Any

import dagster as dg

TEMPORARY, INCOMPLETE = 75, 3
CONFIG = os.environ.get("HVE_CONFIG", "/etc/hve-monitor/hve.toml")
COMMAND = [os.environ.get("DAGSTER_HVE_COMMAND", "hve"), "run", "--json", "--config", CONFIG]


def metadata(summary: dict[str, Any]) -> dict[str, Any]:
    """What is worth a chart over the runs."""
    sources = summary["sources"]
    return {
        "rows_new": sum(source["rows_new"] for source in sources),
        "requests": sum(source["requests"] for source in sources),
        "not_ok": [
            f"{source['source']}: {source['error']}" for source in sources if source["error"]
        ],
        "days_rebuilt": summary["models"]["days_rebuilt"],
        "incidents_opened": summary["incidents_opened"],
        "alerts_sent": summary["alerts"].get("sent", 0),
        "coverage_complete": str(summary["coverage"]["complete"]),
        "as_of": summary["coverage"]["as_of"],
    }


@dg.asset(description="Usage, cost and incidents of High Volume Email, up to now")
def hve_store(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """One run of the whole pipeline; repeating it does no harm."""
    ended = subprocess.run(COMMAND, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    for line in ended.stderr.splitlines():
        context.log.info(line)
    if ended.returncode == TEMPORARY:
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=300)
    if ended.returncode not in (0, INCOMPLETE):
        raise dg.Failure(description=ended.stderr.strip()[-500:] or f"exit {ended.returncode}")
    if ended.returncode == INCOMPLETE:
        context.log.warning("done, but a source or an alert is incomplete")
    return dg.MaterializeResult(metadata=metadata(json.loads(ended.stdout)))


every_quarter = dg.ScheduleDefinition(
    name="hve_every_15_minutes",
    target=dg.AssetSelection.assets(hve_store),
    cron_schedule="*/15 * * * *",
)
defs = dg.Definitions(assets=[hve_store], schedules=[every_quarter])
