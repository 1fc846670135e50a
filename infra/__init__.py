"""What builds, serves and migrates Nexus; no deployed function imports it."""
