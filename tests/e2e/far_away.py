"""Sites of other people: https with a certificate of its own, and plain callbacks on every name of this machine.

A site notes every request and answers with a page, or sends the browser on. It speaks just enough HTTP for that.
"""

import asyncio
import datetime as dt
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLAUDE, SECOND = "claude.example", "second.example"
_HTTPS = 443


@attrs.frozen(kw_only=True)
class Visit:
    """One request a site got."""

    host: str
    path: str
    query: dict[str, str]


SendOn = Callable[[Visit], str | None]
"""Where a site sends the browser on; None for nowhere."""


@attrs.frozen(kw_only=True)
class Page:
    """One page of a site. `policy` is its Content-Security-Policy, which a page without one does not have."""

    html: str
    policy: str = ""


_ARRIVED = Page(html='<p data-result="elsewhere">You have arrived.')


@attrs.frozen(kw_only=True)
class Site:
    """A site that answers at `origin`, who came by, and what it has to show besides the page it always shows."""

    origin: str
    visits: list[Visit]
    pages: dict[str, Page]

    def answers(self, path: str = "/callback") -> list[dict[str, str]]:
        """The queries that came to one address of the site, in order."""
        return [visit.query for visit in self.visits if visit.path == path]


@attrs.frozen(kw_only=True)
class FarAway:
    """`https://claude.example`, whose callback sends people on to `https://second.example`, for this browser only."""

    site: Site
    port: int

    @property
    def resolver_rules(self) -> str:
        """Chromium's switch `--host-resolver-rules`, which makes it find them here, on the port https always has."""
        return ", ".join(f"MAP {host}:{_HTTPS} 127.0.0.1:{self.port}" for host in (CLAUDE, SECOND))


@asynccontextmanager
async def site(host: str, send_on: SendOn = lambda _visit: None) -> AsyncIterator[Site]:
    """A plain http site on a free port of this name: `127.0.0.1`, `localhost` or `[::1]`."""
    is_six = host == "[::1]"
    bound = socket.create_server(
        ("::1" if is_six else "127.0.0.1", 0), family=socket.AF_INET6 if is_six else socket.AF_INET
    )
    there = Site(origin=f"http://{host}:{bound.getsockname()[1]}", visits=[], pages={})
    async with await asyncio.start_server(_Answering(there, send_on), sock=bound):
        yield there


@asynccontextmanager
async def far_away_sites() -> AsyncIterator[FarAway]:
    """Serve both https sites on one port."""

    def send_on(visit: Visit) -> str | None:
        return f"https://{SECOND}/welcome" if (visit.host, visit.path) == (CLAUDE, "/callback") else None

    bound = socket.create_server(("127.0.0.1", 0))
    both = Site(origin=f"https://{CLAUDE}", visits=[], pages={})
    async with await asyncio.start_server(_Answering(both, send_on), sock=bound, ssl=_certified(CLAUDE, SECOND)):
        yield FarAway(site=both, port=bound.getsockname()[1])


@attrs.frozen
class _Answering:
    """Answers one connection."""

    _site: Site
    _send_on: SendOn

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            visit = _visit(head)
            if visit.path == "/favicon.ico":
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            else:
                self._site.visits.append(visit)
                page = self._site.pages.get(visit.path)
                writer.write(_reply(page or _ARRIVED, None if page else self._send_on(visit)))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # a connection that the browser opened ahead, and did not need
        finally:
            writer.close()


def _visit(head: list[str]) -> Visit:
    target = urlsplit(head[0].split(" ")[1])
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    return Visit(host=headers.get("host", ""), path=target.path, query=query)


def _reply(page: Page, location: str | None) -> bytes:
    body = f"<!doctype html><title>Elsewhere</title>{page.html}".encode()
    lines = [
        "HTTP/1.1 200 OK" if location is None else f"HTTP/1.1 302 Found\r\nLocation: {location}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    if page.policy:
        lines.append(f"Content-Security-Policy: {page.policy}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _certified(*names: str) -> ssl.SSLContext:
    """A server context with a fresh certificate that nobody has signed but itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "both.pem")
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(file)
    return context
