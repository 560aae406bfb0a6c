"""Contacts are hidden, and nothing else is."""

import pytest

from cxlib.report.masking import HIDDEN, mask_contacts


@pytest.mark.parametrize(
    "contact", ["+966 50 123 4567", "00966501234567", "0501234567", "(050) 123-4567", "٠٥٠١٢٣٤٥٦٧", "050-123-4567"]
)
def test_telephone_numbers_are_hidden(contact):
    """Western and Arabic-Indic digits, with and without country code and separators."""
    shown = mask_contacts(f"call {contact} today")
    assert not any(character.isdigit() for character in shown)
    assert HIDDEN in shown


@pytest.mark.parametrize("contact", ["sara@example.com", "sara.ali+x@mail.example.co.uk"])
def test_addresses_keep_one_letter(contact):
    """Enough to tell two rows apart, not enough to write to anyone."""
    assert mask_contacts(f"<{contact}>") == f"<s{HIDDEN}>"


@pytest.mark.parametrize(
    "value",
    ["2026-09-14 10:05", "2026-09-14", "09/14/2026 10:05", "1,234,567.89", "1234.5", "order 12345678", "C0001234"],
)
def test_dates_amounts_and_short_ids_stay(value):
    """What a reader needs in order to mend a row is not touched."""
    assert mask_contacts(value) == value
