"""What goes over the line between the command and the services of the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .forge_server import Server


@dataclass(frozen=True)
class User:
    """viewer: whether GraphQL tells who it is. user: whether `GET /user` does; not for the token of an app."""

    id: int
    login: str
    type: str
    writes: bool = True
    viewer: bool = True
    user: bool = False

    @property
    def guid(self) -> str:
        return f"00000000-0000-0000-0000-{self.id:012}"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    user: User | None
    server: Server

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.path.endswith("/graphql")


@dataclass
class Reply:
    """status 0: the line is cut without an answer."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
