"""Reads Microsoft's services and imported files into the raw tables of the store.

Every source takes a store, a tenant, an `http.Api` and the business time, and returns a
`source.SourceResult`. It fails alone: the others are read, and the next run closes its gap.

What is missing of message traces is decided in three steps, one module each:
  1. unread            which windows of each address no earlier run has read for good
  2. graph.trace_plan  the fewest queries for them: one address, a whole domain, or every sender
  3. quota             when each query may be sent, within our share of the tenant's quota
`graph.message_traces` carries the plan out, newest windows first, and records what is covered.
Sign-ins use step 1 alone: Entra ID has no such quota.

Reading order:
  read_tenant   one tenant's run: its sources in the order in which they build on each other
  source        what a source reports
  outcome       which refusals are a missing permission and which are failures
  http          requests with tokens, and what each refusal means
  retries       what may pass by itself, and how long that is waited for
  error_words   Microsoft's words out of the body of a refusal
  received      when something can have happened, whoever tells it
  linked_pages  pages that lead to one another by links
  unread        the windows that a source has still to read
  quota         the message trace quota that all sources and runs share
  pace          progress of a long read
  statuses      the words of all sources for what became of a recipient
  columns       addresses, ids and statuses of trace rows in one form

  graph         message traces and their events
  exchange      accounts, billing, settings; message traces where Graph is refused
  entra         tokens, sign-ins, directory settings
  azure         billed costs and public prices
  policies      settings of Exchange and Entra ID together, with their history
  policy_part   one kind of setting, read as a whole
  powershell    Exchange facts through PowerShell, or through a file that an administrator sends
  files         imported exports of message traces
"""
