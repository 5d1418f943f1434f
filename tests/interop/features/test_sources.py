import pickle

from teachtext.interop.features.layout import Content
from teachtext.interop.features.sources import Sources, named


def test_later_archives_take_the_place_of_earlier_ones(tmp_path, caplog):
    sources = Sources()
    for number, names in enumerate((["audio", "ocr"], ["audio"])):
        for name in names:
            path = tmp_path / f"{number}/aggregated_{name}_feats/f.pickle"
            path.parent.mkdir(parents=True)
            path.write_bytes(b"")
        sources.add_all(tmp_path / f"{number}", tmp_path)
    assert {content.name: source.name for content, source in sources.found.items()} == {
        "audio": "1: aggregated_audio_feats/f.pickle",
        "ocr": "0: aggregated_ocr_feats/f.pickle",
    }
    assert "audio of" in caplog.text
    assert "ocr of" not in caplog.text


def test_two_files_of_one_expert_are_told(tmp_path, caplog):
    pair = [(Content("expert", "audio"), tmp_path / name) for name in ("a.pkl", "b.pkl")]
    assert named(pair).found[Content("expert", "audio")].paths == [tmp_path / "b.pkl"]
    assert "b.pkl is taken for audio, not" in caplog.text


def test_files_of_one_text_encoder_are_joined_in_order(tmp_path):
    pair = [(Content("tokens", "openai"), tmp_path / name) for name in ("train.pkl", "val1.pkl")]
    (source,) = named(pair).found.values()
    assert source.paths == [tmp_path / "train.pkl", tmp_path / "val1.pkl"]


def test_ids_are_translated_both_ways(tmp_path):
    (tmp_path / "ids.pkl").write_bytes(pickle.dumps({"clip": "vid1"}))
    sources = named([(Content("ids"), tmp_path / "ids.pkl")])
    assert sources.translated == {"clip": "vid1", "vid1": "clip"}
