# The composite health server for Windows nodes: what server.py is on Linux, line by line the same rules, for Windows
# PowerShell 5.1 and newer. It answers one request at a time.
# https://learn.microsoft.com/azure/batch/create-pool-extensions#considerations-for-application-health-extension
param(
    [int]$Port = 8099,
    [string]$Own = '',
    [switch]$OwnStatusOnly,
    [double]$Timeout = 4,
    [string]$Agent = 'http://127.0.0.1:29879/',
    [switch]$Install
)
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Net.Http

$Name = 'batch-node-health'
$MostBytes = 65536
$RequestTimeout = 5000
$LogFile = Join-Path (Join-Path $PSScriptRoot 'log') 'server.log'

function New-Word([string]$State, [string]$Why) { @{ state = $State; why = $Why } }

function Read-State([byte[]]$Body) {
    $text = [Text.Encoding]::UTF8.GetString($Body).TrimStart([char]0xFEFF).Trim()
    if ($text.StartsWith('{')) {
        try { $value = ConvertFrom-Json $text } catch { return '' }
        $said = @($value.PSObject.Properties | Where-Object { $_.Name -eq 'ApplicationHealthState' })
        if ($said.Count -ne 1 -or $said[0].Value -isnot [string]) { return '' }
        $text = $said[0].Value.Trim()
    }
    if ($text -eq 'healthy') { return 'Healthy' }
    if ($text -eq 'unhealthy') { return 'Unhealthy' }
    ''
}

function Get-Judgement([int]$Status, [byte[]]$Body, [string]$Side) {
    if ($Side -eq 'own' -and $OwnStatusOnly) {
        if ($Status -eq 200) { return New-Word 'Healthy' '' }
        return New-Word 'Unhealthy' "status $Status instead of 200"
    }
    if ($Side -eq 'agent' -and $Status -ne 200) { return New-Word 'Unknown' "status $Status instead of 200" }
    if ($Status -lt 200 -or $Status -gt 299) { return New-Word 'Unknown' "status $Status instead of 2xx" }
    $state = Read-State $Body
    if ($state) { return New-Word $state '' }
    New-Word 'Unknown' 'the body says neither healthy nor unhealthy'
}

# Follows no redirect, uses no proxy, reads at most MostBytes and ends in time.
function New-Client {
    [Net.ServicePointManager]::DefaultConnectionLimit = 16
    $handler = New-Object Net.Http.HttpClientHandler
    $handler.AllowAutoRedirect = $false
    $handler.UseProxy = $false
    $client = New-Object Net.Http.HttpClient $handler
    $client.Timeout = [TimeSpan]::FromSeconds($Timeout)
    $client.MaxResponseContentBufferSize = $MostBytes
    $client.DefaultRequestHeaders.ConnectionClose = $true
    [void]$client.DefaultRequestHeaders.TryAddWithoutValidation('User-Agent', $Name)
    $client
}

function Get-Answer($Task, [string]$Side) {
    if ($Task.IsCanceled -or -not $Task.IsCompleted) { return New-Word 'Unknown' "no whole answer in $Timeout s" }
    if ($Task.IsFaulted) {
        $cause = $Task.Exception.GetBaseException()
        if ($cause -is [Net.Sockets.SocketException] -and $cause.SocketErrorCode -eq 'ConnectionRefused') {
            return New-Word 'Unknown' 'nothing listens on its port'
        }
        return New-Word 'Unknown' "no answer that can be read ($($cause.GetType().Name))"
    }
    $response = $Task.Result
    try {
        $body = New-Object byte[] 0
        if ($Side -eq 'agent' -or -not $OwnStatusOnly) { $body = $response.Content.ReadAsByteArrayAsync().Result }
        Get-Judgement ([int]$response.StatusCode) $body $Side
    } catch { New-Word 'Unknown' "no answer that can be read ($($_.Exception.GetType().Name))" } finally { $response.Dispose() }
}

function Get-NodeHealth {
    $whole = [Net.Http.HttpCompletionOption]::ResponseContentRead
    $tasks = @{ agent = $Client.GetAsync($Agent, $whole) }
    if ($Own) {
        $read = if ($OwnStatusOnly) { [Net.Http.HttpCompletionOption]::ResponseHeadersRead } else { $whole }
        $tasks['own'] = $Client.GetAsync($Own, $read)
    }
    try {
        [void][Threading.Tasks.Task]::WaitAll([Threading.Tasks.Task[]]@($tasks.Values), [int](1000 * $Timeout + 500))
    } catch { $null = $_ }
    $words = [ordered]@{}
    foreach ($side in 'agent', 'own') { if ($tasks[$side]) { $words[$side] = Get-Answer $tasks[$side] $side } }
    $states = @($words.Values | ForEach-Object { $_.state })
    $words['state'] = if ($states -contains 'Unhealthy') { 'Unhealthy' } elseif ($states -contains 'Unknown') { 'Unknown' } else { 'Healthy' }
    $words
}

# Only changes are logged: a probe comes every few seconds, for months.
function Write-Change([string]$Text) {
    if ($Text -eq $script:Noted) { return }
    $script:Noted = $Text
    $line = (Get-Date).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ') + " $Text"
    if (Test-Path (Split-Path $LogFile)) { Add-Content -LiteralPath $LogFile -Value $line } else { Write-Host $line }
}

function Read-RequestLine($Peer) {
    $stream = $Peer.GetStream()
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $buffer = New-Object byte[] 4096
    $head = ''
    while (-not $head.Contains("`r`n`r`n")) {
        $left = $RequestTimeout - $clock.ElapsedMilliseconds
        if ($left -le 0 -or $head.Length -gt $MostBytes) { return '' }
        $stream.ReadTimeout = [int]$left
        $size = $stream.Read($buffer, 0, $buffer.Length)
        if ($size -eq 0) { return '' }
        $head += [Text.Encoding]::ASCII.GetString($buffer, 0, $size)
    }
    ($head -split "`r`n")[0]
}

function Send-Answer($Peer, [string]$Status, $Value, [bool]$WithBody) {
    $body = (ConvertTo-Json $Value -Compress) + "`n"
    $text = "HTTP/1.0 $Status`r`nServer: $Name`r`nContent-Type: application/json`r`n"
    $text += "Content-Length: $($body.Length)`r`nCache-Control: no-store`r`nConnection: close`r`n`r`n"
    if ($WithBody) { $text += $body }
    $bytes = [Text.Encoding]::ASCII.GetBytes($text)
    $stream = $Peer.GetStream()
    $stream.WriteTimeout = $RequestTimeout
    $stream.Write($bytes, 0, $bytes.Length)
}

function Answer-Request($Peer) {
    $words = (Read-RequestLine $Peer) -split ' '
    if ($words.Count -ne 3) { return Send-Answer $Peer '400 Bad Request' @{ error = 'no HTTP request' } $true }
    $get = $words[0] -ceq 'GET'
    if (-not $get -and $words[0] -cne 'HEAD') {
        return Send-Answer $Peer '501 Not Implemented' @{ error = 'ask with GET or HEAD' } $true
    }
    $path = ($words[1] -split '\?')[0]
    if ($path -cne '/health' -and $path -cne '/detail') {
        return Send-Answer $Peer '404 Not Found' @{ error = 'ask for /health or /detail' } $get
    }
    $health = Get-NodeHealth
    Write-Change "$($health.state) $(ConvertTo-Json $health -Compress)"
    if ($path -ceq '/detail') { return Send-Answer $Peer '200 OK' $health $get }
    if ($health.state -eq 'Unknown') { return Send-Answer $Peer '503 Service Unavailable' $health $get }
    Send-Answer $Peer '200 OK' @{ ApplicationHealthState = $health.state } $get
}

function Start-Server {
    $listener = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), $Port
    for ($tries = 1; ; $tries++) {
        # the server that this one follows may still be on its way out
        try { $listener.Start(16); break } catch { if ($tries -ge 20) { throw } else { Start-Sleep -Milliseconds 500 } }
    }
    if (Test-Path (Split-Path $LogFile)) { Set-Content -LiteralPath $LogFile -Value '' }
    Write-Change "listening on http://127.0.0.1:$Port/health"
    while ($true) {
        $peer = $null
        try {
            $peer = $listener.AcceptTcpClient()
            Answer-Request $peer
        } catch { Start-Sleep -Milliseconds 50 } finally { if ($peer) { $peer.Close() } }
    }
}

# As a scheduled task of the least account, at every start of the node; any number of times, as start tasks run.
function Install-Server {
    $log = Split-Path $LogFile
    [void][IO.Directory]::CreateDirectory($log)
    & icacls.exe $log /grant '*S-1-5-19:(OI)(CI)M' | Out-Null
    if ($LASTEXITCODE) { throw "${Name}: icacls ended with $LASTEXITCODE" }
    $arguments = "-NoProfile -NonInteractive -ExecutionPolicy Bypass -File `"$PSCommandPath`" -Port $Port -Timeout $Timeout -Agent `"$Agent`""
    if ($Own) { $arguments += " -Own `"$Own`"" }
    if ($OwnStatusOnly) { $arguments += ' -OwnStatusOnly' }
    $old = Get-ScheduledTask -TaskName $Name -ErrorAction SilentlyContinue
    if ($old) { Stop-ScheduledTask -TaskName $Name }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while ($old -and $old.State -eq 'Running' -and $clock.Elapsed.TotalSeconds -lt 10) {
        Start-Sleep -Milliseconds 200
        $old = Get-ScheduledTask -TaskName $Name
    }
    $task = @{
        TaskName = $Name
        Action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $arguments
        Trigger = New-ScheduledTaskTrigger -AtStartup
        Principal = New-ScheduledTaskPrincipal -UserId 'LOCALSERVICE' -LogonType ServiceAccount
        Settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([TimeSpan]::Zero) -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1)
    }
    Register-ScheduledTask @task -Force | Out-Null
    Start-ScheduledTask -TaskName $Name
    $clock.Restart()
    while ($clock.Elapsed.TotalSeconds -lt 30) {
        try {
            $answer = $Client.GetAsync("http://127.0.0.1:$Port/").Result
            if ("$($answer.Headers.Server)" -eq $Name) { return }
        } catch { $null = $_ }
        Start-Sleep -Milliseconds 200
    }
    throw "${Name}: does not answer on port $Port; see $LogFile and the scheduled task $Name"
}

$Client = New-Client
if ($Install) { Install-Server } else { Start-Server }
