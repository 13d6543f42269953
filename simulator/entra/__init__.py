"""Sign-in, directory objects and sign-in logs.

Reading order:
    login              tokens for applications
    routes             sign-ins, policies and directory objects over Microsoft Graph
    directory_objects  users, groups and applications
    sign_ins           the log, drawn per account and day
    sign_in_filter     its `$filter`
"""
