"""Colours are told apart, also by people who do not see red or green, and text can be read.

Simulation: Machado, Oliveira and Fernandes, 2009, severity 1.0, in linear RGB. Difference of
colours: CIEDE2000. Contrast: WCAG 2.2.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from dashboards.parts.palette import DARK, LIGHT, NAMES, STATUSES, Palette

BACKGROUNDS = {"light": "#ffffff", "dark": "#0e1117"}  # Streamlit's own
THEMES = {"light": LIGHT, "dark": DARK}
SIGHTS = {
    "all colours": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
}  # fmt: skip
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip


def linear(colour: str) -> np.ndarray:
    """Linear sRGB of `#rrggbb`."""
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear sRGB (D65)."""
    part = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    f = np.where(part > 216 / 24389, np.cbrt(part), (24389 / 27 * part + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """CIEDE2000 of two colours in CIELAB (Sharma, Wu and Dalal, 2005)."""
    chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    stretch = 1.5 - np.sqrt(chroma**7 / (chroma**7 + 25**7)) / 2
    (a1, b1), (a2, b2) = (one[1] * stretch, one[2]), (other[1] * stretch, other[2])
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    lightness, c, h = (one[0] + other[0]) / 2, (c1 + c2) / 2, (h1 + turn / 2) % 360
    cosines = np.cos(np.radians([h - 30, 2 * h, 3 * h + 6, 4 * h - 63]))
    t = 1 + np.array([-0.17, 0.24, 0.32, -0.2]) @ cosines
    square = (lightness - 50) ** 2
    dl = (other[0] - one[0]) / (1 + 0.015 * square / np.sqrt(20 + square))
    dc = (c2 - c1) / (1 + 0.045 * c)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * c * t)
    twist = -2 * np.sqrt(c**7 / (c**7 + 25**7)) * np.sin(
        np.radians(60 * np.exp(-(((h - 275) / 25) ** 2)))
    )  # fmt: skip
    return float(np.sqrt(dl**2 + dc**2 + dh**2 + twist * dc * dh))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425), ((50, 2.5, 0), (73, 25, -18), 27.1492)],
)
def test_the_difference_is_that_of_the_published_examples(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
def test_every_two_statuses_are_told_apart(colours: Palette, sight: np.ndarray) -> None:
    seen = {
        name: lab(sight @ linear(colour))
        for name, colour in zip(STATUSES, colours.statuses, strict=True)
    }
    apart = {pair: difference(seen[pair[0]], seen[pair[1]]) for pair in combinations(STATUSES, 2)}
    assert {pair: value for pair, value in apart.items() if value < 15} == {}
    assert len(set(NAMES.values())) == len(STATUSES)


@pytest.mark.parametrize("theme", THEMES)
def test_text_of_axes_and_marks_of_charts_stand_out(theme: str) -> None:
    colours, background = THEMES[theme], BACKGROUNDS[theme]
    assert contrast(colours.text, background) >= 4.5
    marks = (*colours.statuses, colours.accent, colours.expected, colours.high)
    assert min(contrast(colour, background) for colour in marks) >= 3
