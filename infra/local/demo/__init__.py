"""The demo business: its rows, its accounts at the simulated Meta, and the agent workflow that `nexus demo` walks."""
