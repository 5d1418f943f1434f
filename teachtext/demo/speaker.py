"""Say one sentence with espeak-ng and write its samples to standard output.

Run as a program, a fresh process for each sentence: espeak-ng keeps state between
sentences, so the second one of a process has other samples than the first. Standard library
only, because it starts for every sentence.
"""

import ctypes
import sys

SYNCHRONOUS, UTF8, BY_CHARACTER = 2, 1, 1
SPEED, PITCH = 1, 3

SYNTH_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def say(
    library: str, data: str, voice: str, words_per_minute: int, pitch: int, sentence: str
) -> bytes:
    """Speak a sentence; 22,050 Hz mono int16 samples in the machine's byte order.

    Args:
        library: Path of the espeak-ng shared library.
        data: Path of the espeak-ng voices.
        voice: Name of the voice, such as ``gmw/en-US+f2``.
        words_per_minute: Speaking rate in words per minute.
        pitch: Pitch setting of espeak-ng, from 0 to 99.
        sentence: Sentence to speak.
    """
    espeak = ctypes.CDLL(library)
    pieces: list[bytes] = []

    def collect(samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0

    callback = SYNTH_CALLBACK(collect)  # named: espeak-ng does not keep it alive
    espeak.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), 0)
    espeak.espeak_ng_SetRandSeed(ctypes.c_long(1))  # else the clock seeds its random wobble
    espeak.espeak_SetSynthCallback(callback)
    if espeak.espeak_SetVoiceByName(voice.encode()) != 0:
        raise SystemExit(f"espeak-ng has no voice {voice!r}")
    espeak.espeak_SetParameter(SPEED, words_per_minute, 0)
    espeak.espeak_SetParameter(PITCH, pitch, 0)
    text = sentence.encode()
    espeak.espeak_Synth(text, len(text) + 1, 0, BY_CHARACTER, 0, UTF8, None, None)
    espeak.espeak_Synchronize()
    return b"".join(pieces)


if __name__ == "__main__":
    library, data, voice, speed, pitch, sentence = sys.argv[1:]
    sys.stdout.buffer.write(say(library, data, voice, int(speed), int(pitch), sentence))
