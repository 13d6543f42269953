"""Message traces as Microsoft Graph serves them.

Reading order:
    routes         the addresses that answer
    query_options  `$filter` and `$top`
    trace_query    the query, and which rows answer it
    trace_row      rows as the service writes them
    trace_page     pages by position, with their token
    trace_keyset   pages by key, for the Exchange cmdlet
    trace_detail   the events of one message for one recipient
"""
