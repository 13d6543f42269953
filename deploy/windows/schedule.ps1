# Task Scheduler: a run every 15 minutes as a service account, also when nobody is signed in.
# Run once in an elevated PowerShell. Adjust the two folders and the account.
$Program = 'C:\hve-monitor\.venv\Scripts\hve.exe'
$Folder  = 'C:\ProgramData\hve-monitor'
$Account = 'CONTOSO\svc-hve$'   # a group managed service account: no password is kept anywhere

# For the account and administrators alone, instead of the modes that other systems use.
New-Item -ItemType Directory -Force $Folder | Out-Null
icacls $Folder /inheritance:r /grant:r "${Account}:(OI)(CI)M" 'BUILTIN\Administrators:(OI)(CI)F'

$Action = New-ScheduledTaskAction -Execute $Program -WorkingDirectory $Folder `
    -Argument "run --json --config $Folder\hve.toml"
$Trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).Date -RepetitionInterval (New-TimeSpan -Minutes 15)
$Settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew `
    -ExecutionTimeLimit (New-TimeSpan -Hours 24)
$Principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType Password
Register-ScheduledTask -TaskName 'hve-monitor run' -Action $Action -Trigger $Trigger `
    -Settings $Settings -Principal $Principal

# The same in one line, as SYSTEM and without the settings above:
# schtasks /Create /TN "hve-monitor run" /SC MINUTE /MO 15 /RU SYSTEM /TR "C:\hve-monitor\.venv\Scripts\hve.exe run --json --config C:\ProgramData\hve-monitor\hve.toml"
