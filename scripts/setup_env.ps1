<#
.SYNOPSIS
Set up carla_drl on Windows: runs scripts/setup_env.sh inside WSL.

.PARAMETER Distribution
WSL distribution to use; it is installed if it is absent. Needs Ubuntu 22.04 or later, or Debian 12.

.PARAMETER Dev
Also install what tests, linters and profilers need.
#>
[CmdletBinding()]
param(
    [string]$Distribution = "Ubuntu-24.04",
    [switch]$Dev
)
$ErrorActionPreference = "Stop"
$env:WSL_UTF8 = "1"  # else wsl.exe lists distributions in UTF-16

if (-not (Get-Command wsl.exe -ErrorAction SilentlyContinue)) {
    throw "setup_env.ps1: WSL is not there. Run 'wsl --install' as administrator, restart, and run me again."
}
$installed = @(wsl.exe --list --quiet) | ForEach-Object { $_.Trim() }
if ($installed -notcontains $Distribution) {
    Write-Host "[setup] installing $Distribution"
    wsl.exe --install --distribution $Distribution --no-launch
    if ($LASTEXITCODE -ne 0) {
        throw "setup_env.ps1: '$Distribution' could not be installed; 'wsl --list --online' shows what there is."
    }
}

function Invoke-Wsl([string]$User, [string]$Command) {
    $who = if ($User) { @("--user", $User) } else { @() }
    wsl.exe --distribution $Distribution @who --exec bash -c $Command
    if ($LASTEXITCODE -ne 0) {
        throw "setup_env.ps1: '$Command' failed in $Distribution; see its output above."
    }
}

$root = (Resolve-Path (Join-Path $PSScriptRoot "..")).Path
$path = (wsl.exe --distribution $Distribution --exec wslpath -a ($root -replace "\\", "/")).Trim()
if ($path -like "/mnt/*") {
    Write-Warning "$path is on a Windows drive, which WSL reads slowly; a clone inside WSL is several times faster."
}
Invoke-Wsl "root" "apt-get update -qq && apt-get install -y -qq g++ cmake make python3 python3-dev python3-venv"
$flags = if ($Dev) { " --dev" } else { "" }
Invoke-Wsl "" "cd '$path' && scripts/setup_env.sh$flags"
Write-Host "[setup] ready: wsl -d $Distribution, cd $path, make train"
