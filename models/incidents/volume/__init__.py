"""Watchers of recipients per hour, one local day after the other.

Reading order:
  stretch       what a watcher follows, and the incident it becomes
  excess        windows of 1 to 24 hours over the baseline, and how large they usually are
  supporting    new recipients, new sources and unusual hours around a surge
  surge         more than the baseline and the account's own past explain
  drift         a little too much, hour after hour
  growth        a week well above the weeks before it
  ceiling       far above anything of three months
  silence       nothing for too long, by the baseline
  missed_sends  nothing at a time at which the account always sends
"""
