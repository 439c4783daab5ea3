"""`ExtensionPool` for programs in other languages: its package schema, what arrives from them, and the plugin's server.

Pulumi runs the component as a plugin and hands over what a program in YAML, TypeScript, Go, C# or Java gave it. The
words of these programs are those of the stack files (camelCase), and so are the paths in what they are told.
"""
