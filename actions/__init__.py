"""What a person or a schedule does: the one room that joins ingest, models and publish.

Commands and pages call these functions; none of them parses a command line or prints.

Reading order:
  outcome       how an action ends: a document and an exit code
  run           one run: read, build, publish, send alerts
  ingest        the sources of every tenant, side by side
  readers       one thread per tenant
  rebuild       models alone, and what of the configuration they depend on
  import_files  files into the store
  shards/       the shards of a configuration: a process for each
  schedule      runs every so many minutes
  progress      how far long work is, on stderr
  demo          a run against the simulated tenant
  feedback      verdicts, who has an incident, steps that are done, announced sends
  trace         delivery search with export, timelines and figures
  explain       what an error means, and what mends it
  send_test/    one test message through the HVE endpoint
  doctor/       configuration, credentials, permissions, clock, disk, coverage
  verify        whether the store is sound
  set_clock     a person confirms the clock
  privacy       erase, purge, change of the key
  reveal        who is behind a pseudonym
  author        who acts, and why
"""
