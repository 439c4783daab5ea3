"""PowerShell Desired State Configuration.

https://learn.microsoft.com/azure/virtual-machines/extensions/dsc-overview
"""

from .base import WINDOWS, ExtensionType

DSC = ExtensionType("PowerShell DSC", "Microsoft.Powershell", "DSC", WINDOWS, "2.77")
