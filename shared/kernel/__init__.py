"""Pure rules: errors, clock, money, phone numbers, text, pagination.

Owns no table, does no I/O, imports no other room.

Routines in infra/schema/routines/kernel: are_visible, clean_email, code_key, currency_decimals, email_letters, fold,
ill_priced, is_country, is_currency, is_email, is_flat_list, is_readable_json, is_time_zone, is_visible,
list_african_and_asian_time_zones, list_american_time_zones, list_invisible_basic, list_invisible_supplementary,
list_other_time_zones, phone_forms, phone_key, phone_without_trunk, refuse, refuse_invisible, search_words,
touch_updated_at.
"""
