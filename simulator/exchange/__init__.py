"""Exchange cmdlets over REST.

Reading order:
    routes         `InvokeCommand`, its envelope and its errors
    cmdlets        settings of accounts, billing, users and the organisation
    trace_cmdlets  message traces and their details
"""
