from concurrent.futures import ThreadPoolExecutor

import pytest

from teachtext.errors import ConfigError
from teachtext.search.page.routes import PAGE_FILES


def test_models_and_splits(server):
    status, answer = server.json("models")
    assert status == 200
    assert [model["name"] for model in answer["models"]] == ["baseline", "teachtext"]
    assert answer["models"][0]["experts"] == ["appearance", "audio", "speech"]
    assert answer["splits"] == ["test", "train", "val"]


def test_search_tells_clips_scores_and_summands(server, film):
    status, answer = server.json("search", model="baseline", q="a dog", contains="a", split="train")
    (hit,) = answer["hits"]
    assert status == 200
    assert answer["milliseconds"] >= 10
    assert hit["summands"] == {"appearance": 0.5, "audio": 0.3, "speech": -0.1}
    assert hit["score"] == pytest.approx(0.7)
    assert hit["clip"] == {
        "id": "a",
        "split": "train",
        "file": "film one.mp4",
        "playable": True,
        "start_seconds": 1.5,
        "end_seconds": 3.0,
    }


def test_where_a_file_lies_is_not_told(server, film):
    _, _, body = server.raw("/search?model=baseline&q=x&top=100")
    assert film.name.encode() in body
    assert str(film.parent).encode() not in body


@pytest.mark.parametrize("query", ["-rf --help", "a" * 500, "'; DROP TABLE--", "ein Hund bellt 🐕"])
def test_queries_are_data(server, searchers, query):
    assert server.json("search", model="baseline", q=query)[0] == 200
    assert searchers[0].asked == [query]


def test_similar_leaves_the_video_out(server):
    _, answer = server.json("similar", model="baseline", video="a", top=100)
    ids = [hit["clip"]["id"] for hit in answer["hits"]]
    assert "b" in ids
    assert "a" not in ids


def test_captions_say_whose_they_are(server):
    _, answer = server.json("captions", model="baseline", video="a", top=2)
    assert [(one["caption"], one["own"]) for one in answer["captions"]] == [
        ("video a", True),
        ("video ../etc/passwd", False),
    ]


A = {"model": "baseline"}
LONG = "should have at most 500 characters"


@pytest.mark.parametrize(
    ("name", "parameters", "status", "said"),
    [
        ("search", {"model": "?", "q": "x"}, 404, "model '?'. Choose one of: baseline, teachtext."),
        ("search", {**A, "q": " "}, 400, "Nothing to look for: the query is empty."),
        ("search", A, 400, "q: Field required"),
        ("search", {**A, "q": "a" * 501}, 400, f"q: String {LONG}"),
        ("search", {**A, "q": "x", "top": 101}, 400, "top: Input should be less than or equal to"),
        ("search", {**A, "q": "x", "top": 0}, 400, "top: Input should be greater than or equal to"),
        ("similar", {**A, "video": "z\n"}, 404, "No video has the id 'z\\n'."),
        ("captions", {**A, "video": "z"}, 404, "No video has the id 'z'."),
        ("openapi.json", {}, 404, "There is no such page."),
        ("docs", {}, 404, "There is no such page."),
    ],
)
def test_mistakes_are_answered_in_one_line(server, name, parameters, status, said):
    found, answer = server.json(name, **parameters)
    assert found == status
    assert said in answer["error"]
    assert "\n" not in answer["error"]


def test_a_video_that_one_model_lacks(server, searchers):
    del searchers[1].clips["a"]
    assert server.json("similar", model="baseline", video="a")[0] == 200
    status, answer = server.json("similar", model="teachtext", video="a")
    assert (status, answer["error"]) == (404, "teachtext has no video 'a' in its index.")


def test_what_a_user_can_mend_is_told(server, searchers, monkeypatch):
    def refuse(*_, **__):
        raise ConfigError("Its tokens were made elsewhere.")

    monkeypatch.setattr(searchers[0], "search", refuse)
    answer = server.json("search", model="baseline", q="x")
    assert answer == (409, {"error": "Its tokens were made elsewhere."})


def test_a_bug_is_logged_and_not_shown(server, caplog):
    status, answer = server.json("search", model="baseline", q="crash")
    assert (status, answer) == (500, {"error": "The server failed; what it printed says why."})
    assert "a bug" in caplog.text
    assert server.json("search", model="baseline", q="x")[0] == 200


def test_models_get_one_question_at_a_time(server, searchers):
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: server.json("search", model="baseline", q="x")[0], range(16))
        assert set(answers) == {200}
    assert searchers[0].most_at_once == 1


def test_nobody_changes_anything(server):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert server.raw("/search?model=baseline&q=x", method)[0] == 405


@pytest.mark.parametrize("name", ["", *PAGE_FILES])
def test_the_page_has_its_files(server, name):
    status, headers, body = server.raw(f"/{name}")
    assert status == 200
    assert headers["Content-Type"].startswith(PAGE_FILES[name or "page.html"])
    assert b"http://" not in body.replace(b'"http://www.w3.org/2000/svg"', b"")
    assert b"innerHTML" not in body


@pytest.mark.parametrize(
    "target",
    [
        "/../routes.py", "/..%2froutes.py", "/%2e%2e/routes.py", "/routes.py", "/page.html%00",
        "//etc/passwd", "/%2fetc%2fpasswd", "/__init__.py", "/static/../app.py", "/page.css/",
        "/..\\routes.py",
    ],
)  # fmt: skip
def test_there_are_no_other_files(server, target):
    assert server.raw(target)[0] == 404
