import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from teachtext.cli import run
from teachtext.commands import serve
from teachtext.errors import ConfigError, StoreError
from tests.support.running import ENVIRONMENT, ROOT

SERVER = """
import sys
from teachtext.cli import run
from teachtext.commands import serve
from teachtext.errors import ConfigError
from tests.support.serving import FakeSearcher, served_clip

class Wordless(FakeSearcher):
    def search(self, query, **_):
        raise ConfigError("made elsewhere")

def load(results, model, seed):
    return (Wordless if model == "wordless" else FakeSearcher)(model, [served_clip("a")])

serve.load_named = load
run("serve", sys.argv[1:])
"""


@contextlib.contextmanager
def running(*arguments):
    """The command with a searcher that is quick to load, and the address that it told."""
    command = [sys.executable, "-c", SERVER, "--models", "x", "--port", "0", *arguments]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, re.search(r"http://\S+", process.stdout.readline())[0]
    finally:
        process.kill()
        process.communicate()


def test_it_tells_its_address_and_ends_with_ctrl_c():
    with running() as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address)
        with urllib.request.urlopen(f"{address}/models") as answer:
            assert json.load(answer)["models"][0]["name"] == "x"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0
        assert errors == ""


def test_other_machines_are_warned_of_and_models_that_embed_no_words_are_served():
    with running("--models", "wordless", "--host", "0.0.0.0") as (process, address):
        assert address.startswith("http://0.0.0.0:")
        # once it answers, it has a handler of the signal
        urllib.request.urlopen(f"{address}/models").close()
        process.send_signal(signal.SIGINT)
        _, warnings = process.communicate(timeout=60)
        assert "everybody who reaches 0.0.0.0 can search" in warnings
        assert "wordless: made elsewhere" in warnings


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True),
     ("0.0.0.0", False), ("192.168.1.5", False), ("archive.example", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(host, is_loopback):
    assert serve.is_loopback(host) is is_loopback


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"{port}: Address already in use\\. Choose"):
            run("serve", ["--models", "x", "--port", str(port)])


@pytest.mark.parametrize("host", ["no.such.invalid", "203.0.113.9"])
def test_an_address_that_is_not_of_this_machine(host):
    with pytest.raises(ConfigError, match=r"Cannot listen at .*Choose another --port or --host"):
        run("serve", ["--models", "x", "--host", host, "--port", "0"])


@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_is_none(port, capsys):
    with pytest.raises(SystemExit):
        run("serve", ["--models", "x", f"--port={port}"])
    assert f"'{port}' is not a whole number from 0 to 65535" in capsys.readouterr().err


def test_a_model_without_an_index(tmp_path):
    with pytest.raises(StoreError, match="no index of x/0"):
        run("serve", ["--models", "x", "--directory", str(tmp_path), "--port", "0"])


def test_no_index_at_all(tmp_path):
    with pytest.raises(StoreError, match=r"has no index to search\. Run snakemake\."):
        run("serve", ["--directory", str(tmp_path), "--port", "0"])
