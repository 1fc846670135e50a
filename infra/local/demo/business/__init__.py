"""The demo business: a homeware shop in Cairo and, as a second tenant, a small workshop in Alexandria.

Everything is invented and made from a fixed random seed; only the dates follow the day on which it is put in.
Writes straight to the tables as their owner, and lets the database's own triggers move orders and stock.
"""
