"""One module per kind of target; each sends a message and returns what the receiver answered.

Reading order:
  webhook   signed JSON
  splunk    HTTP Event Collector
  sentinel  Azure Monitor's Logs Ingestion API
  mail      SMTP
  chat      Teams, Slack, PagerDuty and what else apprise knows
  wires     connections of what apprise knows: ours
"""
