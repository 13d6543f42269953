"""The configuration: every mistake is one line with file, key, reason and the nearest key."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from hve_monitor.config import Config, load_config
from hve_monitor.errors import ConfigError

FILES = 'accounts = "files"\n'
TENANT = f'[[tenants]]\nname = "contoso"\n{FILES}'
EXCHANGE = (
    '[[tenants]]\nname = "contoso"\ntenant_id = "t"\nclient_id = "c"\n'
    'client_secret_file = "secrets/contoso.secret"\n'
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(folder: Path, text: str, name: str = "hve.toml") -> Config:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def mistakes(folder: Path, text: str) -> list[str]:
    """The lines without the path of the file, which each must begin with."""
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    start = f"{folder / 'hve.toml'}: "
    lines = str(caught.value).splitlines()
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


NO_CREDENTIAL = (
    "tenants.0: give exactly one of client_secret_file, certificate_file, federated_token_file, "
    "managed_identity = true"
)
NO_FOLDER = "is no file or folder of this machine; mount the storage and name its folder"
MISTAKES = {
    "unknown table": ('[warehous]\npath = "x"', "warehous: unknown key; did you mean 'warehouse'?"),
    "unknown key": ('[warehouse]\npth = "x"', "warehouse.pth: unknown key; did you mean 'path'?"),
    "a store in object storage": (
        '[warehouse]\npath = "s3://contoso/store"',
        f"warehouse.path: s3://contoso/store {NO_FOLDER}",
    ),
    "a file elsewhere": (
        '[export]\nfolder = "abfss://files@contoso.example.com/out"',
        f"export.folder: abfss://files@contoso.example.com/out {NO_FOLDER}",
    ),
    "far from any key": ("[warehouse]\nzzz = 1", "warehouse.zzz: unknown key"),
    "key of a list": (
        TENANT + 'time_zone = "UTC"',
        "tenants.0.time_zone: unknown key; did you mean 'timezone'?",
    ),
    "key of a limit": (
        "[limits]\nmessage_trace_request = 4",
        "limits.message_trace_request: unknown key; did you mean 'message_trace_requests'?",
    ),
    "no name": (f"[[tenants]]\n{FILES}", "tenants.0.name: is missing"),
    "name": (
        f'[[tenants]]\nname = "Contoso Ltd"\n{FILES}',
        "tenants.0.name: use lower-case letters, digits, '-' and '_' only",
    ),
    "name twice": (TENANT + TENANT, "tenants: the name 'contoso' is used twice"),
    "timezone": (
        TENANT + 'timezone = "Mars/Base"',
        "tenants.0.timezone: 'Mars/Base' is no IANA time zone, e.g. Europe/Berlin",
    ),
    "accounts": (
        TENANT.replace("files", "exhange"),
        "tenants.0.accounts: Input should be 'exchange' or 'files'",
    ),
    "address": (
        TENANT.replace('"files"', '["hr@contoso.com", "hr"]'),
        "tenants.0.accounts: no SMTP address: 'hr'",
    ),
    "no address": (TENANT.replace('"files"', "[]"), "tenants.0.accounts: the list is empty"),
    "no tenant id": (
        '[[tenants]]\nname = "contoso"',
        "tenants.0: tenant_id is missing (only a tenant with accounts = 'files' needs none)",
    ),
    "no client id": (EXCHANGE.replace('client_id = "c"\n', ""), "tenants.0: client_id is missing"),
    "no credential": ('[[tenants]]\nname = "contoso"\ntenant_id = "t"', NO_CREDENTIAL),
    "two credentials": (EXCHANGE + "managed_identity = true", NO_CREDENTIAL),
    "plain http": (
        '[endpoints]\ngraph = "http://graph.contoso.com"',
        "endpoints.graph: must start with https://",
    ),
    "share": ("[limits]\nshare = 1.5", "limits.share: Input should be less than or equal to 1"),
    "budget": (
        '[[budgets]]\nname = "all"\namount = -1',
        "budgets.0.amount: Input should be greater than 0",
    ),
    "budget of no tenant": (
        TENANT + '[[budgets]]\nname = "all"\namount = 1\ntenant = "contso"',
        "budgets.0.tenant: there is no tenant 'contso'; did you mean 'contoso'?",
    ),
    "target of no tenant": (
        TENANT + '[alerts]\ntargets = [{ url = "webhook+https://a.contoso.com", tenants = ["x"] }]',
        "alerts.targets.0.tenants: there is no tenant 'x'; did you mean 'contoso'?",
    ),
    "login of no tenant": (
        TENANT + '[auth.tenants]\n"*" = ["All"]\nfabrikam = ["F"]',
        "auth.tenants.fabrikam: there is no tenant 'fabrikam'; did you mean 'contoso'?",
    ),
    "price in another currency": (
        TENANT + 'currency = "EUR"\n[[prices]]\ntenant = "contoso"\n'
        "effective_from = 2026-11-01\nunit_price = 0.00002",
        'prices.0.currency: contoso bills in EUR; write currency = "EUR"',
    ),
    "tenants as a table": ('[tenants]\nname = "x"', "tenants: Input should be a valid tuple"),
}


@pytest.mark.parametrize(("text", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_with_file_key_and_reason(folder: Path, text: str, line: str) -> None:
    assert mistakes(folder, text) == [line]


def test_two_mistakes_are_two_lines(folder: Path) -> None:
    assert mistakes(folder, '[warehous]\npath = "x"\n[limits]\nshare = 0') == [
        "limits.share: Input should be greater than 0",
        "warehous: unknown key; did you mean 'warehouse'?",
    ]


def test_broken_toml_is_told_with_its_place(folder: Path) -> None:
    (line,) = mistakes(folder, "[warehouse]\npath = \n")
    assert line.startswith("not valid TOML: Invalid value (at line 2")


def test_a_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "hve.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_config()


def test_a_missing_file_is_an_error_only_when_it_was_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_config() == Config()
    with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read .*check --config"):
        load_config(folder / "gone.toml")
    monkeypatch.setenv("HVE_CONFIG", "lost.toml")
    with pytest.raises(ConfigError, match=r"lost\.toml: cannot be read"):
        load_config()


def test_without_a_file_the_local_tenant_lives_from_files(folder: Path) -> None:
    config = load_config()
    (tenant,) = config.served
    assert (tenant.name, tenant.accounts) == ("local", "files")
    assert config.warehouse.path == Path("data/local")
    assert (config.limits.message_trace_requests, config.limits.share) == (100, 0.5)


def test_hve_toml_of_the_current_folder_is_read_also_with_a_bom(folder: Path) -> None:
    (folder / "hve.toml").write_text(TENANT, encoding="utf-8-sig")
    assert [tenant.name for tenant in load_config().served] == ["contoso"]


def test_the_flag_beats_the_variable_and_the_variable_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("hve", "variable", "flag"):
        (folder / f"{name}.toml").write_text(TENANT.replace("contoso", name))
    monkeypatch.setenv("HVE_CONFIG", str(folder / "variable.toml"))
    assert load_config().served[0].name == "variable"
    assert load_config(folder / "flag.toml").served[0].name == "flag"


def test_a_variable_beats_the_file_key_by_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVE_LIMITS__SHARE", "0.25")
    monkeypatch.setenv("HVE_WAREHOUSE__PATH", "elsewhere")
    config = load(
        folder, '[limits]\nshare = 1.0\nmessage_trace_requests = 7\n[warehouse]\npath="x"'
    )
    assert (config.limits.share, config.limits.message_trace_requests) == (0.25, 7)
    assert config.warehouse.path == Path("elsewhere")


def test_a_variable_that_is_no_json_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVE_TENANTS", "[")
    with pytest.raises(ConfigError, match=r"^environment: .*tenants.*write lists and tables as"):
        load_config()


def test_files_are_relative_to_the_configuration(folder: Path) -> None:
    text = (
        'cost_centers_file = "owners.csv"\n[warehouse]\npath = "store"\n'
        f'[endpoints]\nca_bundle = "ca.pem"\n{EXCHANGE}'
    )
    config = load(folder, text, "etc/hve.toml")
    etc = folder / "etc"
    assert config.warehouse.path == etc / "store"
    assert config.endpoints.ca_bundle == str(etc / "ca.pem")
    assert config.cost_centers_file == etc / "owners.csv"
    assert config.tenants[0].client_secret_file == etc / "secrets" / "contoso.secret"


def test_every_setting_that_names_a_file_is_relative_to_the_configuration(folder: Path) -> None:
    text = (
        '[[tenants]]\nname = "c"\ntenant_id = "t"\nclient_id = "c"\nsender_client_id = "s"\n'
        'certificate_file = "a.pem"\ncertificate_password_file = "a.password"\n'
        'sender_client_secret_file = "s.secret"\n'
        '[[tenants]]\nname = "f"\ntenant_id = "t"\nclient_id = "c"\nsender_client_id = "s"\n'
        'federated_token_file = "f.token"\nsender_certificate_file = "s.pem"\n'
        '[alerts]\ntargets = [\n"webhook+https://a.contoso.com",\n'
        '{ url = "webhook+https://b.contoso.com", secret_file = "b.secret" }]\n'
        '[export]\nfolder = ""\n[metrics]\ntextfile = "hve.prom"\n'
        '[auth]\nsecrets_file = "secrets.toml"\n[privacy]\nkey_file = ""\n'
    )
    config, etc = load(folder, text, "etc/hve.toml"), folder / "etc"
    first, second = config.tenants
    assert (first.certificate_file, first.certificate_password_file) == (
        etc / "a.pem", etc / "a.password")  # fmt: skip
    assert first.sender_client_secret_file == etc / "s.secret"
    assert (second.federated_token_file, second.sender_certificate_file) == (
        etc / "f.token", etc / "s.pem")  # fmt: skip
    assert [target.secret_file for target in config.alerts.targets] == [None, etc / "b.secret"]
    assert (config.export.folder, config.metrics.textfile) == (etc, etc / "hve.prom")
    assert (config.auth.secrets_file, config.privacy.key_file) == (etc / "secrets.toml", "")


def test_absolute_files_stay(folder: Path) -> None:
    config = load(folder, f'[warehouse]\npath = "{(folder / "abs").as_posix()}"', "etc/hve.toml")
    assert config.warehouse.path == folder / "abs"


def test_a_base_url_keeps_its_path_and_loses_its_slash(folder: Path) -> None:
    config = load(folder, '[endpoints]\ngraph = "https://127.0.0.1:8443/graph/"')
    assert config.endpoints.graph == "https://127.0.0.1:8443/graph"


def test_addresses_are_lower_case_and_named_once(folder: Path) -> None:
    text = EXCHANGE + 'accounts = ["HR@contoso.com", "hr@Contoso.com", "it@contoso.com"]'
    assert load(folder, text).tenants[0].accounts == ("hr@contoso.com", "it@contoso.com")


def test_addresses_of_every_setting_have_one_form(folder: Path) -> None:
    accounts = """["HR <HR@contoso.com>", "'it@contoso.com'"]"""
    config = load(
        folder,
        EXCHANGE + f"accounts = {accounts}\n"
        f'[[budgets]]\nname = "b"\namount = 1\naccounts = {accounts}\n'
        f'[[cost_centers]]\nname = "c"\naccounts = {accounts}\n',
    )
    expected = ("hr@contoso.com", "it@contoso.com")
    assert config.tenants[0].accounts == expected
    assert config.budgets[0].accounts == config.cost_centers[0].accounts == expected


@pytest.mark.parametrize(
    "url",
    [
        "jsons://contoso.com/?verify=nope",
        "jsons://contoso.com/?verify=nein",
        "jsons://contoso.com/?verify=%6Eo",
        "jsons://contoso.com/?verify=%256Eo",
        "jsons://contoso.com/?%76erify=no",
        "jsons://contoso.com/?verify=+no",
        "jsons://contoso.com/?a=b&VERIFY=NO",
        "jsons://contoso.com/?x=1;verify=no",
        "forms://contoso.com/?verify=disallow",
        "slack://a/b/c?verify=",
    ],
)
def test_certificates_are_verified_in_any_spelling(folder: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="certificates is never switched off") as caught:
        load(folder, f'[alerts]\ntargets = ["{url}"]')
    assert url not in str(caught.value)


@pytest.mark.parametrize("scheme", ["json", "xml", "form", "JSON"])
def test_a_target_in_the_open_is_refused(folder: Path, scheme: str) -> None:
    with pytest.raises(ConfigError, match=f"write {scheme.lower()}s:// "):
        load(folder, f'[alerts]\ntargets = ["{scheme}://contoso.com/hook"]')


def test_a_target_may_say_that_it_is_verified(folder: Path) -> None:
    url = "jsons://contoso.com/verify=no/?verify=Yes"
    assert load(folder, f'[alerts]\ntargets = ["{url}"]').alerts.targets


def test_amounts_are_decimals(folder: Path) -> None:
    (budget,) = load(folder, '[[budgets]]\nname = "all"\namount = 0.1').budgets
    assert budget.amount == Decimal("0.1")
    assert budget.thresholds == (0.5, 0.8, 1.0)


def test_an_unknown_tenant_names_the_known_ones(folder: Path) -> None:
    config = load(folder, TENANT + TENANT.replace("contoso", "fabrikam"))
    assert config.tenant("fabrikam").name == "fabrikam"
    with pytest.raises(ConfigError, match=r"--tenant nowhere: .* \(known: contoso, fabrikam\)"):
        config.tenant("nowhere")


def test_a_loaded_configuration_does_not_change(folder: Path) -> None:
    config = load(folder, TENANT)
    with pytest.raises(ValidationError, match="frozen"):
        config.limits.share = 1.0


def test_no_secret_is_read_or_shown(folder: Path) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "contoso.secret").write_text("s3cret")
    assert "s3cret" not in repr(load(folder, EXCHANGE))


# -- known to be wrong ----------------------------------------------------------------------------


def test_a_region_alone_is_no_time_zone(folder: Path) -> None:
    (line,) = mistakes(folder, TENANT + 'timezone = "Europe"')
    assert line.startswith("tenants.0.timezone: 'Europe' is no IANA time zone")


def test_a_mistake_in_an_alert_target_is_one_line(folder: Path) -> None:
    text = '[[alerts.targets]]\nurl = "smtp://mail.contoso.com"\nmin_severty = "high"'
    assert mistakes(folder, text) == [
        "alerts.targets.0.min_severty: unknown key; did you mean 'min_severity'?"
    ]


def test_an_unknown_variable_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVE_WAREHOUS__PATH", "elsewhere")
    with pytest.raises(ConfigError, match="did you mean"):
        load_config()


def test_a_mistake_in_a_variable_is_not_blamed_on_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HVE_LIMITS__SHARE", "2")
    with pytest.raises(ConfigError) as caught:
        load_config()
    assert "hve.toml" not in str(caught.value)


def test_the_key_file_is_relative_to_the_configuration(folder: Path) -> None:
    config = load(folder, '[privacy]\nkey_file = "hve.key"', "etc/hve.toml")
    assert config.privacy.key_file == str(folder / "etc" / "hve.key")


def test_a_memory_limit_that_is_no_size_is_told(folder: Path) -> None:
    (line,) = mistakes(folder, '[warehouse]\nmemory_limit = "lots"')
    assert line.startswith("warehouse.memory_limit: ")


@pytest.mark.parametrize(
    ("lines", "subjects", "needs_key"),
    [
        ("", "keep", False),
        ('subjects = "drop"', "drop", False),
        ('subjects = "hash"', "hash", True),
        ('mode = "pseudonymous"', "hash", True),
        ('mode = "pseudonymous"\nsubjects = "drop"', "drop", True),
        ('mode = "aggregate"\nsubjects = "keep"', "drop", False),
    ],
)
def test_what_a_privacy_mode_keeps_of_subjects(
    folder: Path, lines: str, subjects: str, needs_key: bool
) -> None:
    privacy = load(folder, f"[privacy]\n{lines}").privacy
    assert (privacy.kept_subjects, privacy.needs_key) == (subjects, needs_key)
