"""The library every function stands on; its rooms and their order are in ARCHITECTURE.md."""

import gc

# Python looks for cycles after every 700 new objects. While a function is imported nearly all of them stay, and looking
# took 60 ms of mcp_server's import; with this it does not happen (docs/decisions/0014). While it serves, few leave any.
gc.set_threshold(50_000, 10, 10)
