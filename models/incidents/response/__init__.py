"""What people look for in Microsoft's tools: queries per incident.

Reading order:
  hunting  queries and cmdlets per incident, with account, times, ids and recipients filled in
"""
