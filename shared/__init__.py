"""The library every function stands on; its rooms and their order are in ARCHITECTURE.md."""

import gc

# Python looks for cycles after every 700 new objects. While a function is imported nearly all of them stay, so that
# looking again and again is a tenth of a cold start; while it serves, few requests leave any.
gc.set_threshold(20_000, 10, 10)
