"""The demo business: its rows, its accounts at the simulated Meta, and the agent workflow of `nexus demo`."""
