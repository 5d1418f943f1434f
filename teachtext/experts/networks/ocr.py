"""Text in frames by PP-OCR: what is written in a clip, as token vectors."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from teachtext.experts.base import VideoByVideo
from teachtext.experts.networks.recognition import embed_recognised, moments
from teachtext.pretrained.packages import package_folder, package_version
from teachtext.store.records import Features, Recognised
from teachtext.store.weights import combine_weights, identify_weights
from teachtext.text.encoders.registry import TextEncoder
from teachtext.video.media import Frames

MIN_TEXT_SCORE = 0.7
"""Recognition confidence below which a piece is dropped.

Of 64 rendered frames without writing 10 have a piece above 0.7 (a football is an 8), 17 above 0.6.
"""

MIN_SIDE_PIXELS = 320
"""Smaller frames are enlarged so that the shorter side has this many pixels to find text in."""

MAX_SIDE_PIXELS = 960
"""Larger frames are reduced so that the longer side has this many pixels; bounds the cost."""

MAX_ASPECT = 8
"""Frames longer than this many times their width are not read: enlarging them has no bound."""


class RapidOCRReader(VideoByVideo[Frames]):
    """Token vectors of what is written: one row per token, D of the text encoder.

    Lines are found and read by PP-OCRv6, small (PaddleOCR; Du et al., 2020). Its classifier of
    upside-down lines is left out: video text stands upright.
    """

    def __init__(self, *, fps: float, text_encoder: TextEncoder) -> None:
        """Load the reader.

        Args:
            fps: Frame rate of the input in frames per second; a line stands for 1 / fps seconds.
            text_encoder: Text encoder that embeds the recognised words.
        """
        models = package_folder("rapidocr") / "models"
        detection, recognition = (models / f"PP-OCRv6_{part}_small.onnx" for part in ("det", "rec"))
        reader = identify_weights(package_version("rapidocr"), [detection, recognition])
        self.weights = combine_weights(reader, text_encoder.weights)
        self.text_encoder, self.dim = text_encoder, text_encoder.dim
        from rapidocr import RapidOCR  # an optional package

        self.fps = fps
        self._ocr = RapidOCR(
            params={
                "Global.use_cls": False,
                "Global.text_score": MIN_TEXT_SCORE,
                "Global.max_side_len": MAX_SIDE_PIXELS,
                "Global.log_level": "error",  # it warns of every frame without text
                "Det.limit_side_len": MIN_SIDE_PIXELS,
                "Det.model_path": str(detection),  # without a path it may download
                "Rec.model_path": str(recognition),
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def extract(self, frames: Frames) -> Features:
        """Token vectors with the times of their line; T = 0 where nothing is written."""
        return embed_recognised(self.recognise(frames), self.text_encoder)

    def recognise(self, frames: Frames) -> list[Recognised]:
        """Lines of text; the same line in consecutive frames is one piece."""
        return merge_repeats([self._read(*moment) for moment in moments(frames, self.fps)])

    def _read(self, pixels_HWC: NDArray[np.uint8], start: float, end: float) -> list[Recognised]:
        height, width = pixels_HWC.shape[:2]
        if max(height, width) > MAX_ASPECT * min(height, width):
            return []
        lines = self._ocr(np.ascontiguousarray(pixels_HWC[:, :, ::-1]))  # it wants BGR
        if lines.txts is None:
            return []
        return [
            Recognised(text.strip(), start, end, float(score), tuple((x, y) for x, y in box))
            for box, text, score in zip(lines.boxes.tolist(), lines.txts, lines.scores, strict=True)
            if text.strip()
        ]


def merge_repeats(frames: list[list[Recognised]]) -> list[Recognised]:
    """Join repeated lines: a line read again in the next frame only extends its piece.

    Args:
        frames: Lines of each frame, in order of time.
    """
    pieces: list[Recognised] = []
    standing: list[int] = []
    for lines in frames:
        previous, standing = standing, []
        for line in lines:
            match = next((index for index in previous if pieces[index].text == line.text), None)
            if match is None:
                match = len(pieces)
                pieces.append(line)
            else:
                previous.remove(match)
                score = max(pieces[match].score, line.score)
                pieces[match] = replace(pieces[match], end_seconds=line.end_seconds, score=score)
            standing.append(match)
    return pieces
