"""A searcher that finds by plain rules, and a server of it on a free port."""

import http.client
import json
import socket
import threading
import time
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import uvicorn

from teachtext.search.hits import CaptionHit, Clip, Hit

ODD_IDS = [
    "../etc/passwd",
    "/etc/passwd",
    "a \"b\" 'c' & <img src=x onerror=alert(1)>",
    "ü/ñ%2e%2e#?",
]
_EXPERTS = ("appearance", "audio", "speech")


class FakeSearcher:
    """Videos in the order of their ids, or backwards; every caption is ``video <id>``."""

    seed = 0
    experts = _EXPERTS

    def __init__(self, model, clips, *, step=1):
        self.model, self.clips, self.step = model, {clip.video_id: clip for clip in clips}, step
        self.asked = []
        self.at_once = self.most_at_once = 0

    def _hits(self, top, split, contains=""):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.01)
        self.at_once -= 1
        ids = [
            video_id
            for video_id in sorted(self.clips)[:: self.step]
            if contains in video_id and split in (None, self.clips[video_id].split)
        ]
        return [self._hit(video_id, rank) for rank, video_id in enumerate(ids[:top])]

    def _hit(self, video_id, rank):
        summands = {"appearance": 0.5 - rank / 20, "audio": 0.3, "speech": -0.1}
        return Hit(self.clips[video_id], sum(summands.values()), summands)

    def search(self, query, *, top=10, split=None, contains=""):
        self.asked.append(query)
        if query == "crash":
            raise RuntimeError("a bug")
        return self._hits(top, split, contains)

    def similar(self, video_id, *, top=10, split=None):
        return [hit for hit in self._hits(top + 1, split) if hit.clip.video_id != video_id][:top]

    def captions_of(self, video_id, *, top=10):
        ids = sorted(self.clips, key=lambda other: (other != video_id, other))
        return [
            CaptionHit(f"{one}-0", f"video {one}", one, 1.0 - rank / 10)
            for rank, one in enumerate(ids[:top])
        ]


def served_clip(video_id, path=None, *, split="test", start=None, end=None):
    return Clip(video_id, split, None if path is None else str(path), start, end)


@contextmanager
def serving(app):
    """Its port, while it runs in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


class Asker:
    """Requests as they are written, with nothing tidied on the way as other clients do."""

    def __init__(self, port):
        self.port = port

    def raw(self, target, method="GET", **headers):
        """Status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.putrequest(method, target, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, response.headers, body

    def video(self, video_id, method="GET", **headers):
        return self.raw(f"/video?video={quote(video_id, safe='')}", method, **headers)

    def json(self, name, **parameters):
        """Status and answer."""
        status, _, body = self.raw(f"/{name}?{urlencode(parameters)}")
        return status, json.loads(body)
