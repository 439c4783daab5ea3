"""The provider's way to ARM: the calls of PAN crud.go and client_azcore.go, answered by the store of local Azure."""

from __future__ import annotations

import threading
from typing import Any

from emulator.arm import Arm
from emulator.arm.context import SUBSCRIPTION, Answer, parse
from emulator.provider import shapes
from emulator.provider.resources import Spec


class AzureFailure(Exception):
    """What the user sees of an ARM error: code and message; details are dropped (PAN newResponseError)."""


class Azure:
    """ARM as the provider uses it. `stop` ends waiting when the engine goes away."""

    def __init__(self, arm: Arm, stop: threading.Event) -> None:
        self.arm = arm
        self.stop = stop
        self.subscription = SUBSCRIPTION
        self.location = ""
        self._locations: dict[str, str] = {}

    def read(self, spec: Spec, resource_id: str) -> dict[str, Any] | None:
        """The resource's ARM body; None when ARM answers 404."""
        answer = self.arm.get(resource_id, spec.api_version)
        if answer.status == 404:
            return None
        return _body(answer)

    def create(self, spec: Spec, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """(id, outputs) of a new resource. A GET comes first: an existing one is never taken over."""
        resource_id = spec.resource_id(inputs, self.subscription)
        if self.arm.get(resource_id, spec.api_version).status != 404:
            raise AzureFailure(f"cannot create already existing resource '{resource_id}'")
        written = _body(self.arm.put(resource_id, shapes.to_body(spec, inputs), spec.api_version))
        # The canonical id is the one in the answer, not the request's path.
        resource_id = str(written.get("id", resource_id))
        read = self.read(spec, resource_id)
        return resource_id, shapes.to_outputs(spec, written if read is None else read)

    def update(self, spec: Spec, inputs: dict[str, Any]) -> dict[str, Any]:
        """Outputs after a PUT of the full body."""
        resource_id = spec.resource_id(inputs, self.subscription)
        body = shapes.to_body(spec, inputs)
        for name in spec.maintained:
            if shapes.given(spec, inputs, name) is None:
                # Unset on update means: keep what is there (PAN MaintainSubResourcePropertiesIfNotSet).
                current = (self.read(spec, resource_id) or {}).get("properties", {})
                body["properties"][name] = current.get(name, [])
        written = _body(self.arm.put(resource_id, body, spec.api_version))
        read = self.read(spec, resource_id)
        return shapes.to_outputs(spec, written if read is None else read)

    def delete(self, spec: Spec, resource_id: str) -> None:
        """Gone when this returns: 404 is success, 202 is polled with its Retry-After, on the clock of local Azure."""
        answer = self.arm.delete(resource_id, spec.api_version)
        if answer.status == 404:
            return
        if not answer.ok:
            raise failure(answer)
        if answer.status != 202:
            return
        parsed = parse(resource_id)
        while self.arm.store.find(resource_id if parsed is None else parsed.text) is not None:
            if not self.arm.store.clock.sleep(float(answer.headers["Retry-After"]), self.stop):
                raise AzureFailure(f"the deletion of {resource_id} was cancelled; it goes on in local Azure")

    def invoke_post(self, spec: Spec, resource_id: str, action: str) -> dict[str, Any]:
        return _body(self.arm.post(f"{resource_id}/{action}", {}, spec.api_version))

    def group_location(self, group: str) -> str:
        """The location of a resource group, empty when there is none; read once."""
        if group not in self._locations:
            answer = self.arm.get(f"/subscriptions/{self.subscription}/resourceGroups/{group}", "2020-10-01")
            if not answer.ok:
                return ""
            self._locations[group] = str((answer.body or {})["location"])
        return self._locations[group]


def failure(answer: Answer) -> AzureFailure:
    error = (answer.body or {}).get("error", {})
    return AzureFailure(f'Status={answer.status} Code="{error.get("code")}" Message="{error.get("message")}"')


def _body(answer: Answer) -> dict[str, Any]:
    if not answer.ok:
        raise failure(answer)
    return answer.body or {}
