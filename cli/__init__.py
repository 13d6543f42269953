"""The command line: parse, call, print.

Modules of commands do without `from __future__ import annotations`: typer would compile every
annotation of every command again, twice, before the command starts.

Reading order:
  main       the entry point `hve`; errors become one line and an exit code
  __main__   the same for `python -m cli`
  options    flags that every command takes, and how a document is printed
  runs       demo, run, ingest, import, collect, build
  money      usage, tenants, cost, whatif
  incidents  incidents
  feedback   verdict, plan
  delivery   trace, readiness, explain, send-test
  privacy    reveal, erase, purge, rotate-key, audit
  operation  alerts test, doctor, dashboard
  exports    export
  storage    backup, restore, verify, set-clock
  text/      documents as text for people
"""
