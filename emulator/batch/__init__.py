"""The Batch data plane of local Azure: what the azure-batch SDK talks to, over HTTP on loopback."""
