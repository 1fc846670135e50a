"""The commands of `nexus`: their arguments, their output and their error messages."""
