"""One comment for each pull request, on GitHub and on Azure DevOps, and the summary of the run.

`comment` is pure: the marker by which a comment is found again, and which of several stays. `keeping` brings a pull
request to one comment; `github` and `azure_devops` speak to the services, `http` is how.
"""

from .forge import Action, Forge, Posted, open_forge
from .summary import write_summary

__all__ = ["Action", "Forge", "Posted", "open_forge", "write_summary"]
