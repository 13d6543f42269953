"""What detection makes of rehearsed tenants: the parts of benchmarks/incidents.py.

Reading order:
    tally     counts of one or several tenants
    examiner  incidents of a tenant beside its labels
    tables    the counts as tables
"""
