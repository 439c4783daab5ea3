"""The Pulumi resource provider that poses as `azure-native` and answers from local Azure.

Behaviour follows the source of the real one, pulumi/pulumi-azure-native, provider/pkg (tag PAN in comments): read near
release 3.29, not at its tag.
"""
