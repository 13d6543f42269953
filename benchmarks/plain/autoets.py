"""AutoETS of statsforecast, in an environment of its own: it needs an older pandas than ours.

The environment is installed beside this file at first use (about 800 MB). This file runs in both:
`auto_ets` here, the last lines over there, where nothing of the product can be imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np

ENVIRONMENT = Path(__file__).parent / ".venv-peers"
PACKAGE = "statsforecast==2.1.1"
_READY = ENVIRONMENT / ".ready"


def auto_ets(pasts: list[Any], days: list[int]) -> list[float] | str:
    """Sums of the next days by AutoETS(7), one per past (array, NaN before its first day).

    A text instead says why there are none.
    """
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    values = [past[~np.isnan(past)].tolist() for past in pasts]
    try:
        if not _READY.exists():
            venv.create(ENVIRONMENT, with_pip=True)
            _run([str(python), "-m", "pip", "install", "--quiet", PACKAGE])
            _READY.touch()
        with tempfile.TemporaryDirectory() as folder:
            tasks = Path(folder) / "tasks.json"
            tasks.write_text(json.dumps([values, days]), encoding="utf-8")
            sums: list[float] = json.loads(_run([str(python), __file__, str(tasks)]))
    except (subprocess.SubprocessError, OSError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        return str(reason).strip().splitlines()[-1][:120]
    return sums


def _run(command: list[str]) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    return done.stdout


if __name__ == "__main__" and len(sys.argv) > 1:
    from statsforecast.models import AutoETS

    histories, horizons = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(
        json.dumps(
            [
                float(
                    np.maximum(
                        AutoETS(season_length=7).forecast(np.array(past, float), h=count)["mean"],
                        0.0,
                    ).sum()
                )
                for past, count in zip(histories, horizons, strict=True)
            ]
        )
    )
