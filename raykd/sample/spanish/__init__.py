"""Spanish patterns."""

from raykd.sample.language import Language
from raykd.sample.spanish.general import GENERAL
from raykd.sample.spanish.messages import MESSAGES
from raykd.sample.spanish.technical import TECHNICAL
from raykd.sample.templates import words

SPANISH = Language(
    code="spa",
    space=" ",
    capitals=True,
    tag_form=("<", "><", ">"),  # as dumps were written until 2024
    homonyms=words(
        "java | clase | cadena | hilo | terminal | ventana | puerto | rama | hoja | tabla | cola | red | llave | pila"
    ),
    technical=TECHNICAL,
    messages=MESSAGES,
    general=GENERAL,
)
