<#
Writes what hve-monitor needs to know of the High Volume Email accounts of a tenant: accounts with
their addresses, settings, billing policies and sign-in policies. It only reads.

Before: Connect-ExchangeOnline, with a role that may read recipients (Global Reader is enough for
most of it). What a role may not read is written down as the reason, and the rest goes on.

Run:    .\collect.ps1 -Path hve-collect.json
Then:   hve import hve-collect.json
#>
param(
    [string] $Path = 'hve-collect.json'
)

$ErrorActionPreference = 'Stop'

# Rows of a command, or one row that says why there are none.
function Read-Rows([scriptblock] $Command, [string] $Identity) {
    try {
        @(& $Command | ForEach-Object { $_ })
    }
    catch {
        [pscustomobject]@{ Identity = $Identity; error = $_.Exception.Message }
    }
}

# Times as ISO 8601 in UTC: without this, versions of PowerShell differ.
function Format-Time($Time) {
    if ($null -eq $Time) { return $null }
    ([datetime] $Time).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffffffZ')
}

# Ids of the applications that may send. Which property lists them is not documented: every one
# with App in its name counts; without any the answer is null, which means unknown.
function Format-Apps($Settings) {
    $found = @($Settings.PSObject.Properties | Where-Object { $_.Name -match 'App' })
    if ($found.Count -eq 0) { return $null }
    , @($found | ForEach-Object { $_.Value } | ForEach-Object { "$_" } | Where-Object { $_ })
}

$failed = @()
$accounts = @()
try {
    $accounts = @(Get-MailUser -HVEAccount -ResultSize Unlimited | ForEach-Object {
        [pscustomobject]@{
            PrimarySmtpAddress         = "$($_.PrimarySmtpAddress)"
            EmailAddresses             = @($_.EmailAddresses | ForEach-Object { "$_" })
            DisplayName                = $_.DisplayName
            ExternalDirectoryObjectId  = "$($_.ExternalDirectoryObjectId)"
            WhenCreated                = Format-Time $_.WhenCreated
            HiddenFromAddressListsEnabled = $_.HiddenFromAddressListsEnabled
        }
    })
}
catch {
    $failed += "Get-MailUser: $($_.Exception.Message)"
}

$settings = @()
$billing = @()
$users = @()
foreach ($account in $accounts) {
    $address = $account.PrimarySmtpAddress
    $settings += @(Read-Rows { Get-HVEAccountSettings -Identity $address |
        Select-Object @{ n = 'Identity'; e = { $address } }, @{ n = 'ReplyTo'; e = { "$($_.ReplyTo)" } },
            @{ n = 'AppIds'; e = { Format-Apps $_ } } } $address)
    $billing += @(Read-Rows { Get-HVEAccountBillingPolicy -Identity $address |
        Select-Object @{ n = 'Identity'; e = { $address } },
            @{ n = 'BillingPolicyId'; e = { "$($_.BillingPolicyId)" } },
            @{ n = 'BillingPolicyName'; e = { "$($_.BillingPolicyName)" } },
            @{ n = 'BillingPolicyStatus'; e = { "$($_.BillingPolicyStatus)" } } } $address)
    $users += @(Read-Rows { Get-User -Identity $address |
        Select-Object @{ n = 'Identity'; e = { $address } },
            @{ n = 'AuthenticationPolicy'; e = { "$($_.AuthenticationPolicy)" } } } $address)
}

$policies = [ordered]@{
    organization   = @(Read-Rows { Get-OrganizationConfig |
        Select-Object 'Name', @{ n = 'DefaultAuthenticationPolicy'; e = { "$($_.DefaultAuthenticationPolicy)" } },
            'OAuth2ClientProfileEnabled' } 'Get-OrganizationConfig')
    users          = @($users)
    authentication = @(Read-Rows { Get-AuthenticationPolicy |
        Select-Object 'Name', 'AllowBasicAuthSmtp' } 'Get-AuthenticationPolicy')
    billing        = @(Read-Rows { Get-BillingPolicy -ResourceType HVE |
        Select-Object * } 'Get-BillingPolicy')
}

$document = [ordered]@{
    kind         = 'hve-collect'
    version      = 1
    collected_at = Format-Time (Get-Date)
    accounts     = @($accounts)
    settings     = @($settings)
    billing      = @($billing)
    policies     = $policies
    errors       = @($failed)
}

# UTF-8 without a byte order mark in every version: Windows PowerShell's own -Encoding UTF8 adds one.
$text = $document | ConvertTo-Json -Depth 6
$target = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
[System.IO.File]::WriteAllText($target, $text, (New-Object System.Text.UTF8Encoding($false)))
Write-Output "$($accounts.Count) accounts written to $target"
foreach ($line in $failed) { Write-Warning $line }
