"""Documents as text for people; `--json` prints the same documents.

Reading order:
  lines      lines that fit a terminal
  layout     a table as wide as a terminal
  tables     tables, money, coverage; no control character of data reaches a terminal
  runs       runs, imports, the demo, the dashboard's address
  money      cost, budgets, planned changes
  incidents  incidents, verdicts, plans
  delivery   traces, readiness, explanations, test messages, tenants, checks of the doctor
  privacy    what was revealed, erased and purged; the audit log
  storage    backups, verification, files for other programs
"""
