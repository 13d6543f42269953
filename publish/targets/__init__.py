"""One module per kind of target; each sends a message and returns what the receiver answered.

Reading order:
  syslog    RFC 5424 over TLS, for a SIEM or a forwarder
  webhook   signed JSON
  splunk    HTTP Event Collector
  sentinel  Azure Monitor's Logs Ingestion API
  mail      SMTP
  chat      Teams, Slack, PagerDuty and what else apprise knows
  wires     connections of what apprise knows: ours
"""
