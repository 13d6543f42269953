"""The Senders page: who behaves unusually, why, and what an account usually does.

Reading order:
  page      the list of incidents and what is chosen
  card      one incident
  evidence  whom it reached, from where, under which subjects
  verdicts  the buttons, the timeline, earlier incidents
  runbook   next steps
  profile   one account: its days, its week, its sources
"""
