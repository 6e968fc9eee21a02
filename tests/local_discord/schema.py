"""Discord's own OpenAPI document as a check of request bodies, where the document is at hand."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

from bot.settings import ROOT
from tests.local_discord.limits import Problem

if TYPE_CHECKING:
    from tests.local_discord.world import Json

SPECIFICATION = ROOT.parent / "shared" / "specs" / "discord-openapi.json"
_URN = "urn:discord"
_EMPTY: referencing.Registry[Any] = referencing.Registry()


@functools.cache
def _registry() -> referencing.Registry[Any] | None:
    if not SPECIFICATION.is_file():
        return None
    resource: referencing.Resource[Any] = DRAFT202012.create_resource(json.loads(SPECIFICATION.read_text("utf-8")))
    return cast("referencing.Registry[Any]", _EMPTY.with_resource(_URN, resource))


@functools.cache
def _validator(pointer: str) -> jsonschema.Draft202012Validator | None:
    registry = _registry()
    if registry is None:
        return None
    return jsonschema.Draft202012Validator({"$ref": f"{_URN}#{pointer}"}, registry=registry)


def schema_problems(pointer: str, body: Json | list[Json]) -> list[Problem]:
    """Return what a body breaks of the schema at a JSON pointer of the document; [] when there is no document."""
    validator = _validator(pointer)
    if validator is None:
        return []
    worst = jsonschema.exceptions.best_match(validator.iter_errors(body))
    if worst is None:
        return []
    return [Problem(tuple(map(str, worst.absolute_path)), "SCHEMA", worst.message[:300])]


def named(schema: str) -> str:
    """Return the pointer of a component schema."""
    return f"/components/schemas/{schema}"


def body_of(method: str, path: str) -> str:
    """Return the pointer of an operation's JSON request body; the path is written as the document writes it."""
    place = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return f"/paths/{place}/{method}/requestBody/content/application~1json/schema"
