"""The routes by which a bot declares its commands (interactions/application-commands)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.local_discord.faults import answer
from tests.local_discord.limits import command_problems
from tests.local_discord.refused import Refused, invalid
from tests.local_discord.schema import body_of, named, schema_problems
from tests.local_discord.wire import BODY, PREFIX

if TYPE_CHECKING:
    from tests.local_discord.server import LocalDiscord
    from tests.local_discord.world import Json

CREATES_A_DAY = 200


class CommandRoutes:
    """The commands a bot declared, everywhere and by guild."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord
        self.creates: list[float] = []

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of both scopes."""
        found = []
        application = f"{PREFIX}/applications/{{app:\\d+}}"
        for scope in (f"{application}/commands", f"{application}/guilds/{{guild:\\d+}}/commands"):
            one = f"{scope}/{{command:\\d+}}"
            found += [
                web.route("GET", scope, self._commands),
                web.route("PUT", scope, self._overwrite),
                web.route("POST", scope, self._add_command),
                *(web.route(method, one, self._command) for method in ("GET", "PATCH", "DELETE")),
            ]
        return found

    def _scope(self, request: web.Request) -> list[Json]:
        return self._discord.commands.setdefault(int(request.match_info.get("guild", "0")), [])

    async def _commands(self, request: web.Request) -> web.Response:
        return answer(200, self._scope(request))

    def _kept(self, command: Json, before: Json | None, guild: str | None) -> Json:
        """Return a command as Discord stores it, with the id of the one it replaces."""
        world = self._discord.world
        if before is None:
            now = self._discord.clock.now()
            self.creates = [at for at in self.creates if now - at < 86_400]
            if len(self.creates) >= CREATES_A_DAY:
                sentence = f"More than {CREATES_A_DAY} commands created in a day."
                self._discord.violate(sentence)
                raise Refused(429, 30034, "Max number of daily application command creates has been reached (200)")
            self.creates.append(now)
        kept = {
            "name_localizations": None,
            "description": "",
            "description_localizations": None,
            "default_member_permissions": None,
            "dm_permission": True,
            "contexts": None,
            "integration_types": [0],
            "nsfw": False,
            **command,
            "id": before["id"] if before else str(world.clock.snowflake()),
            "type": command.get("type") or 1,
            "application_id": str(world.bot.id),
            "version": str(world.clock.snowflake()),
        }
        if kept["default_member_permissions"] is not None:
            kept["default_member_permissions"] = str(kept["default_member_permissions"])
        return kept | ({"guild_id": guild} if guild else {})

    def _check_commands(self, schema: str, sent: Any, after: list[Json]) -> None:
        problems = schema_problems(schema, sent) if self._discord.validates else []
        problems += command_problems(after)
        if problems:
            raise invalid(problems)

    async def _overwrite(self, request: web.Request) -> web.Response:
        sent, scope = request[BODY] or [], self._scope(request)
        place = "/applications/{application_id}/commands"
        self._check_commands(body_of("put", place), sent, sent)
        known = {(command["type"], command["name"]): command for command in scope}
        guild = request.match_info.get("guild")
        scope[:] = [self._kept(one, known.get((one.get("type") or 1, one["name"])), guild) for one in sent]
        return answer(200, scope)

    async def _add_command(self, request: web.Request) -> web.Response:
        sent, scope = request[BODY], self._scope(request)
        before = next((c for c in scope if (c["type"], c["name"]) == (sent.get("type") or 1, sent.get("name"))), None)
        others = [command for command in scope if command is not before]
        self._check_commands(named("ApplicationCommandCreateRequest"), sent, [*others, sent])
        kept = self._kept(sent, before, request.match_info.get("guild"))
        scope[:] = [*others, kept]
        return answer(200 if before else 201, kept)

    async def _command(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        command = next((one for one in scope if one["id"] == request.match_info["command"]), None)
        if command is None:
            raise Refused(404, 10063, "Unknown application command")
        if request.method == "DELETE":
            scope.remove(command)
            return answer(204)
        if request.method == "PATCH":
            changed = command | request[BODY]
            others = [one for one in scope if one is not command]
            self._check_commands(named("ApplicationCommandPatchRequestPartial"), request[BODY], [*others, changed])
            command |= request[BODY]
        return answer(200, command)
