"""What people do about incidents beyond this product: queries for Microsoft's tools, and triage.

Reading order:
  quoting  values inside KQL, PowerShell and content searches, where they can run nothing
  hunting  queries and cmdlets per incident, with account, times, ids and recipients filled in
  triage   which incidents to look at first, and those alike
"""
