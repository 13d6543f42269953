"""What an administrator's own run of collect.ps1 saw: accounts, their settings and billing policies.

The file carries rows as the cmdlets print them, so they are read by the same functions as the rows
that Exchange sends, and an account that a run through the API already knows is the same one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hve_monitor.errors import SourceContractError
from ingest.accounts import MailUser, mail_account
from ingest.billing import billing_policy
from warehouse.accounts import Account, current_accounts, record_accounts
from warehouse.billing import BillingPolicy, record_billing
from warehouse.store import Store
