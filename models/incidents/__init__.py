"""Incidents: from baselines and quarter-hours to the cards that people read.

grid → baseline → watchers of volume + signals → episodes → severity → description → rows → cards

Reading order:
  detect     all steps for a tenant, from stored usage to stored incidents: the entry
  walks/     all accounts through their local days, from where the last run has left them
  changes    which incidents are looked at again, and what becomes of them
  judged     what a slice of the accounts gave, and its baselines on their way into the store
  tasks      slices of the accounts judged from scratch by workers, side by side
  volume/    watchers of recipients per hour: surge, drift, ceiling, silence
  signals/   what fires per quarter-hour: new recipients, sources, failures, sign-ins
  assemble   incidents of sending and of silence from both
  announced  what announced sends explain of the volume
  episodes   signals close in time become one episode
  severity   how serious an episode is, and its kind
  size       recipients that were sent and expected over an episode
  unusual    the unusual stretch of an episode, and what comes faintly after it
  describe   an episode in numbers, signals and sentences
  idle       accounts that nobody seems to need
  overspend  budgets on their way far over their amount
  verdicts   what people's verdicts change in later runs
  rows       incidents as rows of both marts, with cost and id
  runbooks   next steps, and what a card cannot show
  cards      incidents as `hve incidents` and the pages show them
  response/  queries for Microsoft's tools
  triage     which incidents to look at first, and those alike
  overspill  announced sends as `hve plan list` shows them
"""
