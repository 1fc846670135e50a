"""Phone numbers as people write them, brought to E.164."""


def normalize(raw: str, region: str) -> str | None:
    """None for what is no phone number; `region` (ISO 3166-1 alpha-2) is that of numbers without a country code."""
    # Its tables take 60 ms to load: the first number waits for them, not the start of every function.
    import phonenumbers  # noqa: PLC0415

    text = raw.strip()
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
