New-ComplianceSearch -Name {search} -ExchangeLocation {mailboxes} -ContentMatchQuery {phrases}
Start-ComplianceSearch -Identity {search}
Get-ComplianceSearch -Identity {search} | Format-List Status, Items, SuccessResults
# When the result is what should go:
# New-ComplianceSearchAction -SearchName {search} -Purge -PurgeType SoftDelete
