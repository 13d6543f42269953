"""Measurements of the product beside plain ways to do the same; none of this is shipped.

Run one with `python benchmarks/NAME.py`; results stand in docs/benchmarks.md.

Reading order:
    measure        one way of a job in a process of its own: seconds and memory
    report         all of them on one commit, as a page
    commands       how soon commands answer
    dashboard      first view and page changes in a browser
    ingest         decoding and landing pages of Graph
    imports        reading an enhanced summary
    models         builds on large stores
    history        what a run costs against how much is stored
    search         looking a message up in a large store
    quota          reading through the request quota of message traces
    detect         scores of hourly series, from a file or labelled
    incidents      detection on simulated tenants with known incidents
    intervals      cover of the hourly intervals
    provider       a service provider's fleet
    fleet          many tenants of one store
    real_mail      detection on the mail of a real organisation
    forecast       how well months are projected
    explain        reading a mail log
    plain          the plain ways to compare with
    inputs         the data that they run on
"""
