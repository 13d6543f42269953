Search-UnifiedAuditLog -StartDate '{day_before}' -EndDate '{until}' -FreeText {sender} -ResultSize 5000
