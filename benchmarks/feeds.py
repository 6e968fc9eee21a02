"""What following feeds costs a bot that serves: `python -m benchmarks.feeds [--feeds 200] [--items 300]`.

A server of its own process answers each feed over TLS, as unchanged. One quarter of an hour is worked through without
waiting: every feed is looked at once, and at all other turns it is only told that none is due. What counts is the
processor time of this process, beside the quarter of an hour that it is for.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import ssl
import tempfile
import time
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.quote import machine
from bot.corpus.fetch import fetch
from bot.delivery.ticker import PERIOD as POSTS
from bot.feeds import Follower, fresh_episodes
from bot.feeds.follower import PERIOD
from bot.feeds.look import INTERVAL
from bot.feeds.state import FeedState, Item, ItemState

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

HOST = "feeds.test"
HERE = IPv4Address("127.0.0.1")
NOW = 1_795_000_000.0


class Unchanged(BaseHTTPRequestHandler):
    """Says of everything that it is as it was."""

    def do_GET(self) -> None:
        """Answer a conditional request."""
        self.send_response(304)
        self.send_header("ETag", '"same"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certify(path: Path) -> None:
    """Write a key and a certificate for the host that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(1))
        .not_valid_after(today + dt.timedelta(2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )


def serve(certificate: Path, port: Connection) -> None:
    """Serve until the process is ended; tells its port first."""
    with ThreadingHTTPServer((str(HERE), 0), Unchanged) as server:
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(certificate)
        server.socket = own.wrap_socket(server.socket, server_side=True)
        port.send(server.server_address[1])
        server.serve_forever()


def put(content: Path, feeds: int, items: int) -> None:
    """Write shows that follow a feed with so many episodes, of which one is new, all of them due."""
    for number in range(feeds):
        folder = content / f"show-{number}"
        (folder / "new").mkdir(parents=True)
        feed = f"https://{HOST}/{number}.xml"
        text = f'title = "Show {number}"\nrights = "Ours."\nfeed = "{feed}"\n'
        (folder / "show.toml").write_text(text, "utf-8")
        rows = {
            f"tag:{HOST},2026:{number}/{item}": Item(
                ItemState.IMPORTED, NOW, f"The title of an episode, number {item}", "2026-05-01T06:00:00+00:00",
                "new", NOW, new=item == 0, edition="0" * 32,
            )
            for item in range(items)
        }  # fmt: skip
        FeedState(feed, NOW, NOW, NOW, NOW, etag='"same"', items=rows).save(folder)


def main() -> None:
    """Print what a quarter of an hour costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=300)
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        certificate, content = Path(folder) / "certificate.pem", Path(folder) / "content"
        certify(certificate)
        put(content, given.feeds, given.items)
        end, other = context.Pipe(duplex=False)
        server = context.Process(target=serve, args=(certificate, other), daemon=True)
        server.start()
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(certificate)
        get = partial(fetch, resolve=lambda _: [HERE], allow=lambda at: at == HERE, context=trust, port=end.recv())
        told: list[str] = []
        follower = Follower(content, get=lambda _: get, tell=told.append)
        follower.tick(NOW + 1)  # what is loaded once is loaded here
        began = time.process_time()
        follower.tick(NOW + 1.2 * INTERVAL)
        looks = time.process_time() - began
        began = time.process_time()
        for turn in range(int(INTERVAL / PERIOD)):
            follower.tick(NOW + 1.2 * INTERVAL + turn)
        turns = time.process_time() - began
        began = time.process_time()
        for _ in range(int(INTERVAL / POSTS)):
            fresh_episodes(content)
        fresh = time.process_time() - began
        server.terminate()
        server.join()
    if told:
        raise SystemExit("\n".join(told[:3]))
    total = looks + turns + fresh
    print(f"{given.feeds} feeds of {given.items} items, unchanged, over TLS, a quarter of an hour ({machine()}):")
    print(f"looks {looks:.2f} s, turns at which none is due {turns:.2f} s, asking for new episodes {fresh:.2f} s:")
    print(f"{total:.2f} s of processor time, {100 * total / INTERVAL:.2f} % of a core")


if __name__ == "__main__":
    main()
