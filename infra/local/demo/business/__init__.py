"""The demo business: a homeware shop in Cairo and, as a second tenant, a small workshop in Alexandria.

Everything is invented, from a fixed random seed; only the dates depend on the day of seeding. Writes straight to the
tables as their owner, and lets the database's own triggers move orders and stock.
"""
