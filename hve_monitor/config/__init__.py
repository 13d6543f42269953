"""The configuration: hve.toml, `HVE_*` variables and flags, checked in one place.

Order: flag > `HVE_*` variable (nested with `__`) > hve.toml > default. Secrets are read from the
files that the configuration names, only when a token is needed, and never kept here.

Reading order:
  section        what every table has in common: unknown keys are errors, files lie beside hve.toml
  tenant         the tenants, their credentials and where their accounts come from
  services       Microsoft's services: addresses, and how much of their quota we may use
  store          where the store lies, what it keeps and for how long, what it writes for others
  money          budgets, cost centers, agreed prices, Azure's cost rows
  alerts         who is notified, where and when
  dashboard      who may see what
  configuration  all of them together, with the checks across tables
  mistakes       one line for every mistake, with the nearest valid key
  load           the file and the variables
"""

from hve_monitor.config.alerts import Alerts, AlertTarget, CostMinimum, Digest
from hve_monitor.config.configuration import Config
from hve_monitor.config.dashboard import Auth, Readiness, Role
from hve_monitor.config.load import DEFAULT_FILE, config_file, load_config
from hve_monitor.config.money import AzureCost, Budget, CostCenter, MeteringRule, PriceOverride
from hve_monitor.config.services import Endpoints, Limits
from hve_monitor.config.store import Metrics, Privacy, Retention, ScheduledExport, Spark, Warehouse
from hve_monitor.config.tenant import LOCAL_TENANT, Tenant

__all__ = [
    "DEFAULT_FILE",
    "LOCAL_TENANT",
    "AlertTarget",
    "Alerts",
    "Auth",
    "AzureCost",
    "Budget",
    "Config",
    "CostCenter",
    "CostMinimum",
    "Digest",
    "Endpoints",
    "Limits",
    "MeteringRule",
    "Metrics",
    "PriceOverride",
    "Privacy",
    "Readiness",
    "Retention",
    "Role",
    "ScheduledExport",
    "Spark",
    "Tenant",
    "Warehouse",
    "config_file",
    "load_config",
]  # fmt: skip
