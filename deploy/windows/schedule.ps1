# Task Scheduler: a run every 15 minutes as a service account, also when nobody is signed in.
# Run once in an elevated PowerShell. Adjust the two folders and the account.
$ErrorActionPreference = 'Stop'
$Install = 'C:\hve-monitor'
$Program = "$Install\.venv\Scripts\hve.exe"
$Folder  = 'C:\ProgramData\hve-monitor'
$Account = 'CONTOSO\svc-hve$'   # a group managed service account: no password is kept anywhere

function Protect-Folder([string] $Path, [string] $Right) {
    # Nothing inherited, no rights of whoever made it: a folder below C:\ lets everybody who signs in
    # put files there. SIDs, because the names of groups are translated: SYSTEM, Administrators.
    $Rights = "${Account}:(OI)(CI)$Right", '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F'
    icacls $Path /inheritance:r /grant:r $Rights
    if ($LASTEXITCODE) { throw "icacls $Path" }
    # What lies in it already gets the rights of the folder, and no others.
    Get-ChildItem -Force $Path | ForEach-Object {
        icacls $_.FullName /setowner '*S-1-5-32-544' /T /Q
        if ($LASTEXITCODE) { throw "icacls $_" }
        icacls $_.FullName /reset /T /Q
        if ($LASTEXITCODE) { throw "icacls $_" }
    }
}

# The program is read and started by the account, changed by administrators alone; the data is for
# the account and administrators, instead of the modes that other systems use.
Protect-Folder $Install 'RX'
New-Item -ItemType Directory -Force $Folder | Out-Null
Protect-Folder $Folder 'M'

$Action = New-ScheduledTaskAction -Execute $Program -WorkingDirectory $Folder `
    -Argument "run --json --config $Folder\hve.toml"
$Trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).Date -RepetitionInterval (New-TimeSpan -Minutes 15)
$Settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew `
    -ExecutionTimeLimit (New-TimeSpan -Hours 24)
$Principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType Password
Register-ScheduledTask -TaskName 'hve-monitor run' -Action $Action -Trigger $Trigger `
    -Settings $Settings -Principal $Principal
