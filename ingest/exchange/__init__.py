"""Exchange Online through its cmdlets.

Reading order:
  cmdlets            any read-only cmdlet over REST
  accounts           the HVE accounts with every address they may send from
  billing            the billing policy of each account
  policies           organisation, authentication policies, account settings
  message_traces_v2  Get-MessageTraceV2, where Graph refuses message traces
"""
