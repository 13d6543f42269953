<#
Signs in to Exchange Online with the access token on standard input and runs collect.ps1 beside it.
Needs the module ExchangeOnlineManagement 3.1.0 or later, which takes access tokens.
#>
param(
    [Parameter(Mandatory)] [string] $Organization,
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [string] $Environment
)

$ErrorActionPreference = 'Stop'
$token = [Console]::In.ReadLine()
Import-Module ExchangeOnlineManagement -MinimumVersion 3.1.0
Connect-ExchangeOnline -AccessToken $token -Organization $Organization `
    -ExchangeEnvironmentName $Environment -ShowBanner:$false
try {
    & (Join-Path $PSScriptRoot 'collect.ps1') -Path $Path
}
finally {
    Disconnect-ExchangeOnline -Confirm:$false
}
