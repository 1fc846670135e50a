"""The version of Nexus, the only place that says it."""

VERSION = "0.2.0"
