"""The mail of the tenant, drawn per account and UTC day.

Reading order:
    instant    times as whole microseconds
    localtime  office hours and pay days of the tenant's time zone
    directory  recipients: staff, distribution lists, addresses that do not exist
    profile    how each kind of account sends
    account    the High Volume Email accounts, and ordinary users who send mail too
    rhythm     the days on which an account that is not clockwork sends
    sends      messages as they leave an account
    habits     the ordinary messages of an account and day
    incident   what is injected, where and when, and the messages of a burst
    block      the rows of an account and day: recipients, delivery, identity
    traffic    all of this by account and day, drawn when it is needed
"""
