"""The read-only script of `hve collect --script`: Exchange facts without app permissions.

Its JSON is taken by `hve import`; see ingest.powershell.collected.
"""

from __future__ import annotations

from pathlib import Path

SCRIPT = Path(__file__).with_name("collect.ps1").read_text(encoding="utf-8")
