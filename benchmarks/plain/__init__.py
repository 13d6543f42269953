"""Plain ways to do what the product does, to compare with.

Reading order:
    naive         scores of hourly series
    naive_alarms  two alarms
    quiet_alarms  two alarms for silence
    peers         sums of the next days
    autoets       the same by AutoETS, in an environment of its own
"""
