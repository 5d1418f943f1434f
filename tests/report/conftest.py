import av
import numpy as np
import pytest

from tests.support.report_inputs import Corpus, three

FPS = 10
COLORS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}


@pytest.fixture(scope="session")
def video(tmp_path_factory):
    """Three seconds: red, green, blue; one second each."""
    path = tmp_path_factory.mktemp("videos") / "colours; $(true) 'a'.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for color in COLORS.values():
            for _ in range(FPS):
                pixels = np.full((180, 320, 3), color, dtype=np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels)))
        container.mux(stream.encode())
    return path


@pytest.fixture
def corpus(tmp_path, video):
    return Corpus(tmp_path / "run", three(video))
