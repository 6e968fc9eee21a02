"""The commands' names and descriptions in other languages, as Discord takes them; the texts are data beside this."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.commands import Command, Parameter

__all__ = ["LANGUAGES", "Locales", "read_locales"]

LANGUAGES = {"de": ("de",), "es": ("es-ES", "es-419"), "fr": ("fr",), "pt-BR": ("pt-BR",)}
"""Languages of the texts, and the locales of Discord that each is for: reference, locales."""

_TEXTS = Path(__file__).with_name("locales.toml")


class Locales:
    """Texts by command, option and choice; what has none is shown in English."""

    def __init__(self, texts: Mapping[str, Any] | None = None) -> None:
        """Take the texts as the file has them."""
        self._texts = texts or {}

    def command(self, command: Command) -> dict[str, Any]:
        """Return the localisations of a command's name and description."""
        return _both(self._texts.get(command.name, {}))

    def option(self, command: Command, parameter: Parameter) -> dict[str, Any]:
        """Return the localisations of an option's name and description."""
        own = self._texts.get(command.name, {}).get(parameter.name)
        if own is None:
            shared = self._texts.get("any", {}).get(parameter.name, {})
            own = shared if shared.get("en") == parameter.about.description else {}
        return _both(own)

    def choice(self, command: Command, parameter: Parameter, choice: str) -> dict[str, Any]:
        """Return the localisations of a choice's name; its value stays."""
        option = self._texts.get(command.name, {}).get(parameter.name, {})
        return _localise("name", option.get("choices", {}).get(choice, {}))

    def menu(self, name: str) -> dict[str, Any]:
        """Return the localisations of the name of a message's or a member's menu command."""
        return _localise("name", self._texts.get("menus", {}).get(name, {}))


def read_locales() -> Locales:
    """Read the texts; blocks for some milliseconds."""
    return Locales(tomllib.loads(_TEXTS.read_text("utf-8")))


def _both(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the localisations of an entry that has name and description in each language."""
    pairs = {language: entry[language] for language in LANGUAGES if language in entry}
    names = {language: name for language, (name, _) in pairs.items()}
    descriptions = {language: description for language, (_, description) in pairs.items()}
    return _localise("name", names) | _localise("description", descriptions)


def _localise(field: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return texts by Discord's locales, or nothing where there are none."""
    found = {
        locale: texts[language] for language, locales in LANGUAGES.items() for locale in locales if language in texts
    }
    return {f"{field}_localizations": found} if found else {}
