"""An error in words: what it means, why it happens, and what mends it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.parts.markup import tag


def explanation(found: dict[str, Any] | None, text: str | None) -> None:
    """Draws what models.explain.diagnosis.explain found, or that nothing is known of the text."""
    if found is None:
        said = f"The catalogue knows nothing of: {text}" if text else "No reason was told."
        st.html(tag("div", tag("p", said, style="quiet"), style="hve"))
        return
    marks = [] if found["verified"] else [tag("span", "unverified", style="mark warn")]
    facts = {"Cause": found["cause"], "Source": found["source"]}
    pairs = [
        cell
        for name, value in facts.items()
        if value
        for cell in (tag("dt", name), tag("dd", value))
    ]
    head = tag("p", *marks, tag("strong", f"{found['code']}: {found['meaning']}"))
    st.html(tag("div", head, tag("dl", *pairs, style="facts"), style="hve"))
    if found["fix"]:
        st.code(found["fix"], language=None, wrap_lines=True)
