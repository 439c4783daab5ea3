"""Pools and findings for the tests of the HTML page, whose texts go through `say`; and a reader of pages."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

from extension_pool.ops.diagnosis import Cause, Finding, Remedy
from extension_pool.ops.health import PoolHealth, Verdict, judge_pool
from extension_pool.ops.html_page import render_html
from extension_pool.ops.snapshot import (
    Answer,
    Image,
    Node,
    NodeExtension,
    NodeReading,
    Pool,
    PoolReading,
    Problem,
    StartTask,
    Status,
)

WHEN = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
Say = Callable[[str], str]

FORBIDDEN = "Failed to fetch https://kv.vault.azure.net/secrets/site\r\n  Forbidden: the identity has no access."
ROLE = "az role assignment create --role 'Key Vault Secrets User' --assignee-object-id '<principal id>'"

HOSTILE = (
    "<script>document.title='owned'</script>",
    "</style></title></pre><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;script&gt;&#60;b&#62;",
    "\u202egnp.exe\u2066\x1b[2J\x00\x9b31m",
    "<!--",
    "]]><?php",
    "a\r\nb\u2028c\x85d",
    "\u05d0\u05d1 \u0627\u0644",
    "x" * 3000,
)
TEXTS = ("data-w", "aria-label")


class Page(HTMLParser):
    """A page as a parser sees it: its elements with all attributes that are no texts, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, ...]] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.other: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = []
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            link = name == "href" and (value or "").startswith("https://")
            words.append(name if name in TEXTS or link else f"{name}={value}")
        self.elements.append(("/".join(self.open), tag, *words))
        if tag not in {"meta", "link", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    @property
    def text(self) -> str:
        return "\n".join(text for tag, texts in self.texts.items() if tag != "style" for text in texts)

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


def render(*pools: PoolHealth, findings: Sequence[Finding] = (), when: datetime = WHEN) -> str:
    return render_html(pools, when=when, findings=findings)


def mixed(say: Say = str) -> PoolHealth:
    """A pool of nine nodes with a bit of everything."""
    ready = Status("ProvisioningState/succeeded", "info", say("Ready"), say("Started."), WHEN - timedelta(minutes=4))
    denied = Status(
        "ProvisioningState/failed/1009", "error", say("Not ready"), say(FORBIDDEN), WHEN - timedelta(hours=3)
    )
    moving = Status("ProvisioningState/updating", "info", say("Updating"), say("Downloading."))
    odd = Status(say("Paused"), "info", "", say("Paused by the agent."))

    def vault(status: Status) -> NodeExtension:
        return NodeExtension(
            say("secretext"), say("Microsoft.Azure.KeyVault"), say("KeyVaultForLinux"), say("3.0"), "", (status,)
        )

    def monitor(status: Status) -> NodeExtension:
        return NodeExtension(
            say("monitoring"), say("Microsoft.Azure.Monitor"), say("AzureMonitorLinuxAgent"), say("1.0"), "", (status,)
        )

    def node(number: int, state: str, *extensions: NodeExtension, **more: object) -> NodeReading:
        changed = WHEN - timedelta(minutes=7 * number * number)
        drawn = Node(say(f"tvmps_0a_{number}_d"), state, changed=changed, **more)  # type: ignore[arg-type]
        return NodeReading(drawn, Answer.ANSWERED, extensions)

    nodes = (
        node(1, "idle", vault(ready), monitor(ready)),
        node(2, "running", vault(denied), monitor(moving)),
        node(3, "idle", vault(denied), monitor(odd), NodeExtension(say("zextra"), statuses=(ready,))),
        node(4, "idle", vault(ready)),
        node(5, "unusable", errors=(Problem(say("DiskFull"), say("There is not enough disk space.")),)),
        NodeReading(Node(say("tvmps_0a_6_p"), "preempted"), Answer.NOT_ASKED),
        NodeReading(
            Node(say("tvmps_0a_7_d"), "idle"), Answer.NO_ANSWER, problem=Problem(say("ServerBusy"), say("Busy."))
        ),
        node(8, "starting"),
        node(
            9,
            "starttaskfailed",
            start_task=StartTask("completed", 1, Problem(say("FailureExitCode"), say("Task failed."))),
        ),
    )
    pool = Pool(
        id=say("linux"),
        state="active",
        allocation_state="steady",
        expected=(say("secretext"), say("monitoring")),
        target_nodes=12,
        target_dedicated=11,
        target_spot=1,
        vm_size=say("Standard_D2s_v3"),
        image=Image(say("canonical"), say("ubuntu-24_04-lts"), say("server"), say("latest")),
        resize_errors=(Problem(say("AccountCoreQuotaReached"), say("The specified account has reached core quota.")),),
    )
    return judge_pool(PoolReading(pool, nodes), say("acct"))


def findings(say: Say = str) -> tuple[Finding, ...]:
    """What a diagnosis of the pool may be: a known cause, an unknown one, and one that is advice only."""
    refused = Cause(
        "vault-refuses-identity",
        say("The vault refuses the identity"),
        (say("Give the pool's identity the role Key Vault Secrets User on the vault."), say("Then reboot the nodes.")),
        say("https://learn.microsoft.com/azure/key-vault/general/rbac-guide"),
        Remedy.REBOOT,
    )
    image = Cause("image-past-support", say("The image is past its support"), (), say("a page"), Remedy.RECREATE)
    pool, account = say("linux"), say("acct")
    nodes = (say("tvmps_0a_2_d"), say("tvmps_0a_3_d"))
    return (
        Finding(pool, account, say("secretext"), refused, say(FORBIDDEN), nodes, say(ROLE), Verdict.FAILED, "1009"),
        Finding(
            pool,
            account,
            "node",
            None,
            say("There is not enough disk space."),
            nodes,
            None,
            Verdict.FAILED,
            say("DiskFull"),
        ),
        Finding(pool, account, "pool", image, "", (), None, Verdict.WAITING),
    )


def calm() -> PoolHealth:
    """Two nodes, all well."""
    ready = NodeExtension("secretext", statuses=(Status("ProvisioningState/succeeded"),))
    nodes = tuple(NodeReading(Node(name, "idle"), Answer.ANSWERED, (ready,)) for name in ("tvm1", "tvm2"))
    return judge_pool(PoolReading(Pool("calm", expected=("secretext",), target_nodes=2), nodes), "acct")


def many(number: int = 10_000) -> PoolHealth:
    """A pool with node ids as long as Azure's, a few per cent of it failing."""
    reports: list[tuple[NodeExtension, ...]] = []
    for word in ("succeeded", "failed/1009", "transitioning"):
        status = Status(f"ProvisioningState/{word}", "info", "", FORBIDDEN if "failed" in word else "", WHEN)
        reports.append(tuple(NodeExtension(name, statuses=(status,)) for name in ("secretext", "monitoring")))
    nodes = []
    for index in range(number):
        kind = 1 if index % 29 == 0 else 2 if index % 53 == 0 else 0
        changed = WHEN - timedelta(seconds=index * 7)
        node = Node(f"tvmps_{index * 2654435761 % 2**256:064x}_d", "running" if index % 3 else "idle", changed=changed)
        nodes.append(NodeReading(node, Answer.ANSWERED, reports[kind]))
    pool = Pool("rendering", expected=("secretext", "monitoring"), target_nodes=number, allocation_state="steady")
    return judge_pool(PoolReading(pool, tuple(nodes)), "acct")
