"""What a change would do to every stack: from the state that the base branch gives to what the working tree wants.

Each stack is built as the base has it, in a local Azure of its own, and then previewed with the working tree's program,
uncommitted changes included. `extension-pool report` says what that means. There is no cloud in it and no account: the
state of a real environment may have more than its files say.
"""

import fcntl
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.base_states import (
    BaseStates,
    NotBuilt,
    Say,
    alone,
    begin_azure,
    local_of,
    remove_old,
    surround,
    told_by,
)
from engine.get import ROOT
from engine.local import CommandFailed, Local
from engine.processes import end_those_of_threads, run
from engine.project import parse_stack_text
from engine.revisions import Base, Repository
from engine.sealed import Refused

FOLDER = ROOT / ".local" / "review"
AT_ONCE = min(4, os.cpu_count() or 1)
"""Stacks that are worked on side by side: each keeps about one core busy."""

_PREVIEW = ("preview", "--json", "--non-interactive", "--show-replacement-steps")
"""Without the last, the JSON leaves out an old pool that an earlier update was to delete."""

PACKAGES = ("requirements.txt", "constraints.txt")
"""Files that say which packages a project runs with; base and working tree run with those that are installed."""


@dataclass(frozen=True)
class Reviewed:
    """base: what the working tree was compared with. previews: for each stack what `pulumi preview --json` printed; for
    one that came to no preview, the error as pulumi writes one."""

    base: Base
    previews: Mapping[str, Path]


class Review:
    """Reviews one project.

    program: the folder of its Pulumi.yaml. folder: what is kept between runs, and all else that is written.
    say: gets each one-line notice. environ: where a pipeline says what it runs for.
    """

    def __init__(
        self,
        program: Path = ROOT,
        folder: Path = FOLDER,
        *,
        say: Say | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.program = program.resolve()
        self.folder = folder.resolve()
        self.environ = environ
        self._say = say or (lambda line: print(line, file=sys.stderr, flush=True))
        self._told: set[str] = set()
        self._telling = threading.Lock()

    def preview(self, base: str | None = None, stacks: Sequence[str] = ()) -> Reviewed:
        """Previews the stacks, all when none is named. The previews of the last runs stay in `<folder>/previews`.

        base: the revision to compare with; None finds it. Raises Refused when it or a stack cannot be had,
        get.EngineError when there is no engine; a stack that fails has its error among the previews.
        """
        found = Repository(self.program).find_base(base, self.environ)
        with alone(self.folder, fcntl.LOCK_SH):
            (self.folder / "runs").mkdir(exist_ok=True)
            scratch = Path(tempfile.mkdtemp(dir=self.folder / "runs"))
            try:
                previews = self._preview(found, stacks, scratch)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        remove_old(self.folder)
        return Reviewed(found, previews)

    def _preview(self, base: Base, wanted: Sequence[str], scratch: Path) -> dict[str, Path]:
        tree = Local(scratch / "tree", self.program, say=self.say)
        tree.refuse()
        engine = tree.engine
        states = BaseStates(base, self.folder, scratch, engine, self.say)
        stacks = self._stacks(tree, states, wanted)
        tree.install_plugin()
        self.say(f"engine: {engine}")
        self.say(f"base: {base}")
        self._tell_differences(base, states.settings.get("name"), tree.project.name())

        def one(stack: str) -> str:
            started = time.monotonic()
            text = _OneStack(self, states, scratch / "stacks" / stack, stack).preview()
            self.say(f"{stack}: previewed in {time.monotonic() - started:.1f} s")
            return text

        pool = ThreadPoolExecutor(max_workers=AT_ONCE)
        try:
            texts = list(pool.map(one, stacks))
        except KeyboardInterrupt as error:
            end_those_of_threads(error)
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return self._keep(dict(zip(stacks, texts, strict=True)))

    def _stacks(self, tree: Local, states: BaseStates, wanted: Sequence[str]) -> list[str]:
        """The stacks to preview: those of the working tree. One that only the base has is told of.

        A file that git is told to ignore is somebody's own and no part of the change; asked for by name it is reviewed.
        """
        now, before = tree.project.stacks(), states.stacks
        for stack in wanted:
            if stack not in now and stack not in before:
                tree.check_stack(stack)
        for stack in before:
            if stack not in now and (not wanted or stack in wanted):
                self.say(
                    f"{stack}: its file is removed; what it made stays in Azure until `pulumi destroy --stack {stack}`"
                )
        folder = os.path.relpath(tree.project.stacks_folder(), self.program)
        own = states.base.repository.ignored([f"{folder}/Pulumi.{stack}.yaml" for stack in now])
        chosen = [stack for stack in now if stack in wanted or not (wanted or f"{folder}/Pulumi.{stack}.yaml" in own)]
        for stack in chosen:
            tree.check_stack(stack)
        return chosen

    def _tell_differences(self, base: Base, before: object, now: str) -> None:
        """before, now: the project's name, in the base and in the working tree."""
        if before is not None and before != now:
            self.say(f"Pulumi.yaml: the project was {before!r} and is {now!r}: to Pulumi all of its stacks are new")
        if changed := base.changed(PACKAGES):
            self.say(
                f"{' and '.join(changed)}: changed since the base; the base is built with the packages that are "
                "installed now, so what other versions of them would change is not seen"
            )

    def _keep(self, texts: Mapping[str, str]) -> dict[str, Path]:
        """Writes the previews into a folder of this run's own: a report must not read those of another one."""
        (self.folder / "previews").mkdir(exist_ok=True)
        kept = Path(tempfile.mkdtemp(dir=self.folder / "previews", prefix=time.strftime("%Y%m%d-%H%M%S-")))
        files = {stack: kept / f"{stack}.json" for stack in texts}
        for stack, file in files.items():
            file.write_text(texts[stack], encoding="utf-8")
        return files

    def say(self, line: str) -> None:
        """Tells a line once in a run: what holds for the base mostly holds for the working tree as well.

        It may quote a stranger's file, and the log of a pipeline's run is read for commands (`##vso[`, `##[`).
        """
        line = "".join(one if one.isprintable() else " " for one in line).replace("#", "# ")
        with self._telling:
            if line not in self._told:
                self._told.add(line)
                self._say(line)


class _OneStack:
    """One stack in a folder of its own, which is this run's."""

    def __init__(self, review: Review, states: BaseStates, work: Path, stack: str) -> None:
        self.review = review
        self.states = states
        self.stack = stack
        self.local = local_of(work, review.program, stack, engine=states.engine, say=review.say)

    def preview(self) -> str:
        """What `pulumi preview --json` prints, or the error in its place."""
        new = self.stack not in self.states.stacks or self.states.settings.get("name") != self.local.project.name()
        try:
            if new:
                self.review.say(f"{self.stack}: is new: the base has no such stack")
            else:
                self.states.copy(self.stack, self.local.work)
            try:
                return self._previewed(new)
            finally:
                self.local.stop_azure()
        except NotBuilt as error:
            return f"error: the base, {self.states.base}, cannot be built on local Azure:\n{error}\n"
        except CommandFailed as error:
            return f"error: {told_by(error.stdout or '', error.stderr or '')}\n"
        except (Refused, OSError, UnicodeDecodeError) as error:
            return f"error: {error}\n"

    def _previewed(self, new: bool) -> str:
        text = (self.local.project.stacks_folder() / f"Pulumi.{self.stack}.yaml").read_text(encoding="utf-8")
        if not new:
            self._tell_of_keys(text)
        if new:
            begin_azure(self.local)
        for line in surround(self.local, text):
            self.review.say(f"{self.stack}: {line}")
        self.local.start_azure()
        if new:
            self.local.pulumi("stack", "init", self.stack)
        result = self.local.pulumi(*_PREVIEW, "--stack", self.stack, check=False)
        return whole(result.stdout, result.stderr, result.returncode)

    def _tell_of_keys(self, text: str) -> None:
        """Encrypted with another key, every secret has another text, whether it is another or not."""
        before = parse_stack_text(self.states.base.read(self.states.file(self.stack)) or "", "the base's stack file")
        now = parse_stack_text(text, "the stack file")
        keys = ("secretsprovider", "encryptedkey", "encryptionsalt")
        if any(before.get(key) is not None and before.get(key) != now.get(key) for key in keys):
            self.review.say(
                f"{self.stack}: is encrypted anew since the base; whether its secrets are others cannot be seen, and "
                "they show as changed"
            )


def whole(out: str, err: str, code: int) -> str:
    """What a preview printed, in which a failure is always told: one that failed and names no error gets it."""
    try:
        document: Any = json.loads(out)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return "\n".join(part for part in (out.strip(), err.strip()) if part) + "\n"
    told = document.get("diagnostics") or []
    if code == 0 or any(one.get("severity") == "error" for one in told):
        return out
    message = err.strip() or f"the preview ended with exit code {code}"
    return json.dumps({**document, "diagnostics": [*told, {"message": message, "severity": "error"}]})


def report(review: Review, reviewed: Reviewed, outputs: Sequence[str] = (), options: Sequence[str] = ()) -> int:
    """Prints the report in the terminal, by the command that a pipeline uses as well; returns its exit code.

    outputs: files that get it too, as Markdown (`.md`) or as JSON (`.json`). options: further ones of the command.
    Where no stack is left there is nothing to report.
    """
    if not reviewed.previews:
        review.say("no stack is left to preview")
        return 0
    local = Local(review.folder, review.program, variables={"PYTHONPATH": str(review.program / "components")})
    # Sealed as well: what it reads may come from a stranger, and so may it.
    environment = local.environment()
    command: list[str | Path] = [local.python.with_name("extension-pool"), "report"]
    for stack, file in reviewed.previews.items():
        command += ["--preview", f"{stack}={file}"]
    command += ["--base", reviewed.base.name, *options]
    for name in outputs:
        if name.endswith(".md"):
            command += ["--markdown", str(Path(name).absolute())]
    code = run(command, env=environment, cwd=review.program, capture=False).returncode
    for name in outputs:
        if name.endswith(".json"):
            asked = [*command, "--output", "json"]
            Path(name).write_text(run(asked, env=environment, cwd=review.program, capture=True).stdout, "utf-8")
    return code


def check_outputs(names: Sequence[str]) -> None:
    """Raises Refused for a file that the report cannot be written to as what its name says."""
    for name in names:
        if not name.endswith((".md", ".json")):
            raise Refused(f"--output {name}: a report is written to a file that ends in .md or .json")
        if not Path(name).absolute().parent.is_dir():
            raise Refused(f"--output {name}: there is no such folder")
