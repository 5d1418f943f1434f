import pytest

from teachtext.search.page.guard import HEADERS


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8000", "192.168.1.5:80",
     "archive.example:8000"],
)  # fmt: skip
def test_names_of_this_server(server, host):
    assert server.raw("/models", Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "",
     "127.0.0.1@evil.example", "[::1", "127.0.0.1:80:80"],
)  # fmt: skip
@pytest.mark.parametrize("target", ["/", "/models", "/video?video=b"])
def test_names_of_other_servers_are_refused(server, host, target):
    status, _, body = server.raw(target, Host=host)
    # what is no host at all, uvicorn refuses itself
    assert status in (400, 421)
    assert b"teachtext" not in body


@pytest.mark.parametrize(
    "target",
    ["/", "/page.js", "/models", "/video?video=b", "/nothing", "/search?model=baseline&q=crash"],
)
def test_every_answer_has_the_headers(server, target):
    _, headers, _ = server.raw(target)
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Access-Control-Allow-Origin" not in headers
