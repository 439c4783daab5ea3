"""The command `images`: the account's list against the catalogue."""

import json
import os
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from ..image_news import News, compare, parse_offered
from ..images import catalogue, expected
from . import batch
from .errors import BadUsage
from .options import Form
from .output import Output, write, write_json
from .settings import place, read_settings
from .text import clean_line, count


def images(
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="The account's endpoint. Default: AZURE_BATCH_ENDPOINT.")
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The account. Default: AZURE_BATCH_ACCOUNT, or the endpoint's."),
    ] = None,
    within: Annotated[
        int, typer.Option(metavar="DAYS", min=0, help="How near an end of support counts as a difference.")
    ] = 90,
    day: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Judge dates as of this day. Default: today.")
    ] = None,
    output: Form = Output.TABLE,
) -> None:
    """Which images of the catalogue the account no longer offers or soon will not, and which are new.

    The list is the account's own, which differs by region. The login is as for 'extension-pool status'.

    \b
    Examples:
      extension-pool images --endpoint myaccount.westeurope.batch.azure.com
      extension-pool images --within 30 --output json | jq -r '.images[] | select(.matters) | .title'

    \b
    Exit codes:
      0    nothing to do; new images may be listed
      1    an image of the catalogue is gone, or its support ends within --within days
      2    bad usage or configuration
      3    could not ask Azure
      130  interrupted
    """
    today = _day(day)
    with batch.connect(place(read_settings(os.environ, endpoint, account))) as opened:
        offered = [one for item in opened.supported_images() if (one := parse_offered(item)) is not None]
    news = compare(catalogue(), offered, today, within, expected())
    if output is Output.JSON:
        write_json(render_json(news, today))
    else:
        write(render_table(news, len(offered)))
    raise typer.Exit(1 if any(one.matters for one in news) else 0)


def render_table(news: Sequence[News], offered: int) -> str:
    """One line for each difference, those that matter first."""
    width = max((len(one.kind) for one in news), default=0)
    lines = [f"{one.kind:<{width}}  {clean_line(one.title)}: {clean_line(one.text)}" for one in news]
    acting = sum(one.matters for one in news)
    lines.append(f"{count(offered, 'image')} offered, {count(acting, 'difference')} to act on")
    return "\n".join(lines) + "\n"


def render_json(news: Sequence[News], today: date) -> str:
    """``{"date", "images": [{"kind", "title", "alias", "text", "matters", "endOfSupport"}]}``; these keys stay."""
    listed = [
        {
            "kind": one.kind,
            "title": one.title,
            "alias": one.alias,
            "text": one.text,
            "matters": one.matters,
            "endOfSupport": one.end_of_support.isoformat() if one.end_of_support else None,
        }
        for one in news
    ]
    return json.dumps({"date": today.isoformat(), "images": listed}, indent=2) + "\n"


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadUsage(f"--date: must be a day, got {text[:40]!r}; write for example 2026-11-20") from None
