"""The page in a real browser. Debian and Ubuntu have it as ``chromium``."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from teachtext.search.page.app import make_app
from tests.support.clips import write_clip
from tests.support.serving import FakeSearcher, served_clip, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
REFUSED = "Failed to load resource: "
HOSTILE = "z/<img src=x onerror=alert(1)>"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    film = write_clip(folder / "film.mp4", seconds=3)
    (folder / "old.avi").write_bytes(b"RIFF")
    (folder / "broken.mp4").write_bytes(b"no film")
    clips = [
        served_clip("a", film, split="train", start=1.0, end=2.0),
        served_clip("b", film, split="val"),
        served_clip("broken", folder / "broken.mp4"),
        served_clip("lost", folder / "lost.mp4"),
        served_clip("old", folder / "old.avi"),
        served_clip("without"),
        served_clip(HOSTILE, film),
    ]
    models = [FakeSearcher("teachtext", clips, step=-1), FakeSearcher("baseline", clips)]
    with serving(make_app(models)) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """A page that may complain of nothing but what the server refuses on purpose."""
    page = browser.new_page(base_url=address)
    page.set_default_timeout(10_000)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    page.on("request", lambda asked: address in asked.url or complaints.append(asked.url))
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    yield page
    page.close()
    assert [one for one in complaints if not one.startswith(REFUSED)] == []


def search(page, words="a dog barks"):
    page.goto("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.locator(".card").first).to_be_visible()


def test_enter_before_the_page_is_ready(page):
    held = []
    page.route("**/models?", lambda route: held.append(route) if not held else route.continue_())
    search(page)
    assert page.url.endswith("/?q=a+dog+barks")
    assert len(held) == 1


def test_words_typed_before_the_page_is_ready_stay(page):
    held = []
    page.route("**/models?", lambda route: held.append(route))
    with page.expect_request("**/models?"):
        page.goto("/")
    page.keyboard.type("a dog")
    held[0].continue_()
    expect(page.locator("#model option")).to_have_count(2)
    page.keyboard.type(" barks")
    page.keyboard.press("Enter")
    expect(page.locator(".card").first).to_be_visible()
    assert page.url.endswith("/?q=a+dog+barks&model=baseline")


def ids(page, column=0):
    return page.locator(".column").nth(column).locator(".card .id").all_text_contents()


def card(page, video_id):
    return page.locator(".card").filter(has=page.get_by_text(video_id, exact=True))


def test_type_and_see_hits(page):
    search(page)
    assert ids(page) == ["a", "b", "broken", "lost", "old", "without", HOSTILE]
    first = page.locator(".card").first
    expect(first.locator(".place")).to_contain_text("1")
    expect(first.locator(".score")).to_have_text("0.700")
    assert first.locator(".parts span").all_text_contents() == ["appearance 63 %", "audio 38 %"]
    expect(first.locator(".facts")).to_have_text("train · 00:01–00:02")  # noqa: RUF001
    title = first.locator(".shares").get_attribute("title")
    assert title == "appearance 0.500, audio 0.300, speech −0.100; together 0.700"  # noqa: RUF001
    assert page.locator(".legend li").all_text_contents() == ["appearance", "audio", "speech"]
    expect(page.locator(".said")).to_contain_text("7 videos in ")


def test_a_clip_plays_its_part_in_a_loop(page):
    search(page)
    video = page.locator(".card").first.locator("video")
    page.wait_for_function("v => v.readyState >= 2 && !v.paused", arg=video.element_handle())
    assert video.evaluate("v => v.muted")
    assert video.get_attribute("src").endswith("#t=1,2")
    again = """v => new Promise(done => {
        let last = 0;
        v.addEventListener("timeupdate", () => {
            if (v.currentTime < last) done([last, v.currentTime]);
            last = v.currentTime;
        });
    })"""
    end, start = video.evaluate(again)
    assert end == pytest.approx(2, abs=0.4)
    assert start == pytest.approx(1, abs=0.4)


def test_a_video_out_of_sight_holds_nothing(page):
    page.set_viewport_size({"width": 500, "height": 500})
    search(page)
    video = page.locator(".card").first.locator("video")
    expect(video).to_have_attribute("src", "video?video=a#t=1,2")
    page.locator(".card").last.scroll_into_view_if_needed()
    expect(video).not_to_have_attribute("src", "video?video=a#t=1,2")


@pytest.mark.parametrize(
    ("video_id", "said", "download"),
    [
        ("broken", "This browser cannot play the file.", "broken.mp4"),
        ("lost", "The file lost.mp4 is not there any more.", None),
        ("old", "Browsers do not play avi files.", "old.avi"),
        ("without", "Features alone, no video file.", None),
    ],
)
def test_what_does_not_play_says_why(page, video_id, said, download):
    search(page)
    frame = card(page, video_id).locator(".frame")
    frame.scroll_into_view_if_needed()
    expect(frame.locator("span")).to_have_text(said)
    links = frame.locator("a")
    assert [link.get_attribute("download") for link in links.all()] == [download] * (
        download is not None
    )


def test_ids_and_words_are_text(page):
    search(page, "<img src=x onerror=alert(2)>")
    expect(card(page, HOSTILE)).to_be_visible()
    assert page.locator("img").count() == 0
    card(page, HOSTILE).get_by_text("Captions").click()
    expect(page.locator(".subject .id")).to_have_text(HOSTILE)
    expect(page.locator(".caption").first).to_contain_text(f"video {HOSTILE}")
    assert page.locator("img").count() == 0


def test_filters(page):
    search(page)
    page.select_option("#split", "val")
    expect(page.locator(".card")).to_have_count(1)
    assert ids(page) == ["b"]
    page.select_option("#split", "")
    page.fill("#contains", "o")
    page.press("#contains", "Enter")
    expect(page.locator(".card")).to_have_count(5)
    page.fill("#contains", "nowhere")
    page.press("#contains", "Enter")
    expect(page.locator(".message")).to_contain_text("Nothing was found.")


def test_the_address_holds_all_of_it(page):
    search(page)
    page.select_option("#split", "val")
    expect(page.locator(".card")).to_have_count(1)
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator("#q")).to_have_value("a dog barks")
    expect(page.locator("#split")).to_have_value("val")
    page.go_back()
    expect(page.locator(".card")).to_have_count(7)
    expect(page.locator("#split")).to_have_value("")
    page.go_back()
    expect(page.locator(".message")).to_contain_text("Describe a video")


def test_two_models_side_by_side(page):
    search(page)
    page.check("#compare")
    expect(page.locator(".column")).to_have_count(2)
    expect(page.locator(".card")).to_have_count(14)
    assert page.locator("h2").all_text_contents()[0].startswith("teachtext")
    assert ids(page, 0) == ids(page, 1)[::-1]
    badges = page.locator(".column").nth(1).locator(".badge").all_text_contents()
    assert badges == ["▲ 6", "▲ 4", "▲ 2", "same", "▼ 2", "▼ 4", "▼ 6"]
    page.locator(".column").first.locator(".card").first.hover()
    assert page.locator(".marked .id").all_text_contents() == [HOSTILE, HOSTILE]


def test_a_video_that_only_one_model_finds(page):
    page.goto("/?q=x&model=teachtext&model=baseline&top=1")
    expect(page.locator(".badge")).to_have_text(["here alone", "here alone"])
    assert page.locator(".badge").first.get_attribute("title") == (
        "not among the first 1 of baseline"
    )


def test_similar_videos_and_back(page):
    search(page)
    card(page, "b").get_by_role("link", name="Similar").press("Enter")
    expect(page.locator(".subject h2")).to_have_text("Videos like this one")
    expect(page.locator(".card")).to_have_count(6)
    assert "b" not in ids(page)
    page.get_by_text("Back to “a dog barks”").click()
    expect(page.locator(".card")).to_have_count(7)


def test_captions_of_a_video_are_searched_for_with_a_click(page):
    search(page)
    card(page, "b").get_by_role("link", name="Captions").click()
    expect(page.locator(".caption").first).to_contain_text("video b")
    expect(page.locator(".own")).to_have_count(1)
    page.locator(".caption a").first.click()
    expect(page.locator("#q")).to_have_value("video b")
    expect(page.locator(".card")).to_have_count(7)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/?q=x&model=nope", "Unknown model 'nope'. Choose one of: teachtext, baseline."),
        ("/?similar=nope", "No video has the id 'nope'."),
        ("/?q=x&top=1000", "top: Input should be less than or equal to 100"),
    ],
)
def test_mistakes_in_the_address(page, target, said):
    page.goto(target)
    expect(page.get_by_role("alert")).to_have_text(said)


def test_a_server_that_is_gone(page):
    search(page)
    page.route("**/search?*", lambda route: route.abort())
    page.press("#q", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")


@pytest.mark.parametrize(
    "query", ["", "?q=x", "?q=x&model=teachtext&model=baseline", "?captions=b"]
)
def test_nothing_sticks_out_on_a_phone(page, query):
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"/{query}")
    expect(page.locator(".card, .caption, .message").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
