"""The commands in other languages: every declared text has its translation, and Discord accepts each of them."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.discord.declare import (
    LANGUAGES,
    Locales,
    application_commands,
    declared_hash,
    read_locales,
)
from bot.commands import COMMANDS, public_commands
from bot.settings import ROOT
from tests.local_discord.limits import command_problems, command_size
from tests.local_discord.schema import body_of, schema_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS: dict[str, Any] = tomllib.loads((ROOT / "bot/adapters/discord/locales.toml").read_text("utf-8"))
LOCALES = sorted(locale for locales in LANGUAGES.values() for locale in locales)
PAYLOAD = application_commands(COMMANDS, read_locales())
SHOWN = public_commands(COMMANDS)


def things(payload: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every command, option and choice with where it stands."""
    for command in payload:
        yield command["name"], command
        for option in command.get("options", ()):
            yield f"{command['name']} {option['name']}", option
            for choice in option.get("choices", ()):
                yield f"{command['name']} {option['name']} {choice['name']}", choice


def test_every_command_option_choice_and_menu_is_named_in_every_language() -> None:
    for where, thing in things(PAYLOAD):
        assert sorted(thing.get("name_localizations", {})) == LOCALES, where
        if thing.get("description"):
            assert sorted(thing.get("description_localizations", {})) == LOCALES, where


def test_no_text_is_left_of_a_command_option_choice_or_menu_that_is_gone() -> None:
    assert set(TEXTS) == {command.name for command in SHOWN} | {"any", "menus"}
    assert set(TEXTS["menus"]) == {menu.label for command in SHOWN for menu in command.menus}
    told = {"en", *LANGUAGES}
    for command in SHOWN:
        options = {parameter.name: parameter for parameter in command.parameters}
        for name, entry in TEXTS[command.name].items():
            if name not in told:
                assert name in options, f"/{command.name} has no option {name}"
                assert set(entry.get("choices", ())) <= set(options[name].about.choices), f"/{command.name} {name}"
                assert set(entry) - {"choices"} == told
    used = {parameter.name for command in SHOWN for parameter in command.parameters}
    assert set(TEXTS["any"]) <= used


def test_a_translation_stands_beside_the_english_words_it_translates() -> None:
    for command in SHOWN:
        assert TEXTS[command.name]["en"] == command.description
        for parameter in command.parameters:
            entry = TEXTS[command.name].get(parameter.name) or TEXTS["any"][parameter.name]
            own = f"locales.toml: give [{command.name}.{parameter.name}] texts of its own; [any] says something else"
            assert entry["en"] == parameter.about.description, own


@pytest.mark.parametrize("locale", LOCALES)
def test_translated_names_are_names_to_discord_and_each_means_one_thing(locale: str) -> None:
    def names(of: list[dict[str, Any]]) -> list[str]:
        return [one["name_localizations"][locale] for one in of]

    slash = [command for command in PAYLOAD if command["type"] == 1]
    for of in (slash, *(command["options"] for command in slash)):
        for one in of:
            name = one["name_localizations"][locale]
            assert re.fullmatch(r"[-\w'’]{1,32}", name), name
            assert name == name.lower()
            assert name not in {other["name"] for other in of if other is not one}
        assert max(Counter(names(of)).values(), default=1) == 1
    for _, thing in things(PAYLOAD):
        assert 1 <= len(thing["name_localizations"][locale]) <= (100 if "value" in thing else 32)
        assert 1 <= len(thing.get("description_localizations", {}).get(locale, "x")) <= 100
        if thing.get("choices"):
            assert max(Counter(names(thing["choices"])).values()) == 1


def test_discord_accepts_the_translated_commands_whole() -> None:
    assert command_problems(PAYLOAD) == []
    assert schema_problems(body_of("put", "/applications/{application_id}/commands"), PAYLOAD) == []
    assert max(map(command_size, PAYLOAD)) <= 8_000


def test_a_changed_translation_is_synced_and_names_and_values_stay_english() -> None:
    plain = application_commands(COMMANDS)
    other = application_commands(COMMANDS, Locales({"help": {"de": ["hilfe", "Hilfe"]}}))

    assert len({declared_hash(payload) for payload in (plain, other, PAYLOAD)}) == 3
    assert declared_hash(PAYLOAD) == declared_hash(application_commands(COMMANDS, read_locales()))
    for payload in (other, PAYLOAD):
        stripped = [{key: one[key] for key in one if not key.endswith("_localizations")} for _, one in things(payload)]
        for one, (_, base) in zip(stripped, things(plain), strict=True):
            assert one["name"] == base["name"]
            assert one.get("value") == base.get("value")
