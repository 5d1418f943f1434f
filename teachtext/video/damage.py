"""Which decoded pictures are spoiled by errors in the stream."""

from av.video.frame import PictureType, VideoFrame

from teachtext.video.pictures import PictureWriter


class Damage:
    """Follows errors through the order of decoding.

    A decoder conceals what it cannot read and says so for the one picture only, but pictures
    decoded after it are made from it, up to the next one that needs no other.
    """

    def __init__(self, writer: PictureWriter) -> None:
        self._writer = writer
        self._broken: int | None = None
        self.occurred = False
        self.lost = 0

    def note(self, rank: int, *, lost: bool = False) -> None:
        """The packet of this place in the order of decoding gives a spoiled picture, or none."""
        self.lost += lost
        self._broken = rank
        self.occurred = True
        self._writer.take_back(rank)  # pictures shown earlier, but made from this one

    def spoils(self, frame: VideoFrame, rank: int) -> bool:
        """Whether a picture is damaged; to be called for every picture in decoding order."""
        if frame.is_corrupt:
            self.note(rank)
            return True
        if self._broken is None or rank < self._broken:
            return False
        if frame.pict_type == PictureType.I:
            self._broken = None
        return self._broken is not None
