Get-MessageTraceDetailV2 -MessageTraceId {trace_id} -RecipientAddress {recipient}
