"""What people look for in Microsoft's tools: queries per incident.

Reading order:
  quoting  values inside KQL, PowerShell and content searches, where they can run nothing
  hunting  queries and cmdlets per incident, with account, times, ids and recipients filled in
"""
