Get-HVEAccountSettings -Identity {sender} | Format-List
Get-HVEAccountBillingPolicy -Identity {sender} | Format-List
