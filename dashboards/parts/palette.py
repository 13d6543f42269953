"""Colours of both themes (contrast with the background at least 3 : 1) and the pages' CSS."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from dashboards.parts.markup import Markup

STATUSES = (
    "delivered",
    "failed",
    "quarantined",
    "filtered_as_spam",
    "pending",
    "other",
    "unknown",
)
NAMES = {name: name.replace("_", " ") for name in STATUSES}


def status_word(status: object) -> str:
    """A status in one spelling: `delivered`, `filtered as spam`, `unknown` where there is none."""
    if status is None or status != status:
        return "unknown"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", str(status)).lower()
    joined = words.replace(" ", "")
    return next((name for name in NAMES.values() if name.replace(" ", "") == joined), words)


@dataclass(frozen=True)
class Palette:
    """Colours by what they mean; `statuses` are in the order of STATUSES, told apart also by people
    who do not see red or green (tests/unit/dashboards/parts/test_palette.py computes it).

    groups: nine that are told apart, and one of all others.
    """

    text: str
    accent: str
    expected: str
    band80: str
    band95: str
    high: str
    incident: str
    low_heat: str
    high_heat: str
    statuses: tuple[str, ...]
    groups: tuple[str, ...]


LIGHT = Palette(
    text="#4b5560",
    accent="#1f5fa8",
    expected="#8a5200",
    band80="#e3c08a",
    band95="#f3e3c9",
    high="#b3261e",
    incident="#f3d4d2",
    low_heat="#eef3f9",
    high_heat="#12406f",
    statuses=("#2f74b5", "#b3261e", "#d4790a", "#461d6b", "#50565e", "#131619", "#899591"),
    groups=(
        "#1f5fa8",
        "#b3540e",
        "#2e7d4f",
        "#7a4fa3",
        "#a12f5d",
        "#0f7f8c",
        "#6b6f1d",
        "#8a5a44",
        "#4a4fb5",
        "#7d8794",
    ),
)
DARK = Palette(
    text="#b4bec9",
    accent="#6aa9f0",
    expected="#e3ac52",
    band80="#6a5330",
    band95="#3b3224",
    high="#ff8a80",
    incident="#4f2b2b",
    low_heat="#1a2634",
    high_heat="#9cc8ff",
    statuses=("#5b9fe6", "#ff8a80", "#ac7025", "#9033c9", "#8ca5ab", "#f0f2f4", "#44747a"),
    groups=(
        "#6aa9f0",
        "#f0a35e",
        "#6fcf97",
        "#c39be8",
        "#f08bb0",
        "#5cc8d4",
        "#c9cc5e",
        "#d0a18a",
        "#a0a4f5",
        "#97a3b2",
    ),
)


def palette() -> Palette:
    """The palette of the theme that the reader has chosen."""
    return DARK if st.context.theme.type == "dark" else LIGHT


STYLE = Markup(
    """<style>
.block-container, [data-testid="stMainBlockContainer"] {
  padding: 3.6rem 2rem 2rem; max-width: 1440px; }
.hve {
  font-variant-numeric: tabular-nums; }
.hve .tiles { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fit, minmax(10.8rem, 1fr)); }
.hve .box { border: 1px solid light-dark(#d3dae3, #3a4653); border-radius: .5rem;
  padding: .75rem .9rem; }
.hve .tile { position: relative; }
.hve .tile p { margin: 0; overflow-wrap: normal; }
.hve .tile .label { color: light-dark(#4b5560, #b4bec9); font-size: .87rem; padding-right: 1.4rem; }
.hve .tile .value { font-size: 1.55rem; line-height: 1.3; font-weight: 500; }
.hve .tile .below { color: light-dark(#4b5560, #b4bec9); font-size: .87rem; }
.hve .tile .below.good { color: light-dark(#1b6b3a, #6fcf97); }
.hve .tile .below.bad { color: light-dark(#b3261e, #ff8a80); }
.hve .tile .spark { height: 2.2rem; margin-top: .4rem; }
.hve .spark { background: light-dark(#2f74b5, #5b9fe6); height: 1.15rem; min-width: 5rem; }
.hve .tile details { margin-top: .1rem; }
.hve .tile summary { position: absolute; top: 0; right: 0; list-style: none; cursor: pointer;
  width: 1.5rem; height: 1.5rem; line-height: 1.4rem; text-align: center; font-size: .8rem;
  border: 1px solid currentColor; border-radius: 50%; color: light-dark(#4b5560, #b4bec9); }
.hve th.name { font-weight: 400; }
.hve .number { text-align: right; white-space: nowrap; }
/* the table's own download writes cells as they are, formulas too; the safe one is a button */
[data-testid="stElementToolbar"] button[aria-label="Download as CSV"] { display: none; }
.st-key-search-fields { display: grid; gap: .6rem .8rem;
  grid-template-columns: repeat(5, 1fr); }
.st-key-overview-tiles { display: grid; gap: .8rem; grid-template-columns: repeat(4, 1fr); }
.st-key-overview-tiles > div { width: auto; min-width: 0; }
.st-key-overview-tiles [data-testid="stPageLink"] a { padding-left: 0; }
.st-key-search-fields > div { width: auto; min-width: 0; }
.hve .signals { display: grid; grid-template-columns: auto auto auto 1fr; gap: .25rem .8rem;
  align-items: baseline; margin: .2rem 0; font-size: .9rem; }
/* Markdown makes links of addresses, which would open a mail to whom a message speaks of */
[data-testid="stMarkdownContainer"] a[href^="mailto:"] { color: inherit; text-decoration: none;
  pointer-events: none; }
[data-testid="stPageLink"] a p { white-space: normal; overflow-wrap: anywhere; }
[data-testid="stButtonGroup"] > div { flex-wrap: wrap; }
[data-testid="stCaptionContainer"] { opacity: 1; color: light-dark(#59636f, #aab5c1); }
button[kind^="primary"] p { color: light-dark(#ffffff, #10151c); }
.hve table { border-collapse: collapse; font-size: .87rem; width: 100%; }
.hve th, .hve td { text-align: left; padding: .22rem .5rem; vertical-align: top;
  border-bottom: 1px solid light-dark(#d9dfe7, #324052); }
.hve th { font-weight: 600; }
.hve .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }
/* what is hidden in a table has its place in it: elsewhere the page would scroll into emptiness */
.hve .wide { overflow-x: auto; position: relative; }
.hve .wide td, .hve .wide th { white-space: nowrap; }
/* long names break: the numbers beside them stay in sight */
.hve .wide th.name { white-space: normal; min-width: 11rem; }
.hve .wide .long { display: inline-block; white-space: normal; min-width: 5rem; max-width: 14rem; }
.hve .wide td .mark { margin: 0; min-width: 1.1rem; text-align: center; }
.hve .steps { list-style: none; margin-left: 0; border-left: 2px solid light-dark(#c3ccd6, #4a5867);
  padding-left: .8rem; }
.hve .steps li { margin: .35rem 0; }
.hve { font-size: .93rem; line-height: 1.45; overflow-wrap: anywhere; }
.hve h2 { font-size: 1.02rem; font-weight: 600; margin: 0 0 .1rem; padding: 0; line-height: 1.35; }
.hve p { margin: 0 0 .3rem; }
.hve ul, .hve ol { margin: .15rem 0 .4rem 1.1rem; padding: 0; }
.hve li { margin: .12rem 0; font-size: .93rem; }
.hve .quiet { color: light-dark(#4b5560, #b4bec9); font-size: .87rem; }
.hve .headline { font-size: 1.12rem; font-weight: 600; line-height: 1.4; margin: 0; }
.hve .mark { display: inline-block; font-weight: 650; border: 1px solid currentColor;
  border-radius: .3rem; padding: 0 .4rem; margin-right: .35rem; font-size: .8rem;
  line-height: 1.35rem; white-space: nowrap; }
.hve .bad { color: light-dark(#b3261e, #ff8a80); }
.hve .warn { color: light-dark(#8a5200, #e3ac52); }
.hve .good { color: light-dark(#1b6b3a, #6fcf97); }
.hve a { color: light-dark(#1f5fa8, #8ab8f2); }
.hve .hve-svg { font: inherit; font-size: .8rem; color: inherit; background: none; cursor: pointer;
  border: 1px solid light-dark(#c3ccd6, #4a5867); border-radius: .3rem; padding: 0 .5rem; }
a:focus-visible, button:focus-visible, summary:focus-visible, [tabindex]:focus-visible,
[role="slider"]:focus-visible, label:has(input:focus-visible),
[data-baseweb="input"]:has(input:focus-visible), [data-baseweb="select"]:has(input:focus-visible),
[data-baseweb="textarea"]:has(textarea:focus-visible) {
  outline: 2px solid light-dark(#1f5fa8, #8ab8f2) !important; outline-offset: 1px; }
[data-testid="stMain"]:focus-visible, .dvn-scroller:focus-visible {
  outline: 2px solid light-dark(#1f5fa8, #8ab8f2) !important; outline-offset: -2px; }
.hve .gauge { position: relative; height: .8rem; margin: .3rem 0 .6rem; border-radius: .2rem;
  background: light-dark(#e3e8ee, #2c3642); }
.hve .gauge .fill { height: 100%; border-radius: .2rem; background: currentColor;
  min-width: 2px; }
.hve .gauge .limit { position: absolute; top: -.2rem; bottom: -.2rem; width: 3px;
  margin-left: -3px; background: light-dark(#1f2937, #f3f6fa); }
.hve .gauge .end { position: absolute; top: .1rem; width: .6rem; height: .6rem;
  margin-left: -.6rem; border-radius: 50%; background: light-dark(#ffffff, #10151c);
  border: 2px solid light-dark(#1f2937, #f3f6fa); box-sizing: border-box; }
.hve .facts { display: grid; grid-template-columns: minmax(7.5rem, auto) 1fr; gap: .15rem .9rem;
  margin: .2rem 0 .5rem; padding: 0; }
.hve .facts dt { color: light-dark(#4b5560, #b4bec9); font-weight: 400; }
.hve .facts dd { margin: 0; font-weight: 500; }
[data-testid="stMultiSelectTagsContainer"] span:is([title], :has(> svg)) {
  color: light-dark(#ffffff, #10151c) !important; }
@media screen {
  [data-testid="stElementContainer"]:has(.printed) { display: none; } }
@media print {
  .hve { color-scheme: light; }
  .hve .printed table, .hve .wide table { font-size: .68rem; }
  .hve .printed.dense table { font-size: .52rem; }
  .hve .printed td, .hve .printed th { padding: .12rem .3rem; }
  .hve .wide { overflow: visible; }
  .hve .wide td, .hve .wide th { white-space: normal; }
  .hve tr, .hve .tile, [data-testid="stVegaLiteChart"] { break-inside: avoid; }
  [data-testid="stDataFrame"], [data-testid="stDownloadButton"], .hve .hve-svg { display: none; }
  [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] { flex: 1 1 100%; min-width: 100%; }
  [data-testid="stVegaLiteChart"] svg { max-width: 100%; height: auto; }
  [data-testid="stVegaLiteChart"] text { fill: #30373f; }
}
@media (max-width: 900px) {
  .st-key-search-fields, .st-key-overview-tiles { grid-template-columns: 1fr 1fr; } }
@media (max-width: 640px) {
  .st-key-head > div { max-width: 100%; }
  .hve .signals { grid-template-columns: auto auto auto; }
  /* a line of a table as a block: columns would be as narrow as a word */
  .hve .stacked thead { display: none; }
  .hve .stacked tr { display: block; padding: .3rem 0; border-bottom: 1px solid
    light-dark(#d9dfe7, #324052); }
  .hve .stacked td { display: inline; border: 0; padding: 0 .4rem 0 0; }
  .hve .signals .reason { grid-column: 1 / -1; margin-bottom: .4rem; }
  .block-container, [data-testid="stMainBlockContainer"] { padding: 3.6rem .8rem 1.5rem; }
}
</style>"""
)
