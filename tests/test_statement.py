"""A claim is altered where a sentence makes its statement; a name alone is not found, words as they stand are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.contract import Author, Channel, Outcome, Reply, Request
from bot.core import Core
from bot.search import Judgement, Searcher, open_searcher
from tests.test_who_said_it import write_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.corpus import Corpus

HARBOUR = """**Ada Quill:** The foghorn museum opened in the spring. I like the foghorn museum, and the stairs are cold.

**Ben Marsh:** The bell has new ropes, and the knots in them are my brother's. At the end of the day it's only salt. We
lost four boats, and that was at the end of the day too. The foghorn museum has a roof of green copper.

**Ada Quill:** I don't think that the lighthouse needs a keeper. My grandmother painted the lighthouse every summer. You
can't have the key to the upper room of the tower, because the steps are broken. I did not sell the boat.

**Ben Marsh:** I asked Wilma about the ropes. Then Wilma, who mends them, said the price is ninety crowns. The ferry
captain trusts the ferryman more than the pilot.

**Ada Quill:** I never climb the stairs in the winter. Wilma does. The pilot of the ferry drinks tea, and he wants sugar
in it not milk, ever. The ferry that sank in the storm was not one of ours, and
the barge that sank in the spring was certainly not the pilot's. The bell has new ropes, and the knots in
them are my brother's.
"""
BARE = """The kettle is older than the house. I told Osric so, and Osric only laughed about it for a while.
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_library(tmp_path_factory.mktemp("harbour"), {"harbour": HARBOUR, "kettle": BARE})


@pytest.fixture(scope="module")
def searcher(corpus: Corpus) -> Iterator[Searcher]:
    opened = open_searcher(corpus, None, lambda _: None)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def core(corpus: Corpus, searcher: Searcher) -> Core:
    return Core(corpus, searcher, COMMANDS)


async def ask(core: Core, line: str) -> Reply:
    return await core.answer(Request(Channel("test", "room"), Author("member"), text=line))


@pytest.mark.parametrize(
    "claim",
    [
        "the foghorn museum is dead",
        "the foghorn museum was a mistake",
        "my mate swears Ada said 'the foghorn museum is dead'. real?",
        "Ben: the lighthouse should be sold",
        "at the end of the day it's all about money",
        "the ferry captain should resign",
        "the foghorn museum is the tower",  # a name from here, a name from there
        "my grandmother was an admiral",
    ],
)
def test_a_name_or_a_set_phrase_of_a_claim_does_not_make_its_statement(searcher: Searcher, claim: str) -> None:
    assert searcher.verify_now(claim).verdict == "not-found"


@pytest.mark.parametrize(
    "claim",
    [
        "we lost five boats",
        "I did sell the boat",
        "I hate the foghorn museum",
        "the foghorn museum has a roof of red copper",
        "my grandmother paints the lighthouse every summer",
        "my grandmother painted the lighthouse every winter",
        "the price is nineteen crowns",
        "the ferryman trusts the ferry captain more than the pilot",
        "the kettle is younger than the house",
    ],
)
def test_a_statement_with_one_thing_changed_is_altered(searcher: Searcher, claim: str) -> None:
    assert searcher.verify_now(claim).verdict == "altered"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        # denied whole, or much of it
        ("the lighthouse needs a keeper", "altered"),
        ("sell the boat", "altered"),
        ("have the key to the upper room of the tower", "altered"),
        ("climb the stairs in the winter", "altered"),
        ("climb the stairs in the winter. Wilma does", "altered"),
        ("the barge that sank in the spring was certainly", "altered"),
        ("the ferry that sank in the storm was", "altered"),
        # an opinion that is not theirs, also where the next sentence follows
        ("the lighthouse needs a keeper. My grandmother", "altered"),
        # a stretch that is no statement, or of which little is denied
        ("the key to the upper room of", "exact"),
        ("to the upper room of the tower, because the steps", "exact"),
        ("sell the boat. I asked Wilma about the ropes", "exact"),
        ("keeper. My grandmother painted the lighthouse", "exact"),
        # a negation behind it is of what follows there
        ("drinks tea, and he wants sugar in it", "exact"),
    ],
)
def test_words_cut_off_from_a_negation_are_altered_where_they_state_the_opposite(
    searcher: Searcher, claim: str, verdict: str
) -> None:
    assert searcher.verify_now(claim).verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("my grandmother paimted the lighthuose every summer", "close"),
        ("the foghorn musem has a roof of grean copper", "close"),
        ("because the stps are brken", "close"),
        ("the foghorn museum has a roof of greed copper", "altered"),  # a word of its own
        ("my grandmothers painted the lighthouse every summer", "altered"),
    ],
)
def test_a_letter_off_is_a_slip_unless_that_makes_another_word(searcher: Searcher, claim: str, verdict: str) -> None:
    assert searcher.verify_now(claim).verdict == verdict


@pytest.mark.parametrize(
    ("line", "verdict", "sentence"),
    [
        ("Ben: my grandmother painted the lighthouse every summer", "other-speaker",
         "⇄ Right words, other speaker. Ada Quill said it."),
        ("Ben: my grandmother paimted the lighthouse every summer", "other-speaker",
         "⇄ Close, other speaker. Ada Quill said it, with 1 word spelled differently."),
        ("Ben: my grandmother, um you know, painted the lighthouse every summer", "other-speaker",
         "⇄ Close, other speaker. Ada Quill said it, without the filler."),
        ("Ben: my grandmother painted the lighthouse every winter", "altered",
         "≠ Not quite, and it was Ada Quill. What was really said:"),
        ("Nadia Verholt: my grandmother painted the lighthouse every winter", "altered",
         "≠ Not quite, and it was Ada Quill. What was really said:"),
        ("Ada: the bell has old ropes, and the knots in them are my brother's", "altered",
         "≠ Not quite. What was really said:"),
        ("Ben: the bell has old ropes, and the knots in them are my brother's", "altered",
         "≠ Not quite. What was really said:"),
        ("Ada: my grandmother painted the lighthouse every winter", "altered",
         "≠ Not quite. What was really said:"),
        ("Ada: the kettle is younger than the house", "altered",
         "≠ Not quite, and the transcript doesn't say who speaks. What was really said:"),
        ("the kettle is younger than the house speaker:Nadia", "altered",
         "≠ Not quite, and the transcript doesn't say who speaks. What was really said:"),
        ("Ada: the ketle is older than the house", "unattributed",
         "◐ Close, speaker unknown. 1 word is spelled differently, and the transcript doesn't say who speaks."),
        # one name before a colon: somebody who is talked of, and where nobody is named
        ("Wilma: my grandmother painted the lighthouse every summer", "other-speaker",
         "⇄ Right words, other speaker. Ada Quill said it."),
        ("osric: the kettle is older than the house", "unattributed",
         "◐ Right words, speaker unknown. The transcript doesn't say who says them."),
        ("Zebedee: the kettle is older than the house", "unattributed",
         "◐ Right words, speaker unknown. The transcript doesn't say who says them."),
        # and a word that is none
        ("Breaking: my grandmother painted the lighthouse every summer", "exact", "✓ Word for word."),
    ],
)  # fmt: skip
async def test_a_verdict_tells_of_the_words_and_of_the_speaker(
    core: Core, line: str, verdict: str, sentence: str
) -> None:
    (card, *_) = (await ask(core, f"/verify {line}")).cards

    assert card.quote
    assert (card.quote.verdict, card.title) == (verdict, sentence)


async def test_what_is_not_found_offers_the_topic_that_it_names(core: Core) -> None:
    named = await ask(core, "/verify the foghorn museum is dead")
    word = await ask(core, "/verify Ada said “the lighthouse is dead”. real?")
    nothing = await ask(core, "/verify porridge runs a bank")

    assert named.outcome in {Outcome.NONE, Outcome.NEAREST}
    assert (named.buttons[0].label, named.buttons[0].line) == ("About foghorn museum", "/topic foghorn museum")
    assert word.buttons[0].label == "Ask instead"  # said twice: no topic
    assert word.buttons[0].line == "/ask the lighthouse is dead"
    assert [button.label for button in nothing.buttons] == ["Ask instead"]
    assert (await ask(core, named.buttons[0].line)).outcome is Outcome.FOUND


def shown(judged: Judgement) -> list[str]:
    return [part.text for part in judged.differences if part.kind != "claimed"]


WORDS = sorted(
    {*HARBOUR.replace("*", "").split(), *BARE.split(), "…", "-", "“", "”", "Ben:", "not", "ninety", "x" * 40}
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=24).map(" ".join))
def test_only_words_of_the_edition_are_shown_as_said_and_only_the_claims_as_claimed(
    searcher: Searcher, claim: str
) -> None:
    judged = searcher.verify_now(claim)

    texts = [passage.episode.text for passage in judged.passages]
    assert all(any(part in text for text in texts) for part in shown(judged))
    assert all(part.text in claim for part in judged.differences if part.kind == "claimed")
    for passage, marked in zip(judged.passages, judged.marked, strict=True):
        assert all(0 <= begin < end <= len(passage.text) for begin, end in marked)
