"""What the administrators of the tenant have granted to the application.

The names are those of Microsoft Graph application permissions, of the Exchange application role
and of the Azure role that reads costs.
"""

from __future__ import annotations

TRACES = "ExchangeMessageTrace.Read.All"
SIGN_INS = "AuditLog.Read.All"
POLICIES = "Policy.Read.All"
MEMBERS = "GroupMember.ReadBasic.All"
USERS = "User.Read.All"
ROLES = "RoleManagement.Read.Directory"
APPLICATIONS = "Application.Read.All"
CMDLETS = "Exchange.ManageAsApp"
COSTS = "Cost Management Reader"

EVERYTHING = frozenset(
    {TRACES, SIGN_INS, POLICIES, MEMBERS, USERS, ROLES, APPLICATIONS, CMDLETS, COSTS}
)
