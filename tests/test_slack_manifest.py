"""The manifest: made from the declarations, taken by Slack, and the one in the project's root."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pytest
import yaml

from bot.adapters.slack import limits, manifest_text, scope_table
from bot.adapters.slack.manifest import EVENTS, SCOPES, build_manifest, missing_scopes
from bot.commands import COMMANDS, Context, Param, command
from bot.contract import Outcome, Reply
from bot.settings import ROOT

SPECS = ROOT.parent / "shared" / "specs"


@command("A thing", name="x" * 30)
async def long_name(ctx: Context, words: Annotated[str, Param("Some words")] = "") -> Reply:
    return Reply(words or str(ctx), Outcome.FOUND)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("url", ["", "https://bot.example.org"])
@pytest.mark.parametrize("org", [False, True])
def test_the_manifest_keeps_slacks_schema(version: int, url: str, *, org: bool) -> None:
    path = SPECS / f"slack-manifest.schema.{version}.0.0.json"
    if not path.is_file():
        pytest.skip("the schema is not here")
    jsonschema = pytest.importorskip("jsonschema")

    jsonschema.Draft7Validator(json.loads(path.read_text("utf-8"))).validate(
        build_manifest(COMMANDS, "lex-", url, org=org)
    )


def test_an_organisations_manifest_differs_in_one_switch_alone() -> None:
    one, all_ = (build_manifest(COMMANDS, "lex-", "https://bot.example.org", org=org) for org in (False, True))

    assert (one["settings"].pop("org_deploy_enabled"), all_["settings"].pop("org_deploy_enabled")) == (False, True)
    assert one == all_


@pytest.mark.parametrize("url", ["", "https://bot.example.org/"])
def test_the_manifest_keeps_slacks_limits(url: str) -> None:
    made = build_manifest(COMMANDS, "lex-", url)
    features: dict[str, Any] = made["features"]

    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert 175 <= len(made["display_information"]["long_description"]) <= 4_000
    assert 0 < len(features["slash_commands"]) <= limits.COMMANDS
    for slash in features["slash_commands"]:
        assert slash["command"].startswith("/lex-")
        assert len(slash["command"]) <= limits.COMMAND
        assert 0 < len(slash["description"]) <= limits.DESCRIPTION
        assert 0 < len(slash.get("usage_hint", "x")) <= limits.HINT
        assert slash["should_escape"] is True
    assert len(features["shortcuts"]) <= limits.SHORTCUTS
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= limits.SHORTCUT
        assert len(shortcut["description"]) <= limits.SHORTCUT_DESCRIPTION
    agent = features["agent_view"]
    assert len(agent["agent_description"]) <= limits.AGENT_DESCRIPTION
    assert len(agent["suggested_prompts"]) <= limits.PROMPTS
    assert "assistant_view" not in features


def test_every_command_for_members_is_a_slash_command() -> None:
    made = build_manifest(COMMANDS)
    names = [slash["command"] for slash in made["features"]["slash_commands"]]

    assert names == [f"/{known.name}" for known in COMMANDS if not known.hidden]


def test_over_http_every_request_goes_to_the_one_address_and_no_socket_is_asked_for() -> None:
    made = build_manifest(COMMANDS, url="https://bot.example.org/")
    address = "https://bot.example.org/slack/events"

    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"]["request_url"] == address
    assert {slash["url"] for slash in made["features"]["slash_commands"]} == {address}
    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example.org/slack/oauth_redirect"]
    assert build_manifest(COMMANDS)["settings"]["socket_mode_enabled"] is True


def test_a_name_too_long_for_slack_is_refused_with_the_rule() -> None:
    with pytest.raises(ValueError, match="Slack allows 32"):
        build_manifest((long_name,), "prefix-")
    with pytest.raises(ValueError, match="Slack allows 50"):
        build_manifest((long_name,) * 51)


def test_each_scope_has_its_reason_and_no_event_lacks_its_scope() -> None:
    names = [scope.name for scope in SCOPES]
    needed = {"app_mention": "app_mentions:read", "message.im": "im:history"}

    assert names == sorted(set(names))
    assert all(f"| `{scope.name}` | {scope.why} |" in scope_table() for scope in SCOPES)
    assert {needed[event] for event in EVENTS if event in needed} <= set(names)
    assert missing_scopes(names) == ()
    assert missing_scopes(set(names) - {"commands"}) == ("commands",)


def test_the_text_is_yaml_that_says_the_same() -> None:
    assert yaml.safe_load(manifest_text(COMMANDS, "lex-")) == build_manifest(COMMANDS, "lex-")
