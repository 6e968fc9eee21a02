"""Links: what a file states of its recording opens there, and is no part of what is searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import open_corpus
from bot.corpus.edition import Cut
from bot.corpus.links import cut_of, cuts_of, hosts, link_of
from bot.corpus.names import LONGEST_ADDRESS
from bot.corpus.transcript import Stated

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = [(address, link) for host in hosts().values() for address, link in host["examples"].items()]


@pytest.mark.parametrize(("address", "link"), EXAMPLES)
def test_an_address_of_a_recording_opens_it_at_a_time(address: str, link: str) -> None:
    cut = cut_of(address)

    assert cut is not None
    assert link_of(cut, 61.9) == link


@pytest.mark.parametrize("name", hosts())
def test_each_host_has_an_example_and_links_that_fit_its_ids(name: str) -> None:
    host = hosts()[name]

    assert host["examples"]
    assert "{id}" in host["link"]
    assert "{id}" in host["plain"]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://a.example/7.mp3", "7.mp3", "https://", "https://me:pw@a.example/x", "a b", ""],
)
def test_what_is_no_address_of_the_web_is_never_linked_to(address: str) -> None:
    assert cut_of(address) is None
    assert link_of(Cut("page", address), None) is None


@given(
    st.text(max_size=60),
    st.sampled_from(["", "https://youtu.be/", "https://a.example/", "https://youtube.com/watch?v="]),
)
def test_whatever_stands_for_an_address_a_link_is_one_or_nothing(text: str, before: str) -> None:
    cut = cut_of(before + text)
    found = link_of(cut, 5.0) if cut else None

    assert found is None or (found.startswith(("https://", "http://")) and len(found) <= LONGEST_ADDRESS)
    assert found is None or not any(letter.isspace() for letter in found)


def test_a_video_comes_first_and_a_page_last() -> None:
    stated = Stated(
        page="https://e.example/7", media="https://cdn.example/listen/7", recording=True, video="Ab3-_9xYz01"
    )

    assert [cut.name for cut in cuts_of(stated)] == ["youtube", "media", "page"]


def test_a_page_that_plays_a_recording_is_linked_to_without_a_time() -> None:
    (cut,) = cuts_of(Stated(media="https://pods.example/show/episodes/7"))

    assert link_of(cut, 61.0) == "https://pods.example/show/episodes/7"


EDITION = "---\ntitle: One\n---\n\n## Start\n\n**Ada:** [0:05] It computes. It does not think.\n"


def test_a_link_number_date_or_chapter_added_later_leaves_what_is_searched_as_it_was(tmp_path: Path) -> None:
    episode = tmp_path / "engines/one"
    episode.mkdir(parents=True)
    (tmp_path / "engines/show.toml").write_text('title = "Engines"\nrights = "ours"\n', "utf-8")
    (episode / "edition.md").write_text(EDITION, "utf-8")
    before = open_corpus(tmp_path).episodes[0]
    told = "number: 7\nseason: 2\npublished: 2024-05-01\nduration: 1:00\n"
    more = f"title: One\n{told}cuts:\n  youtube:\n    id: Ab3-_9xYz01\n"
    changed = EDITION.replace("title: One\n", more).replace("## Start", "## 0:05 The start")
    (episode / "edition.md").write_text(changed, "utf-8")
    after = open_corpus(tmp_path).episodes[0]
    (episode / "edition.md").write_text(changed.replace("**Ada:**", "**Bo:**"), "utf-8")
    other = open_corpus(tmp_path).episodes[0]

    assert after.digest == before.digest
    assert other.digest != before.digest
    assert (after.number, after.meta.season) == (7, 2)
    assert after.passage(0, 0).citation().url == "https://www.youtube.com/watch?v=Ab3-_9xYz01&t=5s"
