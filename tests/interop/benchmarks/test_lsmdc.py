from tests.support.benchmark_files import put


def test_sentences_are_what_follows_the_last_tab(native, rows):
    native.put("lsmdc")
    assert rows(native.read("lsmdc")) == [
        (f"v{n}_00.01-00.02", split, 'SOMEONE says "hi')
        for n, split in enumerate(("train", "train", "train", "val", "test", "test"))
    ]


def test_clips_are_found_in_folders_of_movies(native, touch):
    native.put("lsmdc")
    names = [f"film {n % 2}/v{n}_00.01-00.02.avi" for n in range(6)]
    imported = native.read("lsmdc", videos=touch(*names))
    assert len(imported.videos) == 6
    assert not imported.remarks


def test_a_clip_may_have_two_sentences_and_latin_letters(native, rows):
    native.put("lsmdc")
    lines = "c\t1\t2\t1\t2\tÀ demain.\r\n\r\nc\t1\t2\t1\t2\tShe nods.\r\nnonsense\r\n"
    put(native.folder, "LSMDC16_annos_training.csv", lines.encode("latin-1"))
    imported = native.read("lsmdc")
    assert rows(imported, "caption_id", "caption")[:2] == [
        ("c#0", "À demain."),
        ("c#1", "She nods."),
    ]
    assert imported.remarks["lines without a tab"] == ["nonsense"]
