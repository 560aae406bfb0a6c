"""`mask_contacts` under the name by which notebooks import it."""

from cxlib.masking import HIDDEN, mask_contacts

__all__ = ["HIDDEN", "mask_contacts"]
