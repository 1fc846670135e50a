"""Rate classes of these routes, as many as Supabase Auth allows by default."""

from shared.quotas.rates import RateClass

MAIL = RateClass("auth-otp", 30, window_s=300, by_address=True)
VERIFY = RateClass("auth-verify", 30, window_s=300, by_address=True)
CODES_OF_ADDRESS = RateClass("auth-verify-address", 30, window_s=300, by_address=True)
"""By the e-mail address whose code is typed, from wherever: so few are too few to guess one."""
ANONYMOUS_SIGN_IN = RateClass("auth-anonymous", 30, window_s=3600, by_address=True)
