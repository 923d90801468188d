"""The pages' languages: English, and those of locale/*.po. What Lockbox itself words, items above all, is as the mails have it."""
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "locale"
LANGUAGES = ("en", *sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def catalog(language: str) -> dict[str, str]:
    if language not in LANGUAGES or language == "en":
        return {}
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id and message.string}


def translator(language: str):
    """_(text, name=value): the text in that language, with {name} filled in."""
    known = catalog(language)
    return lambda text, **values: known.get(text, text).format(**values) if values else known.get(text, text)


def wanted(session: dict, accepted: str) -> str:
    """The one that the reader chose, else the first that their browser asks for and we have."""
    asked = [session.get("language", ""), *(part.partition(";")[0].strip()[:2].lower() for part in accepted.split(","))]
    return next((language for language in asked if language in LANGUAGES), "en")
