"""Tags for everything that a program makes."""

from collections.abc import Callable, Mapping

import pulumi

Transformation = Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]


def tagging(tags: Mapping[str, str]) -> Transformation:
    """A transformation that adds `tags` to every resource with tags; those that a resource has itself win."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if "tags" not in args.props:
            return None
        own = args.props["tags"]
        merged = pulumi.Output.from_input(own or {}).apply(lambda own: {**tags, **own})
        # the options go back as they came: they say how a pool is replaced
        return pulumi.ResourceTransformationResult({**args.props, "tags": merged}, args.opts)

    return transform
