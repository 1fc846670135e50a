"""The version of Nexus, which everything that tells one reads here."""

VERSION = "0.2.0"
