"""Serve the search page: type what you look for, see the clips that are found, and why."""

import argparse
import contextlib
import ipaddress
import logging
import socket
import sys
from pathlib import Path

import uvicorn

from teachtext.config.home import home_at
from teachtext.errors import ConfigError, StoreError, TeachTextError
from teachtext.search.loading import indexed_models, load_named
from teachtext.search.page.app import make_app
from teachtext.search.searcher import Searcher

log = logging.getLogger(__name__)


def main(args: argparse.Namespace) -> None:
    """Run the command, until Ctrl-C."""
    home = home_at(args.directory)
    models = args.models or _indexed(home.results)
    # taken before the models are loaded: what stands in the way is told at once
    with _listen(args.host, args.port) as listening:
        if not is_loopback(args.host):
            log.warning(
                "everybody who reaches %s can search and watch the videos: there is no password",
                args.host,
            )
        searchers = [load_named(home.results, one, args.seed) for one in dict.fromkeys(models)]
        for searcher in searchers:
            _warm_up(searcher)
        app = make_app(searchers, names=[args.host])
        sys.stdout.write(f"{_address(listening)}  (Ctrl-C ends it)\n")
        sys.stdout.flush()
        # a film that is still playing must not keep the server from ending
        config = uvicorn.Config(
            app, log_config=None, log_level="warning", access_log=False, timeout_graceful_shutdown=1
        )
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address or a name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _indexed(results: Path) -> list[str]:
    found = indexed_models(results)
    if not found:
        raise StoreError(f"{results / 'search'} has no index to search. Run snakemake.")
    return list(found)


def _warm_up(searcher: Searcher) -> None:
    """Load the text encoder, for which the first search would wait."""
    try:
        searcher.search("a video", top=1)
    except TeachTextError as error:
        log.warning("%s: %s", searcher.model, error)


def _listen(host: str, port: int) -> socket.socket:
    try:
        ((family, *_, address), *_) = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        # Python adds the address again, in brackets
        reason = (error.strerror or "").partition(" (")[0]
        raise ConfigError(
            f"Cannot listen at {host}, port {port}: {reason}. Choose another --port or --host."
        ) from None


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
