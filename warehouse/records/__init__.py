"""What is written and read of each subject.

Reading order:
  stored          rows of the Delta tables as they are stored
  observed        one row per change of what was observed: billing, costs, prices and policies
  coverage        windows of time that were read completely, and from when on to read
  landing         what a batch of trace rows adds to those that are stored
  message_traces  trace rows: only what is new or changed is written
  unsettled       rows whose status may still change
  known_keys      rows of a window that are stored already
  trace_events    events of single messages
  event_requests  the queue of events that somebody requested
  accounts        HVE accounts and their addresses, with history
  billing         billing policies of the accounts
  costs           Azure costs and list prices
  policies        policies and settings that decide whether mail flows
  sign_ins        sign-ins, once each
  rejected_rows   lines that could not be read
  money           closed months, passed budgets, the prices of the last build
  verdicts        verdicts of people on incidents, who looks after them, and what is done
  plans           announced sends
  outbox          alerts on their way
  digests         what the tables of state.db held when a command ended
"""
