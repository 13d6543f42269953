"""The files of `hve export focus` as downloads, written by the same code."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from dashboards.parts.figure import heading
from dashboards.session.access import require, require_tenant
from dashboards.session.view import View
from publish.exports.exports import ESTIMATES, INVOICED, Export, export

TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


def focus_panel(view: View, month: str, *, has_invoice: bool) -> None:
    """Buttons for estimated rows, and for invoiced ones where Azure's amounts were read."""
    with st.container(border=True, key="focus"):
        heading(
            f"All costs of {month} as files",
            "Every account and day in the columns of FOCUS 1.2, which cost tools read. Estimates"
            " and what Azure invoiced are separate files.",
        )
        with st.container(horizontal=True, gap="small"):
            for kind in TYPES:
                _button(view, month, kind, invoiced=False)
            if has_invoice:
                for kind in TYPES:
                    _button(view, month, kind, invoiced=True)


def _button(view: View, month: str, kind: str, *, invoiced: bool) -> None:
    name = f"{INVOICED if invoiced else ESTIMATES}-{month}.{kind}"
    st.download_button(
        f"{'Invoiced' if invoiced else 'Estimated'}, {kind}",
        data=lambda: focus_bytes(view, month, name, invoiced=invoiced),
        file_name=name,
        mime=TYPES[kind],
        icon=":material/download:",
        on_click="ignore",
        key=name,
    )


def focus_bytes(view: View, month: str, name: str, *, invoiced: bool) -> bytes:
    """What `hve export focus` would write into the named file. Raises: RefusedError."""
    require(view.user, "spend")
    require_tenant(view.user, view.tenant)
    with TemporaryDirectory() as folder:
        out = Path(folder) / name
        order = Export(out, month=month, tenant=view.tenant, invoiced=invoiced)
        export(view.config, view.now, "focus", order)
        return out.read_bytes()
