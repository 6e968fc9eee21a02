"""The bot as a process in a terminal, in a pipe and under a script; what is not about the process runs in this one."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.settings import ROOT, started_by

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import RunBot

PRIDE = "/quote people who train need to not have pride"


def test_once_prints_the_marked_passage_with_its_source_and_succeeds(run_bot: RunBot) -> None:
    done = run_bot("--once", PRIDE)

    assert done.returncode == 0
    assert "*people who train* jiu-jitsu, it's like you *need to not have pride*" in done.stdout
    assert "Lex Fridman Podcast #383" in done.stdout
    assert done.stderr == ""


def test_once_ends_with_1_when_nothing_was_found_and_2_when_it_was_asked_wrongly(run_bot: RunBot) -> None:
    assert run_bot("--once", "/quote qqxzzkj wvvbnq").returncode == 1
    assert run_bot("--once", "/qoute pride").returncode == 2


def test_piped_lines_are_answered_in_order_and_numbers_press_the_actions(run_bot: RunBot) -> None:
    done = run_bot(stdin=f"{PRIDE}\n\n1\n/about\n")

    first, more, about = (
        done.stdout.index(text) for text in ("[2] Next", "I just think part of learning", "I'm Verbatim")
    )
    assert first < more < about
    assert done.returncode == 0


def test_an_action_with_a_field_says_how_to_type_it(run_bot: RunBot) -> None:
    done = run_bot(stdin=b"/ask what is the weather in Paris tomorrow\n1\n")

    assert "[1] Ask another way" in done.stdout
    assert "Your question: type it after /ask" in done.stdout


def test_output_in_a_pipe_has_no_colour(run_bot: RunBot) -> None:
    assert "\x1b" not in run_bot("--once", PRIDE).stdout


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("not json", "That line isn't JSON"),
        ("[1]", "A request is an object"),
        ("{}", "A request is an object"),
        ('{"command": "quote", "args": 3}', '"args" is an object'),
        ("[" * 100_000, "That line isn't JSON"),
        ('{"command": "quote"}', "What do you remember of the line?"),
        ('{"command": "nothing"}', "I have no command"),
    ],
)
def test_a_bad_json_line_gets_an_error_object_and_the_next_line_its_answer(
    command_line: RunBot, line: str, sentence: str
) -> None:
    good = json.dumps({"command": "quote", "args": {"words": "people who train need to not have pride"}})
    done = command_line("--jsonl", stdin=f"{line}\n{good}\n")
    bad_reply, good_reply = map(json.loads, done.stdout.splitlines())

    assert (bad_reply["outcome"], good_reply["outcome"]) == ("error", "found")
    assert sentence in bad_reply["text"]


def test_a_json_reply_has_the_documented_shape(run_bot: RunBot) -> None:
    done = run_bot("--jsonl", stdin=json.dumps({"text": PRIDE, "channel": "c", "author": "a", "admin": False}) + "\n")
    reply = json.loads(done.stdout)

    assert set(reply) == {"command", "outcome", "private", "text", "cards", "buttons", "ms"}
    card = reply["cards"][0]
    assert set(card) == {"role", "quote", "id", "verdict", "score", "citation", "source", "marked"}
    assert set(card["citation"]) == {"show", "episode", "chapter", "speaker", "start", "approximate", "url"}
    ((begin, end),) = card["source"]["spans"]
    source = (ROOT / card["source"]["path"]).read_text("utf-8")
    assert source[begin:end].split() == card["quote"].split()
    assert "".join(card["quote"][a:b] for a, b in card["marked"]) == "people who trainneed to not have pride"
    assert {button["label"] for button in reply["buttons"]} == {"More context", "Next (2 of 6)", "Source"}


def test_bytes_that_are_no_text_are_answered_all_the_same(run_bot: RunBot) -> None:
    done = run_bot(stdin=b"\xff\xfe\x00 pride\n/about\n")

    assert done.returncode == 0
    assert "I'm Verbatim" in done.stdout


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"VERBATIM_CONTENT_DIR": "/nowhere"}, "the content folder can't be read"),
        ({"VERBATIM_CONTNET_DIR": "/nowhere"}, "There is no setting VERBATIM_CONTNET_DIR"),
    ],
)
def test_an_operators_mistake_is_one_sentence_and_status_2(
    command_line: RunBot, environ: dict[str, str], sentence: str
) -> None:
    done = command_line("--once", PRIDE, **environ)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bad_transcript_is_one_sentence_with_file_and_line(command_line: RunBot, tmp_path: Path) -> None:
    (tmp_path / "show" / "1-first").mkdir(parents=True)
    (tmp_path / "show" / "show.toml").write_text('title = "T"\nrights = "R"\n', "utf-8")
    (tmp_path / "show" / "1-first" / "source.txt").write_bytes(b"one\n\xff")

    done = command_line("--once", PRIDE, VERBATIM_CONTENT_DIR=str(tmp_path))

    assert done.returncode == 2
    assert "source.txt:2: byte 0xff isn't UTF-8" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_data_folder_that_cannot_be_written_is_said_and_the_answer_given(
    command_line: RunBot, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    done = command_line("--once", PRIDE, VERBATIM_DATA_DIR=str(tmp_path / "file" / "data"))

    assert done.returncode == 0
    assert "stays in memory" in done.stderr


SHOWN = ("For example:", "")
"""A step that waits for the whole first screen: while it is written, the terminal itself takes Ctrl-D and Ctrl-C."""


def _in_terminal(data: Path, *steps: tuple[str, str], **environ: str) -> tuple[int, bytes]:
    """Talk to the bot in a pseudo-terminal; see `in_terminal`."""
    given = {"VERBATIM_DATA_DIR": str(data), "VERBATIM_SEMANTIC": "off"}
    return in_terminal([sys.executable, str(ROOT / "run_bot.py")], given | environ, *steps)


_AGAIN = 8
"""Pieces of output after which the last step is typed again."""


def in_terminal(command: list[str], given: dict[str, str], *steps: tuple[str, str]) -> tuple[int, bytes]:
    """Start a program in a pseudo-terminal; at each step wait for a text to show, then type one.

    Returns the exit status and all that was shown. What is typed last is typed again now and then, as people do: while
    something is written above a prompt, the terminal itself takes a key.
    """
    leader, follower = pty.openpty()
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        command,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=environ | {"TERM": "xterm-256color"} | given,
        cwd=ROOT,
        start_new_session=True,
    )
    os.close(follower)
    shown, seen, waiting, chunks = b"", 0, list(steps), 0
    try:
        while select.select([leader], [], [], 20)[0]:
            try:
                chunk = os.read(leader, 65536)
            except OSError:  # Linux's way to say that the other side has closed
                break
            shown += chunk
            chunks += not waiting
            if chunks % _AGAIN == _AGAIN - 1:
                os.write(leader, steps[-1][1].encode())
            if b"\x1b[6n" in chunk:
                os.write(leader, b"\x1b[1;1R")  # prompt_toolkit asks where the cursor is
            while waiting and (at := shown.find(waiting[0][0].encode(), seen)) >= 0:
                seen, (_, typed) = at + 1, waiting.pop(0)
                if typed:
                    os.write(leader, typed.encode())
                    break
        return process.wait(timeout=60), shown
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def test_in_a_terminal_marks_are_coloured_and_ctrl_d_leaves_cleanly(tmp_path: Path) -> None:
    status, shown = _in_terminal(tmp_path, SHOWN, ("›", f"{PRIDE}\r"), ("Next (2", ""), ("›", "\x04"))

    assert status == 0
    assert b"\x1b[1;33mpeople who train" in shown
    assert b"Traceback" not in shown


def test_in_a_terminal_ctrl_c_leaves_cleanly(tmp_path: Path) -> None:
    status, shown = _in_terminal(tmp_path, SHOWN, ("›", "\x03"))

    assert status == 0
    assert b"Traceback" not in shown


def test_in_a_terminal_tab_completes_a_command(tmp_path: Path) -> None:
    status, shown = _in_terminal(
        tmp_path, SHOWN, ("›", "/abo"), ("abo", "\t"), ("ut", "\r"), ("Limits", ""), ("›", "\x04")
    )

    assert status == 0
    assert b"Limits" in shown


def tried_on(screen: bytes) -> list[str]:
    """Return what the first screen gives to type."""
    return [line.strip() for line in screen.decode().partition("For example:")[2].split("\r\n")[1:3]]


def test_the_first_screen_says_what_it_knows_two_things_to_type_and_how_to_go_on(tmp_path: Path) -> None:
    status, shown = _in_terminal(tmp_path, ("›", ""), SHOWN, ("›", "\x04"))
    screen = shown.decode()

    assert status == 0
    assert "I know Lex Fridman Podcast: 1 episode, with" in screen
    assert "Mark Zuckerberg" in screen
    assert all(len(line.split()) > 2 for line in tried_on(shown))
    lines = "".join(screen.split())
    assert "".join(f"To put me on Discord: {started_by('setup', 'discord')}".split()) in lines
    assert "".join(f"To put me on Slack: {started_by('setup', 'slack')}".split()) in lines


def test_what_the_first_screen_gives_to_type_is_answered(tmp_path: Path, command_line: RunBot) -> None:
    _, shown = _in_terminal(tmp_path, SHOWN, ("›", "\x04"))

    for line in tried_on(shown):
        assert command_line("--once", line).returncode == 0, line


def test_while_meaning_is_worked_out_a_bar_stands_below_the_prompt(tmp_path: Path) -> None:
    steps = (SHOWN, ("Reading for meaning", ""), ("%", "\x04"))
    status, shown = _in_terminal(tmp_path, *steps, VERBATIM_SEMANTIC="on")

    assert status == 0
    assert "░" in shown.decode()
