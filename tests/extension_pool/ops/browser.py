"""A real browser for tests: a headless Chromium, spoken to over a pipe with the DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/; with `--remote-debugging-pipe` the browser reads messages from file
descriptor 3 and writes them to 4, each ended by a NUL byte.
"""

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

# `chromium-browser` last: on Ubuntu it is a snap, which cannot read the folders of tests.
NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "chromium-browser")
PATIENCE = 30.0


def find_browser() -> str | None:
    """The path of a browser of Chromium's family, if one is installed."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One browser process with a profile of its own; close it."""

    def __init__(self, path: str, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()

        def as_three_and_four() -> None:
            # first away from 3 and 4, which they may be themselves
            incoming, outgoing = os.dup(to_read), os.dup(to_write)
            os.dup2(incoming, 3)
            os.dup2(outgoing, 4)

        # The sandbox starts neither for root nor in most containers; what is opened here was rendered here.
        flags = ["--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-background-networking"]
        self._process = subprocess.Popen(
            [path, *flags, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=as_three_and_four,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        try:
            self.call("Browser.close")
            self._process.wait(PATIENCE)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        """Sends a command and waits for its answer; what happens meanwhile is added to `events`."""
        self._last += 1
        message: dict[str, object] = {"id": self._last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]  # type: ignore[no-any-return]
            self.events.append(answer)

    def wait_for(self, method: str, session: str) -> None:
        """Returns when the event has come, also if it has come already."""
        while not any(event.get("method") == method and event.get("sessionId") == session for event in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            got = os.read(self._read, 1 << 20)
            if not got:
                raise OSError("the browser has ended")
            self._buffer += got
        line, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(line)  # type: ignore[no-any-return]


class Tab:
    """A page in the browser, `width` CSS pixels wide, with a record of what it did."""

    def __init__(self, browser: Browser, address: str, width: int = 1200, height: int = 800) -> None:
        self._browser = browser
        browser.events.clear()
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        # a page that cannot be written to is loaded already when the command answers
        self.call("Page.navigate", url=address)
        browser.wait_for("Page.loadEventFired", self._session)

    def call(self, method: str, **params: object) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)

    def look(self, expression: str) -> Any:
        """The value of a JavaScript expression; run by the debugger, it works where pages may run nothing."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def prefer(self, **features: str) -> None:
        """Media features as the user has them: `prefer(scheme="dark")` is prefers-color-scheme."""
        names = [{"name": f"prefers-color-{name}", "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=names)

    def requests(self) -> list[str]:
        """The addresses that the page asked for, itself excepted."""
        asked = [event["params"]["request"]["url"] for event in self._of("Network.requestWillBeSent")]
        return asked[1:]

    def complaints(self) -> list[str]:
        """What the browser wrote to the console: errors, violations, dialogs, what scripts print."""
        said = [event["params"]["entry"]["text"] for event in self._of("Log.entryAdded")]
        said += [str(event["params"]) for event in self._of("Runtime.exceptionThrown")]
        said += [str(event["params"]) for event in self._of("Runtime.consoleAPICalled")]
        return said + [str(event["params"]) for event in self._of("Page.javascriptDialogOpening")]

    def _of(self, method: str) -> list[dict[str, Any]]:
        return [
            event
            for event in self._browser.events
            if event.get("method") == method and event.get("sessionId") == self._session
        ]

    def close(self) -> None:
        self._browser.call("Target.closeTarget", targetId=self._target)
