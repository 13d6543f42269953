"""Message traces over Microsoft Graph.

Reading order:
  message_traces  the source: what is missing is read, newest windows first
  trace_plan      the cheapest queries for what is missing
  postponed       quiet addresses of which every second run reads
  traces          pages of one query: the borders of what Graph keeps, links that expire
  trace_pages     a page as typed rows and as Arrow columns
  trace_buffer    rows on their way into the store, then the coverage that is complete with them
  trace_events    why single messages failed, within a budget of requests
  trace_lookup    the trace of one message, for a test-send that is followed
"""
