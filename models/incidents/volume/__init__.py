"""Watchers of recipients per hour, one local day after the other.

Reading order:
  stretch       what a watcher follows, and the incident it becomes
  excess        windows of 1 to 24 hours over the baseline, and how large they usually are
  supporting    new recipients, new sources and unusual hours around a surge
  surge         more than the baseline and the account's own past explain
  drift         a little too much, hour after hour
  growth        a week well above the weeks before it
  ceiling       far above anything of three months
  pauses        pauses of an account's past, and how long one must last to stand out
  missed_sends  the hour by which an account always sends
  missed_mailings  monthly and quarterly mailings that are due
  silence       nothing for too long, by any of them and by the mail that is missing
  silence_words  what a silence says of itself
"""
