-- Grain: one row per word that an export uses for what happened to a recipient, in lower case.
-- The lowest rank wins when an export says several things about one recipient: a copy that reached
-- the mailbox is billed whatever else was tried, and a list that was expanded did its work. `send`
-- only hands the message to the next server, so it is not final.
select word, status, rank
from (
    values
        ('deliver', 'Delivered', 1),
        ('delivered', 'Delivered', 1),
        ('duplicatedeliver', 'Delivered', 1),
        ('expand', 'Expanded', 2),
        ('expanded', 'Expanded', 2),
        ('quarantine', 'Quarantined', 3),
        ('quarantined', 'Quarantined', 3),
        ('spam', 'FilteredAsSpam', 4),
        ('filteredasspam', 'FilteredAsSpam', 4),
        ('fail', 'Failed', 5),
        ('failed', 'Failed', 5),
        ('badmail', 'Failed', 5),
        ('drop', 'Failed', 5),
        ('resolve', 'Resolved', 6),
        ('resolved', 'Resolved', 6),
        ('redirect', 'Resolved', 6),
        ('pending', 'Pending', 7),
        ('defer', 'Pending', 7),
        ('send', 'Pending', 7),
        ('receive', 'Pending', 7),
        ('submit', 'Pending', 7),
        ('transfer', 'Pending', 7),
        ('gettingstatus', 'GettingStatus', 8)
) as words (word, status, rank)
