"""The plugin's server: makes an `ExtensionPool` for each that a program in another language declares.

Pulumi's own `component_provider_host` does this for any component. This one adds what users of this one need: values in
the forms of other languages (`wire`), the names of the package schema, each problem as an error of its property, and
one line for whatever else goes wrong, never a stack.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, cast

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc

from ..args import ExtensionPoolArgs
from ..checks import check_pool
from ..field_docs import in_stack_words
from ..pool import ExtensionPool, InvalidPoolError
from ..problems import InvalidInput, Later, Notice, Problem, open_later, render_path
from ..spec import PoolSpec, arm_name, arm_path, plain_tree
from ..validation import parse_model, replace_at
from .package import TOKEN, package_schema, package_version
from .wire import Arrived, arguments_tree, find_no_data, may_be_shown, read_value

_SNAKE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_OUTPUTS = ("pool_id", "pool_name", "identity_id", "client_id", "principal_id", "extension_names")

# As in Pulumi's own plugins: the properties of a pool can be more than gRPC's 4 MB, and a busy program may leave a
# request waiting for long.
_GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.server_max_unrequested_time_in_server", 30 * 60),
]


def pool_arguments(inputs: Mapping[str, Arrived], schema: Mapping[str, Any], today: date) -> ExtensionPoolArgs:
    """What arrived as arguments of `ExtensionPool`. Raises InvalidInput with every problem, in the program's words."""
    tree = arguments_tree(inputs, schema["resources"][TOKEN], schema["types"])

    def rules(spec: PoolSpec) -> list[Problem]:
        return [in_their_words(one) for one in check_pool(spec, today).problems]

    nothing = [Problem(path, f"must be plain data, not {one.name}", do=one.do) for path, one in find_no_data(tree)]
    for problem in nothing:
        tree = replace_at(tree, problem.path, Later(None))
    try:
        spec = parse_model(PoolSpec, tree, rules, stack_words=True)
    except InvalidInput as error:
        told = [_as_text(one) for one in error.problems if one.path not in {other.path for other in nothing}]
        raise InvalidInput([*nothing, *told]) from None
    if nothing:
        raise InvalidInput(nothing)
    return cast(ExtensionPoolArgs, open_later(plain_tree(spec)))


def _as_text(problem: Problem) -> Problem:
    """A number where a text belongs often comes from the configuration, which YAML reads as it likes."""
    if problem.rule != "must be a string" or not isinstance(problem.value, (int, float)):
        return problem
    return problem._replace(do="write it as text in the program, in quotes")


def in_their_words(problem: Problem) -> Problem:
    """A problem of the arguments in the words of other languages."""
    return problem._replace(
        path=arm_path(problem.path),
        rule=in_stack_words(problem.rule),
        allowed=in_stack_words(problem.allowed),
        do=in_stack_words(problem.do),
    )


def notice_in_their_words(notice: Notice) -> Notice:
    """A warning in the words of other languages."""
    return Notice(arm_path(notice.path), in_stack_words(notice.text))


def option_in_their_words(said: str) -> str:
    """A warning of an option in the words of other languages: every name in it is an option's or an argument's."""
    return _SNAKE.sub(lambda found: arm_name(found[0]), said)


def input_errors(name: str, problems: Sequence[Problem], inputs: Mapping[str, Arrived]) -> pulumi.InputPropertiesError:
    """The problems of a pool, each as the error of the property that it is about.

    The engine shows the value of such a property itself, whatever it is. So a problem of a secret, or of what may have
    one inside, stands in the message, in the engine's form.
    """
    message, errors = f"ExtensionPool {name!r} cannot be made", []
    for one in problems:
        path, reason = render_path(one.path), one.sentence("").removeprefix(": ")
        if may_be_shown(inputs, one.path):
            errors.append(pulumi.InputPropertyErrorDetails(property_path=path, reason=reason))
        else:
            message += f"\n\t\t- property {path} has a problem: {reason}"
    return pulumi.InputPropertiesError(message, errors)


class PluginPool(ExtensionPool):
    """The component as the plugin makes it."""

    _worded = staticmethod(notice_in_their_words)
    _option_worded = staticmethod(option_in_their_words)


class ExtensionPoolProvider(Provider):
    """The package's one component."""

    def __init__(self) -> None:
        self._schema = package_schema()
        super().__init__(package_version(), json.dumps(self._schema))

    def construct(
        self, name: str, resource_type: str, inputs: Any, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        if resource_type != TOKEN:
            raise pulumi.RunError(f"{resource_type} is not in this package; it has {TOKEN}")
        try:
            arguments = pool_arguments(inputs, self._schema, date.today())
        except InvalidInput as error:
            raise input_errors(name, error.problems, inputs) from None
        pool = PluginPool(name, arguments, options)
        outputs = {arm_name(one): getattr(pool, one) for one in _OUTPUTS}
        return ConstructResult(pool.urn, {key: value for key, value in outputs.items() if value is not None})


class Servicer(ProviderServicer):
    """Pulumi's servicer with inputs as they arrived, all options, and errors for people."""

    @staticmethod
    async def _construct_inputs(inputs: Any, input_dependencies: Any) -> dict[str, Any]:
        def arrived(name: str, value: Any) -> Arrived:
            urns = input_dependencies[name].urns if name in input_dependencies else ()
            return _with_urns(read_value(value), frozenset(urns))

        return {name: arrived(name, value) for name, value in inputs.fields.items()}

    @staticmethod
    def _construct_options(request: Any) -> pulumi.ResourceOptions:
        options = ProviderServicer._construct_options(request)
        # Pulumi's servicer leaves these out. On a component they do nothing, and its user is told so.
        options.delete_before_replace = request.deleteBeforeReplace or None
        options.additional_secret_outputs = list(request.additionalSecretOutputs) or None
        if request.HasField("customTimeouts"):
            # Pulumi's servicer reads them and forgets to pass them on.
            sent = request.customTimeouts
            options.custom_timeouts = pulumi.CustomTimeouts(
                create=sent.create or None, update=sent.update or None, delete=sent.delete or None
            )
        return options

    async def Construct(self, request: Any, context: Any) -> Any:
        try:
            return await self._construct(request, context)
        except Exception as error:
            await self._refuse(_cause(error), request, context)

    async def _refuse(self, error: Exception, request: Any, context: Any) -> NoReturn:
        if isinstance(error, InvalidPoolError):
            inputs = await self._construct_inputs(request.inputs, {})
            error = input_errors(request.name, [in_their_words(one) for one in error.problems], inputs)
        if isinstance(error, pulumi.InputPropertiesError):
            await context.abort_with_status(self.create_grpc_invalid_properties_status(error.message, error.errors))
        if isinstance(error, pulumi.RunError):
            await context.abort(grpc.StatusCode.UNKNOWN, str(error))
        pulumi.log.debug("".join(traceback.format_exception(error)))
        await context.abort(grpc.StatusCode.UNKNOWN, unexpected(error, request.name))
        raise AssertionError("abort raises")


def unexpected(error: Exception, name: str) -> str:
    """One line on an error that nobody foresaw, with its place in our code."""
    place = next(
        (frame for frame in reversed(traceback.extract_tb(error.__traceback__)) if "extension_pool" in frame.filename),
        None,
    )
    where = f" at {Path(place.filename).name}:{place.lineno}" if place else ""
    said = " ".join(str(error).split())
    return f"ExtensionPool {name!r} met {type(error).__name__}: {said}{where}; --debug shows the whole of it"


def _cause(error: Exception) -> Exception:
    """What was wrong with the input, where something that waited for it failed in turn."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (pulumi.InputPropertiesError, pulumi.RunError)):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error


def _with_urns(arrived: Arrived, urns: frozenset[str]) -> Arrived:
    """Dependencies of a whole property go to all of it only where nothing in it says what depends on them."""
    return arrived if urns <= _urns(arrived) else arrived.below(Arrived(None, urns=urns))


def _urns(arrived: Arrived) -> frozenset[str]:
    value = arrived.value
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return arrived.urns.union(*(_urns(one) for one in inner))


def serve() -> None:
    """Serves the engine until it ends the plugin. The engine's address is the first argument of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("engine", help="address of the Pulumi engine")
    options, _ = parser.parse_known_args()

    async def until_ended() -> None:
        server = grpc.aio.server(options=_GRPC_OPTIONS)
        servicer = Servicer(ExtensionPoolProvider(), sys.argv[1:], options.engine)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        # the engine reads the port from the first line
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await server.wait_for_termination()

    try:
        asyncio.run(until_ended())
    except KeyboardInterrupt:
        pass
