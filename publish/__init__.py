"""What leaves the machine: alerts, and files for other programs.

Reading order:
  alerts/    who is notified of what, and when; the outbox is delivered from here
  targets/   one module per kind of target: chat, mail, webhook, Sentinel, Splunk
  target     a configured target: its place and its secret
  senders    which scheme is served by which module of targets/
  message    an alert and a digest, as they are kept and sent
  wording    the text of an alert
  ocsf       incidents as OCSF Detection Findings
  exports/   FOCUS, CSV, showback, OpenMetrics, one DuckDB file
  outgoing   a request to a receiver: what each answer means, how long it may last
"""
