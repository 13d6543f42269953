"""An error in words: what it means, why it happens, and what mends it."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.markup import block, facts, tag
from models.explain.diagnosis import Explanation
from models.explain.filled import filled


def show_explanation(
    explanation: Explanation | None,
    text: str | None,
    account: str | None = None,
    recipient: str | None = None,
) -> None:
    """Draws what the catalogue says, or that it has nothing on the text.

    account, recipient: of the message, where the text is about one: its fix names them.
    """
    if explanation is None:
        words = f"The catalogue knows nothing of: {text}" if text else "No reason was told."
        block(tag("p", words, style="quiet"))
        return
    marks = [] if explanation.verified else [tag("span", "unverified", style="mark warn")]
    head = tag("p", *marks, tag("strong", f"{explanation.code}: {explanation.meaning}"))
    shown = {"Cause": explanation.cause, "Source": explanation.source}
    block(head, facts({name: value for name, value in shown.items() if value}))
    if explanation.fix:
        st.code(filled(explanation.fix, account, recipient), language=None, wrap_lines=True)
