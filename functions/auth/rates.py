"""Rate classes of these routes, with the default limits of Supabase Auth."""

from shared.quotas.rates import RateClass

MAIL = RateClass("auth-otp", 30, window_s=300, by_address=True)
VERIFY = RateClass("auth-verify", 30, window_s=300, by_address=True)
ANONYMOUS_SIGN_IN = RateClass("auth-anonymous", 30, window_s=3600, by_address=True)
