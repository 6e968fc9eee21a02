"""One file from the web, for an operator who imports an address: https only, public hosts only, bounded throughout.

Only hosts that the operator names may be others: in their own network, over http, on any port.

Whoever writes a feed or answers a request picks the next address, so nothing here trusts a name. A host is looked up
once, all its addresses are checked, and the connection goes to one of those very addresses; a second look-up, which
could answer differently, never happens. Redirects start again from the beginning.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from bot.errors import OperatorError
from bot.policy.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

__all__ = [
    "LONGEST_NAMED",
    "Address",
    "Allow",
    "ClosedError",
    "FetchError",
    "Fetched",
    "Resolve",
    "Seen",
    "fetch",
    "is_named",
    "is_public",
    "look_up",
]

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Iterable[Address]]
"""All addresses of a host name; raises OSError when it has none."""
Allow = Callable[[Address], bool]
"""Whether a connection to an address may be made; never asked about an IPv4 address wrapped in an IPv6 one."""

LARGEST_FILE = 20 * 1024 * 1024
"""Bytes of one file; the corpus reads no larger one."""
MOST_REDIRECTS = 3
LONGEST_ADDRESS = 2048
LONGEST_HEAD = 64 * 1024
"""Bytes of a status line with all headers, and of what chunking may add beyond the size of the file."""

LONGEST_NAMED = 200
"""Characters of a header that is kept; an entity tag has some forty."""

_NAMED = {"type": "Content-Type", "etag": "ETag", "modified": "Last-Modified"}
_PACKS = (47, -15)
"""How zlib is told what to unpack: with the head of gzip or of zlib, or the bare stream that some call deflate."""

_MOST_PARTS = 100
_UNPACKED = frozenset({"identity", "gzip", "x-gzip", "deflate"})
_LONGEST_NAME = 253
_HTTPS = 443
_PORTS = {"https": _HTTPS, "http": 80}
_LASTING = frozenset({301, 308})
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?!\d)")

_UNICAST = IPv6Network("2000::/3")
"""The one block from which public IPv6 hosts are numbered. Outside lie unspecified, loopback, IPv4-compatible, NAT64,
discard, segment routing, unique local, link-local, site-local and multicast."""
_CLOSED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network, unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's NAT; some clouds' metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, at an address that looks public
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3ffe::/16",  # the former test network
        "3fff::/20",  # documentation
    )
)

_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::(?P<port>[0-9]{0,5}))?")
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSAFE = re.compile(r"[^!-~]+")


class FetchError(OperatorError):
    """A web address was not fetched.

    `where` names the host and never more of the address: paths, queries and user names can hold secrets. `status` is
    the server's answer where it gave another than the file, 0 where it gave none; `retry` what it says in Retry-After.
    """

    def __init__(self, where: str, reason: str, status: int = 0, retry: str = "") -> None:
        self.where = where
        self.reason = reason
        self.status = status
        self.retry = retry
        super().__init__(f"{where}: {reason}")


class ClosedError(FetchError):
    """An address is one that only a host which the operator names may have: over http, or in a network of its own."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as its server sent it; `url` is where it was in the end, `type` what the server calls its format.

    `etag` and `modified` are what the server says to ask by whether it has changed. `unchanged` when it says that it is
    as it was `seen`; then there are no data. `max_age` is for how many seconds it need not be asked for again, 0 where
    nothing is said. `moved` is the address that is to be asked from now on, "" for the same.
    """

    url: str
    data: bytes
    type: str = ""
    etag: str = ""
    modified: str = ""
    unchanged: bool = False
    max_age: int = 0
    moved: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server said of a file the last time, to be asked for again only if it has changed since."""

    etag: str = ""
    modified: str = ""

    def __bool__(self) -> bool:
        """Say whether there is anything to ask by."""
        return bool(self.etag or self.modified)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


def is_public(address: Address) -> bool:
    """Tell whether an address is an ordinary host on the public internet.

    `ipaddress` alone does not say: to Python 3.11 multicast, NAT64 and 6to4 are global, though the last two can wrap
    any private address.
    """
    plain = _unwrap(address)
    if isinstance(plain, IPv6Address) and plain not in _UNICAST:
        return False
    return not any(plain in network for network in _CLOSED)


def look_up(host: str) -> list[Address]:
    """Ask the system for all addresses of a host name."""
    rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [ip_address(row[4][0]) for row in rows]


def fetch(  # noqa: PLR0913 - the last four are for tests, which have a server of their own
    url: str,
    seen: Seen | None = None,
    *,
    limit: int = LARGEST_FILE,
    seconds: float = 30.0,
    hosts: frozenset[str] = frozenset(),
    resolve: Resolve = look_up,
    allow: Allow = is_public,
    context: ssl.SSLContext | None = None,
    port: int = _HTTPS,
) -> Fetched:
    """Return the file at an https address, or raise FetchError; a file that is as it was `seen` comes without data.

    `limit` counts bytes of the file; `seconds` covers everything from the first look-up to the last byte, redirects
    included. `hosts` are those that the operator names, as `host` or `host:port` in small letters: where the address is
    on one of them, it and what it redirects to may be on any of them, wherever that is, and over http. `resolve`,
    `allow`, `context` and `port`, the only port that is accepted, are there so that tests can stand up a server on this
    machine; nothing else should set them.
    """
    visit = _Visit(limit, seconds, resolve, allow, context or _trust(), time.monotonic() + seconds, seen or Seen())
    target, sender, moved, lasting = _Target.read(url, port, hosts=hosts), "", "", True
    hosts = hosts if target.named else frozenset()
    try:
        for _ in range(MOST_REDIRECTS + 1):
            found = visit.get(target)
            if isinstance(found, Fetched):
                return replace(found, moved=moved)
            sender, lasting = target.host, lasting and found.lasting
            target = _Target.read(found.place, port, target.url, hosts)
            moved = target.url if lasting else moved
    except FetchError as error:
        if not sender:
            raise
        where = say("fetch.redirects", sender=sender, where=error.where)
        raise type(error)(where, error.reason, error.status, error.retry) from error
    raise FetchError(sender, say("fetch.too-many-redirects", most=MOST_REDIRECTS))


@functools.cache
def _trust() -> ssl.SSLContext:
    """Return the system's certificates, which take some 20 ms to read."""
    return ssl.create_default_context()


def _unwrap(address: Address) -> Address:
    """Return the IPv4 address inside `::ffff:0:0/96`, or the address itself."""
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Where a server sends to, as it says it, and whether for good."""

    place: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class _Target:
    """An address taken apart and put together again in one spelling; `named` when the operator named its host."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    literal: Address | None
    named: bool

    @classmethod
    def read(cls, url: str, port: int, base: str = "", hosts: frozenset[str] = frozenset()) -> _Target:
        """Take an address apart, seen from a base.

        Raises FetchError for all but https to a plain host on the port, or one of the named hosts.
        """
        if len(url) > LONGEST_ADDRESS:
            raise FetchError(
                say("fetch.address"),
                say("fetch.too-long", count=len(url), most=LONGEST_ADDRESS, by_hand=say("fetch.by-hand")),
            )
        if " " in url or not url.isprintable():
            raise FetchError(say("fetch.address"), say("fetch.space"))
        try:
            parts = urlsplit(urljoin(base, url))
        except ValueError as error:
            raise FetchError(say("fetch.address"), say("fetch.no-web-address")) from error
        where = parts.netloc.rpartition("@")[2][:_LONGEST_NAME] or say("fetch.address")
        named = is_named(parts, hosts)
        if parts.scheme != "https" and not named:
            found = f"'{parts.scheme[:20]}:'" if parts.scheme else say("fetch.no-scheme")
            kind = ClosedError if parts.scheme == "http" else FetchError
            raise kind(where, say("fetch.not-https", found=found, by_hand=say("fetch.by-hand")))
        if "@" in parts.netloc:
            raise FetchError(where, say("fetch.password", by_hand=say("fetch.by-hand")))
        place = _PLACE.fullmatch(parts.netloc)
        if place is None:
            raise FetchError(where, say("fetch.no-host-or-port"))
        if place["port"] and int(place["port"]) != port and not named:
            raise FetchError(where, say("fetch.port", named=place["port"], port=port, by_hand=say("fetch.by-hand")))
        host, literal = _read_host(place["host"], where)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path = _UNSAFE.sub(lambda unsafe: quote(unsafe[0]), path)
        usual = _PORTS[parts.scheme]
        port = int(place["port"] or usual) if named else port
        where = (f"[{host}]" if ":" in host else host) + ("" if port == usual else f":{port}")
        return cls(f"{parts.scheme}://{where}{path}", parts.scheme, host, port, path, literal, named)


def is_named(address: SplitResult, hosts: frozenset[str]) -> bool:
    """Say whether the operator named the host of an address; a name without a port means the usual one."""
    place, usual = address.netloc.casefold(), f":{_PORTS.get(address.scheme, _HTTPS)}"
    return address.scheme in _PORTS and bool(hosts & {place, f"{place}{usual}", place.removesuffix(usual)})


def _read_host(text: str, where: str) -> tuple[str, Address | None]:
    """Return a host in its one spelling, and the address when the host is one.

    What some systems read as an address and others as a name, like `0x7f.1` or `2130706433`, is neither here.
    """
    try:
        if text.startswith("["):
            address = IPv6Address(text[1:-1])
            return str(address), address
        host = text.encode("idna").decode("ascii").lower().removesuffix(".")
        if len(host) <= _LONGEST_NAME and _NAME.fullmatch(host):
            return host, IPv4Address(host) if _NUMBER.fullmatch(host.rpartition(".")[2]) else None
        found = say("fetch.no-host")
    except ValueError:
        found = say("fetch.unusual-host")
    raise FetchError(where, say("fetch.write-host", found=found))


class _FloodError(Exception):
    """A server sent more around the file than a file needs."""


class _Wire(io.RawIOBase):
    """What http.client needs of a socket, for as long as time and allowance last; no read waits longer than is left."""

    def __init__(self, visit: _Visit, sock: socket.socket) -> None:
        self._visit = visit
        self._sock = sock
        self.allowance = LONGEST_HEAD

    def sendall(self, data: bytes) -> None:
        """Send a request."""
        self._sock.settimeout(self._visit.left())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what comes in."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Receive at least one byte; 0 is the end."""
        if self.allowance <= 0:
            raise _FloodError
        self._sock.settimeout(self._visit.left())
        count = self._sock.recv_into(memoryview(buffer)[: self.allowance])
        self.allowance -= count
        return count

    def close(self) -> None:
        """Do nothing: http.client closes before the body is read, and `_Visit.get` closes the socket itself."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One call of `fetch`: its limits and the moment it ends."""

    limit: int
    seconds: float
    resolve: Resolve
    allow: Allow
    context: ssl.SSLContext
    deadline: float
    seen: Seen

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when none are."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def get(self, target: _Target) -> Fetched | _Redirect:
        """Return the file, or where the server redirects to."""
        with self._explain(target.host), self._connect(target) as sock:
            connection = (
                http.client.HTTPSConnection(target.host, target.port, context=self.context)
                if target.scheme == "https"
                else http.client.HTTPConnection(target.host, target.port)
            )
            connection.sock = wire = _Wire(self, sock)
            headers = {"User-Agent": "verbatim-bot", "Accept": "*/*", "Connection": "close"}
            headers |= {"Accept-Encoding": "identity"} | self.seen.headers
            connection.request("GET", target.path, headers=headers)
            response = connection.getresponse()
            wire.allowance = 2 * self.limit + LONGEST_HEAD
            if response.status in {301, 302, 303, 307, 308}:
                return _Redirect(_location(target.host, response), response.status in _LASTING)
            named = {name: response.headers.get(header, "")[:LONGEST_NAMED] for name, header in _NAMED.items()}
            age = _MAX_AGE.search(response.headers.get("Cache-Control", "").casefold()[:LONGEST_NAMED])
            unchanged = response.status == http.client.NOT_MODIFIED and bool(self.seen)
            data = b"" if unchanged else self._body(target.host, response)
            return Fetched(target.url, data, **named, unchanged=unchanged, max_age=int(age[1]) if age else 0)

    @contextlib.contextmanager
    def _explain(self, host: str) -> Iterator[None]:
        """Turn whatever a network does into a sentence about a host."""
        by_hand = say("fetch.by-hand")
        again = say("fetch.again", by_hand=by_hand)
        try:
            yield
        except socket.gaierror as error:
            raise FetchError(host, say("fetch.no-such-host", error=error.strerror)) from error
        except ssl.SSLCertVerificationError as error:
            reason = say("fetch.certificate", error=error.verify_message)
            raise FetchError(host, say("fetch.nothing-asked", reason=reason)) from error
        except TimeoutError as error:
            raise FetchError(host, say("fetch.slow", seconds=self.seconds, again=again)) from error
        except http.client.IncompleteRead as error:
            raise FetchError(host, say("fetch.cut-short", again=again)) from error
        except OSError as error:
            found = error.strerror or type(error).__name__
            raise FetchError(host, say("fetch.failed", error=found, again=again)) from error
        except _FloodError as error:
            raise FetchError(host, say("fetch.flood", by_hand=by_hand)) from error
        except (http.client.HTTPException, ValueError) as error:
            raise FetchError(host, say("fetch.not-http", error=type(error).__name__, by_hand=by_hand)) from error

    def _connect(self, target: _Target) -> socket.socket:
        """Open a connection, a verified one for https, to the first of a host's addresses that takes one.

        An end that TLS does not vouch for is an error: half a transcript must not pass for a whole one.
        """
        addresses = self._addresses(target)
        for ahead, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                sock = socket.create_connection((str(address), target.port), self.left() / ahead)
            except OSError:
                if ahead == 1:
                    raise
                continue
            if target.scheme == "http":
                return sock
            with sock:  # once it is wrapped, this closes nothing
                sock.settimeout(self.left())
                return self.context.wrap_socket(sock, server_hostname=target.host, suppress_ragged_eofs=False)
        raise FetchError(target.host, say("fetch.no-address"))

    def _addresses(self, target: _Target) -> list[Address]:
        """Return all addresses of a host, each once; raises FetchError if even one is not allowed."""
        found = (
            [target.literal] if target.literal else _call_within(self.left(), lambda: list(self.resolve(target.host)))
        )
        addresses = list(dict.fromkeys(_unwrap(address) for address in found))
        for address in addresses:
            if not (target.named or self.allow(address)):
                raise ClosedError(target.host, say("fetch.not-public", address=address, by_hand=say("fetch.by-hand")))
        return addresses

    def _body(self, host: str, response: http.client.HTTPResponse) -> bytes:
        """Read a file to its end, never more than one byte beyond the limit."""
        if response.status != http.client.OK:
            phrase = f"{response.status} {http.client.responses.get(response.status, '')}".rstrip()
            retry = response.headers.get("Retry-After", "")[:LONGEST_NAMED]
            raise FetchError(host, say("fetch.not-ok", answer=phrase), response.status, retry)
        packing = response.headers.get("Content-Encoding", "").strip().casefold() or "identity"
        transfer = set(response.headers.get("Transfer-Encoding", "").casefold().split())
        if packing not in _UNPACKED or not transfer <= {"identity", "chunked"}:
            raise FetchError(host, say("fetch.packed", by_hand=say("fetch.by-hand")))
        most = say("fetch.most", most=self.limit / 1_048_576)
        if response.length is not None and response.length > self.limit:
            raise FetchError(host, say("fetch.too-large", size=response.length / 1_048_576, most=most))
        data = bytearray()
        while piece := response.read(min(65_536, self.limit + 1 - len(data))):
            data += piece
            if len(data) > self.limit:
                raise FetchError(host, say("fetch.goes-on", most=most))
        if response.length:
            raise http.client.IncompleteRead(bytes(data), response.length)
        return bytes(data) if packing == "identity" else self._unpacked(host, bytes(data), most)

    def _unpacked(self, host: str, data: bytes, most: str) -> bytes:
        """Return what was sent compressed, though never asked for: some servers keep nothing else."""
        for bits in _PACKS:
            with contextlib.suppress(zlib.error):
                return self._unpacked_as(bits, host, data, most)
        raise FetchError(host, say("fetch.broken-pack", by_hand=say("fetch.by-hand")))

    def _unpacked_as(self, bits: int, host: str, data: bytes, most: str) -> bytes:
        """Return what was compressed in one way, of which there may be several parts in a row; raises zlib.error."""
        found = bytearray()
        for _ in range(_MOST_PARTS):
            unpacking = zlib.decompressobj(bits)
            found += unpacking.decompress(data, self.limit + 1 - len(found))
            if len(found) > self.limit:
                raise FetchError(host, say("fetch.goes-on", most=most))
            if not unpacking.eof:
                raise FetchError(host, say("fetch.cut-short", again=say("fetch.again", by_hand=say("fetch.by-hand"))))
            data = unpacking.unused_data
            if not data:
                return bytes(found)
        raise zlib.error


def _location(host: str, response: http.client.HTTPResponse) -> str:
    location = response.headers.get("Location", "")
    if not location:
        raise FetchError(host, say("fetch.nowhere", status=response.status))
    # Headers arrive as Latin-1, which gives back the bytes that were sent.
    return _UNSAFE.sub(lambda unsafe: quote(unsafe[0], encoding="latin-1"), location)


def _call_within(seconds: float, call: Callable[[], list[Address]]) -> list[Address]:
    """Return what a call returns; raises TimeoutError when it takes longer. The system's look-up has no limit."""
    future: Future[list[Address]] = Future()

    def work() -> None:
        try:
            future.set_result(call())
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result(seconds)
