"""Cost centers from configuration and CSV; a bad file says every mistake in its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hve_monitor.config import Config, CostCenter
from hve_monitor.errors import ConfigError
from models.reference.cost_centers import Center, read_centers


def config(tmp_path: Path, text: str | bytes, *centers: CostCenter) -> Config:
    file = tmp_path / "owners.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Config(cost_centers=centers, cost_centers_file=file)


def test_a_csv_names_who_pays(tmp_path: Path) -> None:
    text = "\ufeffOwner;Account;Cost Center\nAda;HR@contoso.com;HR, Berlin\n;it@contoso.com;IT\n\n"
    centers = read_centers(config(tmp_path, text))
    assert centers.of("hr@Contoso.com") == Center("HR, Berlin", "Ada")
    assert centers.of("it@contoso.com") == Center("IT", "")
    assert centers.of("x@contoso.com") is None
    assert centers.accounts("IT") == {"it@contoso.com"}
    assert centers.accounts("none") is None


def test_every_mistake_has_its_line(tmp_path: Path) -> None:
    text = "account,cost_center,owner\nhr@contoso.com,HR,\nnobody,IT,\nit@contoso.com,,\n"
    text += "hr@contoso.com,IT,\n"
    with pytest.raises(ConfigError) as error:
        read_centers(config(tmp_path, text, CostCenter(name="X", accounts=("hr@contoso.com",))))
    lines = str(error.value).splitlines()
    assert [line.split("owners.csv: ")[1] for line in lines] == [
        "line 2: hr@contoso.com belongs to X and to HR",
        "line 3: 'nobody' is no SMTP address",
        "line 4: it@contoso.com has no cost_center",
        "line 5: hr@contoso.com belongs to X and to IT",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,center\na,b\n", "line 1: columns must be account, cost_center, owner"),
        ("", "line 1: columns must be"),
        (b"account,cost_center\n\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_such_csv_is_told_in_one_line(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason) as error:
        read_centers(config(tmp_path, text))
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="check cost_centers_file"):
        read_centers(Config(cost_centers_file=tmp_path / "none.csv"))
