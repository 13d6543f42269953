Get-MessageTraceV2 -SenderAddress {sender} -StartDate '{start}' -EndDate '{end}' -ResultSize 5000
