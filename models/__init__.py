"""Models: from facts to marts, and from marts to the documents that people read.

Each .sql file stands beside the one module that reads it; its head says its grain.

Reading order:
  build       changed days → marts → incidents → published version: the one entry
  engine/     how SQL is run
  stretches/  a build in tasks side by side, in processes or on Spark
  staging/    SQL: traces and addresses as the marts read them
  steps/      SQL: what marts are made from, counted once for all of them
  marts/      SQL: usage, cost, activity, first contacts
  reference/  prices, metering rules, limits, cost centers
  usage/      accounts, usage, coverage, corrections, first contacts
  baseline/   what an account usually sends, hour by hour
  incident    the types of incidents and signals
  incidents/  from baselines and signals to cards
  forecast/   daily profiles, projections and their uncertainty
  cost/       the cost report, budgets, closing, showback, planned changes
  invoice/    estimates held against Azure's amounts
  delivery/   search, timelines and delivery figures
  explain/    what an error means
  readiness/  configuration checks
  overview/   health, changes, tenants
  money       amounts: exact products and shares
  periods     months, quarters and years in UTC days
  statistics  small statistics that several models share
"""
