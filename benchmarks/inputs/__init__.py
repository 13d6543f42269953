"""Data that benchmarks run on.

Reading order:
    store            stores of any size
    tenants          stores of many tenants
    accounts         generated traffic of many accounts, as grids
    series           hourly series of a file
    daily_series     daily series of a file, of simulated tenants, of an office
    fleet            accounts of a simulated tenant, drawn per seed
    incident         an incident or look-alike of a rehearsal
    attacks          messages that one adds
    distortions      what one changes in the ordinary mail
    campaign         its incidents and benign look-alikes
    irregular        what irregular accounts add: outages, growth, a stop in the holidays
    rehearsal        its traffic with the labels
    rehearsal_store  marts of that traffic
"""
