"""The commands of `nexus`: what each takes, what it prints, and how it says what went wrong."""
