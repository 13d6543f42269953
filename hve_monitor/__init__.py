"""The leaf of the product: what every room may import, and what imports no room.

Reading order:
  errors       the errors a command may end with, and their exit codes
  clock        business time: `--now`, ISO 8601, days
  addresses    mail addresses in one form
  config       hve.toml, `HVE_*` variables and defaults, checked in one place
  document     documents of commands and pages, typed until they are encoded
  files        reference data, the SQL beside a module, files that are replaced whole
  log_lines    what a process logs, a line each
  plural       numbers with their nouns and verbs
  processes    processes that end with the one they work for
  quoting      values inside KQL, PowerShell and content searches, where they can run nothing
  smtp         SMTP dialogues with an end
  spreadsheet  CSV files that run nothing when a spreadsheet opens them
  text         characters that nobody sees
  tls          trust in certificates
  https        HTTPS answers with an end: a deadline and a size for each
  answers      what an answer says to a reader
  waits        how long a service asks its clients to wait
"""
