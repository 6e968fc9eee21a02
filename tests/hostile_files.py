"""Files that somebody would make to hurt a reader: real ones changed, nested ones, repeated ones, built ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from bot.settings import ROOT
from tests.test_formats import BYTES

if TYPE_CHECKING:
    from random import Random

__all__ = ["NESTS", "SEEDS", "SHAPES", "built", "changed", "mutate", "nested"]

REAL = ROOT.parent / "shared" / "transcripts"
EDITION = """---
title: On engines
number: 7
published: 2023-06-08
duration: 1:00:00
speakers: {Ada: host, Bo: guest}
cuts: {video: {id: xyz, later: 12, after: 0:30}}
---

## 0:00 Start

**Ada:** [0:01.5] It computes. It does not think.

### Ad: Shop

**Bo:** Buy it \\[now].
"""
LONGEST = 100_000
"""Bytes of a file made here."""

SEEDS = [*BYTES, EDITION.encode(), *(path.read_bytes()[:6_000] for path in sorted(REAL.glob("*.*")))]

_LISTED = """< > </ <! <!-- --> <? ?> <p> </p> <item> </item> <v <v&#32;A> <b <script> <cite> <time> [ ] { } ( ) [[ ]]
{" "} "," : , -- --- --> 00:00:01.000 00:00:01,000&#32;--> 99:99 999:59:59.999 1:2 [0:10] \\[ \\ \\\\ ** __ * _ `
# ## ### > - 1. & && &amp; &# &#0; &#x110000; &#xd800; &#1114112; &lt; ![ ]( ](x) http:// Ada: A:B: A(A): NaN
Infinity -1 1e308 1e999 true null "\\ud800" "\\u0000" segments body start startTime words wdlist events utf8
tStartMs text speaker chapters !!bool !!timestamp !!python/name:os &a *a << ? | CDATA <![CDATA[ ]]> xmlns=
encoding="utf-16" <!DOCTYPE <!ENTITY rss feed entry title
"""
TOKENS = [
    *(token.replace("&#32;", " ") for token in _LISTED.split()),
    *(
        "\n",
        "\r",
        "\t",
        " ",
        "\n\n",
        "\x00",
        "\x1b",
        "\x0c",
        "\x85",
        "\u2028",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\u0301\u0323",
        "\ud7ff",
        "é",
        "漢",
        "。",
    ),
    *("😀", "1" * 5_000, "a" * 5_000, "\\" * 99, "&#" + "1" * 5_000),
]

NESTS = [
    ("[", "]"),
    ('{"a":', "}"),
    ("{a: ", "}"),
    ("<p>", "</p>"),
    ("<a>", "</a>"),
    ("<text>", "</text>"),
    ("<item>", "</item>"),
    ("<podcast:person>", "</podcast:person>"),
    ("<v A>", "</v>"),
    ("<b>", "</b>"),
    ("- ", ""),
    ("? ", ""),
    ("> ", ""),
    ("(", ")"),
    ("**", "**"),
    ("_", "_"),
    ("[", "](x)"),
    ("<!--", "-->"),
    ("<![CDATA[", "]]>"),
    ("`", "`"),
    ("# ", ""),
    ("&amp;", ""),
    ("<", ">"),
    ('"', '"'),
    ("{\\", "}"),
    ("<script>", "</script>"),
    ("[0:10] ", ""),
    ("ẹ́", ""),
    ("\n", "\n"),
]
"""What can stand inside itself, its beginning and its end."""

CUE = "00:00:01.000 --> 00:00:02.000\n"
RSS = '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><item><title>a</title>'
SHAPES = {
    "cues that loop": ("WEBVTT\n\n", CUE + "x y x y x y x y x y x y x y x y {}\n\n", ""),
    "cues of letters unlike": ("WEBVTT\n\n", CUE + "й й й й й й й й\n\n", ""),
    "voices": ("WEBVTT\n\n" + CUE, "<v A{}>x", ""),
    "lines of a cue": ("WEBVTT\n\n" + CUE, "x\n", ""),
    "names of cues": ("", CUE.replace(".", ",") + "A{}: hi\n\n", ""),
    "tags never closed": ("WEBVTT\n\n" + CUE + "x", "<b ", ""),
    "marks on a letter": ("WEBVTT\n\n" + CUE + "a", "\u0301\u0323", ""),
    "podcast segments": ('{"segments":[', '{"body":"x","startTime":1,"speaker":"s{}"},', '{"body":"x"}]}'),
    "words of a segment": ('{"segments":[{"wdlist":[', '{"word":" x"},', '{"word":"x"}]}]}'),
    "whisper segments": ('{"segments":[', '{"text":"x","start":1},', '{"text":"x","start":1}]}'),
    "parts of an event": ('{"events":[{"tStartMs":1,"segs":[', '{"utf8":"x"},', '{"utf8":"x"}]}]}'),
    "captions": ("<transcript>", "<text start='1'>a</text>", "</transcript>"),
    "attributes of a caption": ("<transcript><text ", 'a{}="1" ', ">a</text></transcript>"),
    "namespaces": ("<transcript>", "<text xmlns:b{0}='u{0}'>a</text>", "</transcript>"),
    "attributes declared": (
        "<!DOCTYPE a [",
        "<!ATTLIST text a{} CDATA 'x'>",
        "]><transcript><text>a</text></transcript>",
    ),
    "attributes of an item": (
        "<rss version='2.0'><channel><item ",
        'a{}="1" ',
        "><title>a</title></item></channel></rss>",
    ),
    "categories": (RSS, "<category>a{}</category>", "</item></channel></rss>"),
    "titles": (RSS, "<title>a</title>", "</item></channel></rss>"),
    "people": (RSS, "<podcast:person>a{}</podcast:person>", "</item></channel></rss>"),
    "links": (RSS, "<podcast:transcript url='https://a/{}'/>", "</item></channel></rss>"),
    "items": (RSS, "</item><item><title>a{}</title>", "</item></channel></rss>"),
    "a title of tags": (f"{RSS}<title>", "&lt;a ", "</title></item></channel></rss>"),
    "paragraphs of a page": ("<html>", "<p>a", ""),
    "comments never closed": ("<p>a", "<!--", ""),
    "elements never shown": ("<p>a", "<script>", "x"),
    "cites": ("<html>", "<cite>A{}</cite><p>x", ""),
    "labels": ("", "A{}: x\n", ""),
    "labels and their short forms": ("", "A{0} (B{0}): x\nB{0}: y\n", ""),
    "times in a line": ("[0:10] a\n[0:11] ", "[0:10] ", ""),
    "times that are none": ("[0:10] a\n[0:11] b", "[x 0:10", ""),
    "blank lines": ("x", "\n \t", "y"),
    "full stops": ("", ". ", "x"),
    "stars": ("---\na: b\n---\nx ", "*a ", ""),
    "links of Markdown": ("---\na: b\n---\nx ", "[a](", ""),
    "images": ("---\na: b\n---\nx ", "![", ""),
    "brackets of a link": ("---\na: b\n---\nx [a](", "()", ""),
    "quotations": ("---\na: b\n---\n", "> ", "x"),
    "headings": ("---\na: b\n---\n", "## a{}\n\nb\n\n", "x"),
    "short front matter": ("---\n", "{}: b\n", "---\nx"),
    "no end of front matter": ("---\na: b\n", "---x\n", ""),
}
"""For each shape what stands before, what is repeated (`{}` is its number), and what stands after."""


def shaped(name: str, times: int) -> bytes:
    """Return a file of a shape."""
    before, unit, after = SHAPES[name]
    return (before + "".join(unit.replace("{}", str(n)).replace("{0}", str(n)) for n in range(times)) + after).encode()


def nested(seed: bytes, at: float, nest: tuple[str, str], depth: int) -> bytes:
    """Return a file with something so many times inside itself, at a share of its length."""
    place = int(len(seed) * at)
    return seed[:place] + nest[0].encode() * depth + b"x" + nest[1].encode() * depth + seed[place:]


def mutate(data: bytes, chance: Random) -> bytes:
    """Return a file with one change."""
    place, end = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    piece, before, after = data[place : min(end, place + 400)], data[:place], data[place:]
    other = chance.choice(SEEDS)
    cut = chance.randrange(len(other))
    token = chance.choice(TOKENS).encode()
    deep = nested(data, place / max(1, len(data)), chance.choice(NESTS), chance.choice((2, 30, 120, 1_200)))
    ways = (
        before + after[len(piece) :],
        before + piece * chance.choice((2, 3, 30)) + after,
        *(before + token * times + after for times in (1, 1, 20)),
        before + bytes((chance.randrange(256),)) + after[1:],
        before + other[cut : cut + 400] + after,
        deep,
        before,
    )
    return chance.choice(ways)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Draw a seed with a few changes, in any encoding."""
    data = draw(st.sampled_from(SEEDS))
    chance = draw(st.randoms(use_true_random=False))
    for _ in range(draw(st.integers(1, 6))):
        data = mutate(data, chance)[:LONGEST]
    encoding = draw(st.sampled_from(["", "", "", "", "utf-8-sig", "utf-16", "utf-32", "cp1252"]))
    return data.decode("utf-8", "replace").encode(encoding, "replace") if encoding else data


_NAMED = """segments body startTime endTime speaker wdlist word start end speaker_name lang text duration words language
events tStartMs dDurationMs segs utf8 chapters title toc version
"""
_STRANGE = [
    float("nan"),
    float("inf"),
    1e308,
    -1,
    -0.0,
    10**400,
    2**63,
    True,
    None,
    "",
    "\ud800",
    "\x00",
    "NaN",
    "9" * 30,
    "\u202ex",
    "Hi. There",
    "A: b",
]
_scalars = st.one_of(st.sampled_from(_STRANGE), st.integers(-5, 400_000), st.floats(), st.text(max_size=9))
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(st.sampled_from(_NAMED.split()), inner, max_size=6)
    ),
    max_leaves=40,
)
_items = st.lists(st.dictionaries(st.sampled_from(_NAMED.split()), _values, max_size=8), max_size=8)


def _tree(tags: list[str], names: list[str]) -> st.SearchStrategy[str]:
    texts = st.sampled_from(
        [
            "",
            "a",
            "Ada: b.",
            "&amp;lt;b&amp;gt;",
            "1:00:00",
            "9" * 40,
            "Mon, 99 Foo 2020 25:61:61 GMT",
            "\u202e",
            "0000-00-00",
        ]
    )
    attributes = st.lists(st.tuples(st.sampled_from(names), texts), max_size=4, unique_by=lambda pair: pair[0])

    def element(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(
            lambda tag, given, children: (
                f"<{tag} {' '.join(f'{n}={t!r}' for n, t in given)}>{''.join(children)}</{tag}>"
            ),
            st.sampled_from(tags),
            attributes,
            st.lists(inner, max_size=5),
        )

    return st.recursive(texts, element, max_leaves=30)


_captions = _tree(["text", "p", "s", "body", "w"], ["start", "dur", "t", "d", "x"])
_feeds = _tree(
    [
        "item",
        "entry",
        "title",
        "pubDate",
        "published",
        "issued",
        "podcast:transcript",
        "podcast:person",
        "podcast:chapters",
        "podcast:episode",
    ],
    ["url", "type", "mode", "language", "role", "group", "start", "title", "href"],
)
_front = st.dictionaries(
    st.sampled_from(
        ["title", "speakers", "hosts", "guests", "date", "language", "number", "duration", "published", "cuts"]
    ),
    st.one_of(
        _values.map(lambda value: json.dumps(value, default=str)),
        st.sampled_from(TOKENS),
        st.sampled_from(["!!int ''", "*a", "&a 1", "|", "{", "0x" + "f" * 9_000]),
    ),
    max_size=5,
)
_lines = st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=8), st.just(CUE), st.just("\n")), max_size=30)


def _front_matter(fields: dict[str, str], lines: list[str]) -> str:
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in fields.items()) + "---\n\n" + "".join(lines)


def _json(value: Any) -> str:
    return json.dumps(value)


built: st.SearchStrategy[bytes] = st.one_of(
    st.one_of(
        _items, _values, st.fixed_dictionaries({"segments": _items}), st.fixed_dictionaries({"events": _items})
    ).map(_json),
    st.fixed_dictionaries({"chapters": _items}).map(_json),
    st.one_of(_captions.map("<timedtext>{}</timedtext>".format), _captions.map("<transcript>{}</transcript>".format)),
    _feeds.map(f"{RSS}{{}}</item></channel></rss>".format),
    _feeds.map(
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:podcast='https://podcastindex.org/namespace/1.0'>{}</feed>".format
    ),
    st.builds(_front_matter, _front, _lines),
    st.builds(
        lambda head, lines: head + "".join(lines), st.sampled_from(["", "WEBVTT\n\n", "1\n", "<html>", CUE]), _lines
    ),
).map(lambda text: text.encode("utf-8", "replace"))
"""Files of every format, of parts that belong there and values that do not."""
