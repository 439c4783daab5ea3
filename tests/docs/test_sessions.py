"""Pages followed from top to bottom, on the real engine and a local Azure: what they show is what is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import pytest
import yaml

from emulator import Faults
from tests.docs.commands import PROGRAMS
from tests.docs.console import steps_of
from tests.docs.matching import mismatch
from tests.docs.pages import ROOT, blocks_of, read
from tests.docs.session import FOLLOWED, Ran, Session
from tests.docs.stacks import OPEN, OPERATED, ROLLED

pytestmark = [pytest.mark.engine, pytest.mark.drill]

LOCKED = (
    "DPKG frontend (/var/lib/dpkg/lock-frontend) is locked by another process, please try reinstalling after sometime"
)
"""As published: https://github.com/MicrosoftDocs/azure-docs/issues/111614."""


@pytest.fixture
def new_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Session]]:
    made: list[Session] = []

    def make() -> Session:
        made.append(Session(tmp_path_factory.mktemp("session")))
        return made[-1]

    yield make
    for session in made:
        session.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTENSION_POOL_GRANT_WAIT", "PT0S")
    monkeypatch.setenv("EXTENSION_POOL_GATE_POLL", "PT1S")


def differences(ran: Sequence[Ran]) -> list[str]:
    """What a page shows and its commands did not print, and what they could not do at all."""
    found = []
    for one in ran:
        if (line := mismatch(one.step.output, one.printed)) is not None:
            found.append(f"{one.step.place}: {one.step.command}: not printed: {line.strip()}\n{one.printed[-3000:]}")
        # 1 is a verdict, which the page shows
        if one.code not in (0, 1) or (one.code == 1 and not one.step.output):
            found.append(f"{one.step.place}: {one.step.command}: exit code {one.code}\n{one.printed[-3000:]}")
    return found


def not_run(page: str, ran: Sequence[Ran]) -> list[str]:
    """Commands whose output a page shows and that were not run."""
    steps = [step for block in blocks_of(page, read(page)) for step in steps_of(block, PROGRAMS)]
    shown = {step.place for step in steps if step.command and step.output}
    assert page in FOLLOWED
    return sorted(shown - {one.step.place for one in ran})


def commands(ran: Sequence[Ran]) -> list[str]:
    return [one.step.command for one in ran]


def test_a_newcomer_follows_the_readme(new_session: Callable[[], Session]) -> None:
    session = new_session()
    faster = ('pollingIntervalInS: "3600"', 'pollingIntervalInS: "60"')
    ran = session.follow(
        "README.md",
        {"make preview": lambda: session.edit("dev", *faster)},
        skip=("pulumi", "extension-pool", ".venv", "make test", "make review"),
    )
    assert commands(ran)[:2] == ["make up", "make preview"]
    assert not_run("README.md", ran) == []
    assert not differences(ran), "\n".join(differences(ran))


def test_whoever_starts_on_azure_gets_a_pool_that_works(new_session: Callable[[], Session]) -> None:
    session = new_session()
    session.ready()
    ran = session.follow(
        "docs/getting-started.md",
        {"pulumi preview --diff": lambda: session.edit("hpc", "Standard_D4s_v5", "Standard_D8s_v5")},
    )
    assert [one for one in commands(ran) if one.startswith("pulumi")] == [
        "pulumi stack select hpc --create",
        "pulumi preview",
        "pulumi up",
        "pulumi preview --diff",
        "pulumi destroy",
    ]
    assert not_run("docs/getting-started.md", ran) == []
    assert not differences(ran), "\n".join(differences(ran))


def test_an_operator_finds_and_cures_what_is_wrong(new_session: Callable[[], Session]) -> None:
    session = new_session()
    session.stack_file("prod").write_text(OPERATED, encoding="utf-8")
    session.ready()
    faults = Faults(session.store)
    faults.fail_extension("render", "monitoring", message=LOCKED, nodes=[3, 17], cured_by="reboot")
    faults.node_unusable("render", nodes=[8], cured_by="removal")
    session.local.pulumi("stack", "select", "--create", "prod")
    session.local.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", timeout=120)
    session.store.clock.advance(1200)
    ran = session.follow(
        "docs/operating.md",
        {},
        skip=("extension-pool migrate", "extension-pool rollback", "extension-pool images", ".venv"),
    )
    session.follow("docs/repair.md", {})
    ran = session.follow("docs/rollout.md", {})
    assert "extension-pool repair --stack prod --yes" in commands(ran)
    assert commands(ran)[-1] == "pulumi destroy --run-program"
    assert not_run("docs/operating.md", ran) == []
    assert not differences(ran), "\n".join(differences(ran))


def test_whoever_opens_a_pool_to_everybody_is_told_so(new_session: Callable[[], Session]) -> None:
    session = new_session()
    for stack in ("prod", "dev"):
        session.stack_file(stack).write_text(OPEN, encoding="utf-8")
    session.ready()
    for stack in ("prod", "dev"):
        session.local.pulumi("stack", "select", "--create", stack)
    ran = session.follow("docs/policy.md", {})
    assert [one.step.command.split()[-1] for one in ran] == ["policy", "policy", "policy/config/prod.json"]
    for one in ran:
        assert one.code == 1
        assert "[mandatory]  inbound-endpoints" in one.printed
        assert "without rules everybody reaches ssh (SSH)" in one.printed
    assert "production-rollout" in ran[-1].printed


def test_the_stack_prod_breaks_the_rules_that_the_page_names_and_keeps_them_with_what_it_adds(
    new_session: Callable[[], Session],
) -> None:
    section = read("docs/policy.md").partition("## Production")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z]+-[a-z]+)`", section.partition("```")[0]))
    (block,) = [one for one in blocks_of("docs/policy.md", section) if one.language == "yaml"]
    session = new_session()
    session.ready()
    session.local.pulumi("stack", "select", "--create", "prod")
    configuration = str(ROOT / "policy" / "config" / "prod.json")
    pack = ("--policy-pack", str(ROOT / "policy"), "--policy-pack-config", configuration, "--stack", "prod")
    before = session.local.pulumi("preview", *pack, check=False, timeout=120)
    assert before.returncode != 0
    assert set(re.findall(r"\[mandatory\] +([a-z-]+)", before.stdout + before.stderr)) == named
    added = yaml.safe_load(block.text.replace("SUB", "00000000-0000-0000-0000-000000000000"))
    file = session.stack_file("prod")
    tree = yaml.safe_load(file.read_text(encoding="utf-8"))
    for pool in tree["config"]["extension-pool:pools"].values():
        pool.update(added["extension-pool:pools"]["render"])
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    after = session.local.pulumi("preview", *pack, check=False, timeout=120)
    assert after.returncode == 0 and "[mandatory]" not in after.stdout, after.stdout + after.stderr


def test_whoever_goes_back_after_a_failed_gate_sees_what_the_page_shows(new_session: Callable[[], Session]) -> None:
    session = new_session()
    session.stack_file("prod").write_text(ROLLED, encoding="utf-8")
    session.ready()
    session.local.pulumi("stack", "select", "--create", "prod")
    session.local.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", timeout=120)
    old = _pool(session)
    session.edit("prod", 'typeHandlerVersion: "1.21"', 'typeHandlerVersion: "1.22"')
    planned = session.local.pulumi("preview", "--json", "--stack", "prod").stdout
    new = next(word for word in planned.split('"') if word.startswith("render-") and len(word) == 15 and word != old)
    Faults(session.store).fail_extension(new, "monitoring", message=LOCKED)
    failed = session.local.pulumi("up", "--yes", "--skip-preview", "--stack", "prod", check=False, timeout=120)
    assert failed.returncode != 0
    (step,) = [
        step
        for block in blocks_of("docs/ways-back.md", read("docs/ways-back.md"))
        for step in steps_of(block, PROGRAMS)
        if step.command == "extension-pool rollback --stack prod"
    ]
    session.run(step)
    assert not differences(session.ran), "\n".join(differences(session.ran))


def _pool(session: Session) -> str:
    return next(row.name for row in session.store.living("Microsoft.Batch/batchAccounts/pools"))
