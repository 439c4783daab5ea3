"""Options that several commands have, apart from those that name pools (`asking`)."""

from typing import Annotated

import typer

from .output import Output

Form = Annotated[Output, typer.Option("--output", help="table for people, json for programs.", case_sensitive=False)]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Default: show what would be done.")]
