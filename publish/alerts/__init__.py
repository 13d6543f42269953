"""Who is notified of what, and when.

Reading order:
  candidates  incidents and passed budget thresholds, in one form
  routing     what is new for a target, and whether it goes out at once or with a digest
  calendar    digest times and quiet hours, by a tenant's own clock
  planning    new messages into the outbox, and what goes out together
  audit_entries  the audit log, for the targets that ask for it
  delivery    sends what is due, a thread for each target
  notify      these steps for a run
  trial       one test message to the configured targets
"""
