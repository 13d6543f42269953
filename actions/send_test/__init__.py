"""`hve send-test`: one message through the HVE endpoint.

Reading order:
  send    the endpoint step by step, the message, the report
  follow  the message in the trace
  smtp    the dialogue with the server
"""
