"""English patterns."""

from raykd.sample.english.general import GENERAL
from raykd.sample.english.messages import MESSAGES
from raykd.sample.english.technical import TECHNICAL
from raykd.sample.language import Language
from raykd.sample.templates import words

ENGLISH = Language(
    code="eng",
    space=" ",
    capitals=True,
    tag_form=("<", "><", ">"),  # as dumps were written until 2024
    homonyms=words("python | java | terminal | class | float | oracle | shell | windows | bug | string | thread"),
    technical=TECHNICAL,
    messages=MESSAGES,
    general=GENERAL,
)
