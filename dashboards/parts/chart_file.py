"""The SVG file of a chart: what the browser drew, given by a button below it.

Nothing of it leaves the browser, and the script is the same on every page: no data is in it.
"""

from __future__ import annotations

import re
from html import escape

from dashboards.parts.markup import Markup, visible_text

LONGEST_NAME = 80
NO_NAME = re.compile(r"[^A-Za-z0-9@._]+")
# Looks for the chart before the button, and saves its drawing with the background of the page.
SAVE_CHARTS = Markup(
    """<script>
if (!window.hveSavesCharts) {
  window.hveSavesCharts = true;
  document.addEventListener("click", event => {
    const button = event.target.closest && event.target.closest("button.hve-svg");
    if (!button) return;
    let place = button.closest('[data-testid="stElementContainer"]');
    let drawing = null;
    while (!drawing && place && (place = place.previousElementSibling)) {
      drawing = place.querySelector('[data-testid="stVegaLiteChart"] svg.marks');
    }
    if (!drawing) return;
    const copy = drawing.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const app = document.querySelector('[data-testid="stApp"]') || document.body;
    copy.style.backgroundColor = getComputedStyle(app).backgroundColor;
    const text = new XMLSerializer().serializeToString(copy);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], {type: "image/svg+xml"}));
    link.download = button.dataset.name + ".svg";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
</script>"""
)


def svg_button(name: str) -> Markup:
    """A button that saves the chart before it."""
    label = escape(visible_text(f"SVG: {name}"), quote=True)
    return Markup(
        f'<button type="button" class="hve-svg" data-name="{file_name(name)}" aria-label="{label}"'
        ' title="The chart as an SVG file">SVG</button>'
    )


def file_name(text: str) -> str:
    """The text as the name of a file, without its ending."""
    return f"hve-{NO_NAME.sub('-', text).strip('-').lower()[:LONGEST_NAME]}"
