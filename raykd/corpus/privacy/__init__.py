"""Personal data out of text, before anything is stored: detectors by subject, and the masker that they serve."""

from raykd.corpus.privacy.mask import COUNTRIES, Masker, Pseudonyms
from raykd.corpus.privacy.spans import Span

__all__ = ["COUNTRIES", "Masker", "Pseudonyms", "Span"]
