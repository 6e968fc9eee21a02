"""YouTube's own captions: timed text in XML (srv1, srv2, srv3) and JSON (json3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.corpus.formats.cues import clip, label_cues, plain_text, visible
from bot.corpus.formats.entities import unescape
from bot.corpus.formats.jsons import first_has, objects, string
from bot.corpus.formats.stamps import number
from bot.corpus.transcript import Segment, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from bot.corpus.formats.transcript_file import TranscriptFile

__all__ = ["read_json", "read_xml", "sniff_json", "sniff_xml"]


def sniff_xml(file: TranscriptFile) -> bool:
    """Say whether a text is one of YouTube's XML formats."""
    return file.root in {"transcript", "timedtext"}


def read_xml(file: TranscriptFile) -> Transcript:
    """Return the captions: `<text start dur>` in seconds, or `<text t d>` and `<p t d>` in milliseconds."""
    captions: list[Segment] = []
    for element in _outermost(file.xml):
        words = "".join(element.itertext())
        # srv1 and srv2 escape twice: what is left after XML is HTML.
        captions.append(_caption(plain_text(unescape(words)) if element.tag == "text" else visible(words), element))
    return _transcript(captions)


def _outermost(root: Element) -> Iterator[Element]:
    """Yield the captions in order; one inside another is part of it."""
    ahead = [root]
    while ahead:
        element = ahead.pop()
        if element.tag in {"text", "p"}:
            yield element
        else:
            ahead.extend(reversed(element))


def sniff_json(file: TranscriptFile) -> bool:
    """Say whether the JSON is YouTube's json3."""
    return first_has(objects(file.json, "events"), "tStartMs")


def read_json(file: TranscriptFile) -> Transcript:
    """Return the events that have text."""
    captions: list[Segment] = []
    for event in objects(file.json, "events"):
        text = visible("".join(string(part.get("utf8")) for part in objects(event, "segs")))
        start, length = _thousandth(event.get("tStartMs")), _thousandth(event.get("dDurationMs"))
        captions.append(Segment(text, start, None if start is None or length is None else start + length))
    return _transcript(captions)


def _caption(text: str, element: Element) -> Segment:
    start, length = number(element.get("start")), number(element.get("dur"))
    if element.get("t") is not None:
        start, length = _thousandth(element.get("t")), _thousandth(element.get("d"))
    return Segment(text, start, None if start is None or length is None else start + length)


def _thousandth(value: object) -> float | None:
    return number(value, 1000)


def _transcript(captions: list[Segment]) -> Transcript:
    """Leave out captions without text, end each where the next begins, and look for labels."""
    labelled, oddities = label_cues(clip([caption for caption in captions if caption.text]))
    return Transcript(tuple(labelled), oddities=oddities)
