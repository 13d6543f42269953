"""The tenant and what it knows of itself.

Reading order:
    access              permissions, tokens and the request quota
    conditional_access  policies, and whether one stops a sender
    readiness           settings that let a sender in or keep it out
    ledger              counts and incidents that a complete reading must find
    invoice             what the Azure subscription is charged
    tenant              the tenant with its clock
"""
