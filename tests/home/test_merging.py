import re

from teachtext.home.columns import Description
from teachtext.home.kept import Kept
from teachtext.home.merging import FoundVideos, merge, take_out
from teachtext.interop.remarks import Remarks


def found(*names, told=(), **more):
    descriptions = [Description(*one) for one in told]
    return FoundVideos({name: name for name in names}, descriptions=descriptions, **more)


def merged(kept, now):
    remarks = Remarks()
    return merge(kept, now, remarks), remarks


def ids(rows):
    return [row["video_id"] for row in rows]


def texts(kept):
    return [(row["caption_id"], row["caption"]) for row in kept.captions]


def edited(kept, number, text):
    kept.captions[number] = kept.captions[number] | {"caption": text}
    return kept


TOLD = [("a", "a dog"), ("b", "a cat"), ("b", "a kitten"), ("c", "a cow")]


def home():
    return merged(Kept(), found("a", "b", "c", "d", told=TOLD))[0]


def test_rows_and_ids_are_made():
    kept = home()
    assert ids(kept.videos) == ["a", "b", "c", "d"]
    assert texts(kept) == [
        ("a#0", "a dog"),
        ("b#0", "a cat"),
        ("b#1", "a kitten"),
        ("c#0", "a cow"),
    ]
    assert {row["split"] for row in kept.captions} == {"train", "val", "test"}


def test_again_nothing_changes():
    kept = home()
    again, remarks = merged(kept, found("a", "b", "c", "d", told=TOLD))
    assert (again, remarks) == (kept, {})


def test_files_that_come_and_go_are_rows_that_come_and_go():
    kept = edited(home(), 0, "by hand")
    less, _ = merged(kept, found("b", "c", "d", "e", told=TOLD[1:], gone=frozenset("a")))
    assert ids(less.videos) == ["b", "c", "d", "e"]
    assert ids(less.captions) == ["b", "b", "c"]
    more, _ = merged(less, found("a", "b", "c", "d", "e", told=TOLD))
    assert ids(more.videos) == ["b", "c", "d", "e", "a"]
    assert {row["caption"] for row in more.captions} == {"by hand", "a cat", "a kitten", "a cow"}
    assert {row["video_id"]: row["split"] for row in more.captions} == {
        row["video_id"]: row["split"] for row in kept.captions
    }
    assert (more.removed_videos, more.removed_captions) == ([], [])


def test_what_was_edited_by_hand_stays_and_what_was_not_follows_its_source():
    kept = edited(home(), 2, "by hand")
    told = [("a", "a terrier"), ("b", "a cat"), ("b", "a young cat"), ("c", "a cow")]
    again, _ = merged(kept, found("a", "b", "c", "d", told=told))
    assert texts(again) == [
        ("a#0", "a terrier"),
        ("b#0", "a cat"),
        ("b#1", "by hand"),
        ("c#0", "a cow"),
        ("b#2", "a young cat"),
    ]


def test_what_was_deleted_by_hand_stays_away_and_what_was_added_stays():
    kept = home()
    del kept.captions[0]
    kept.captions.append(
        {"caption_id": "mine", "video_id": "d", "caption": "a pig", "split": "train"}
    )
    again, _ = merged(kept, found("a", "b", "c", "d", told=TOLD))
    assert texts(again) == texts(kept)


def test_captions_stay_when_their_source_is_gone_or_another():
    kept = home()
    assert texts(merged(kept, found("a", "b", "c", "d"))[0]) == texts(kept)
    other = found("a", "b", "c", "d", told=[("a", "other words")], replaces=False)
    assert texts(merged(kept, other)[0]) == [*texts(kept), ("a#1", "other words")]


def test_tables_made_by_hand_are_taken_as_they_are():
    captions = [{"caption_id": "7", "video_id": "x", "caption": "a dog", "split": "test"}]
    by_hand = Kept([{"video_id": "x", "path": "a", "place": "Rome"}], captions)
    kept, _ = merged(by_hand, found("a", told=[("a", "something else")]))
    assert kept.videos == by_hand.videos
    assert kept.captions == captions


def test_captions_of_videos_that_the_table_lacks_are_set_aside():
    captions = [{"caption_id": "7", "video_id": "q", "caption": "a dog", "split": "test"}]
    kept, remarks = merged(Kept(captions=captions), found("a"))
    assert kept.captions == []
    assert kept.removed_captions == captions
    assert remarks == {"videos that captions.csv names and videos.csv lacks, set aside": ["q"]}


def test_what_was_taken_out_stays_out_until_it_is_wanted():
    kept = take_out(home(), ["b"])
    assert ids(kept.videos) == ["a", "c", "d"]
    again, remarks = merged(kept, found("a", "b", "c", "d", told=TOLD))
    assert ids(again.videos) == ["a", "c", "d"]
    assert ids(again.captions) == ["a", "c"]
    assert remarks == {"videos that were removed by hand and stay out": ["b"]}
    back, _ = merged(again, found("b", is_wanted=True))
    assert ids(back.videos) == ["a", "c", "d", "b"]
    assert back.videos[-1] == {"video_id": "b", "path": "b", "start_seconds": "", "end_seconds": ""}
    assert sorted(texts(back)) == sorted(texts(home()))


CLIPS = [("film", f"scene {n}", str(n), str(n + 1)) for n in range(20)]


def test_clips_have_ids_of_their_own_and_one_split():
    kept, _ = merged(Kept(), found("film", "x", "y", told=[*CLIPS, ("x", "a"), ("y", "b")]))
    assert ids(kept.videos)[:2] == ["film#0-1", "film#1-2"]
    assert kept.videos[1]["start_seconds"] == "1"
    splits = {row["video_id"]: row["split"] for row in kept.captions}
    assert len({splits[video] for video in splits if video.startswith("film")}) == 1
    assert set(splits.values()) == {"train", "val", "test"}
    more, _ = merged(kept, found("film", "x", "y", told=[*CLIPS, ("film", "new", "50", "")]))
    assert ids(more.videos)[-1] == "film#50-"
    assert more.captions[-1]["split"] == splits["film#0-1"]


def splits_of(kept):
    return {row["video_id"]: row["split"] for row in kept.captions}


def test_videos_of_a_group_have_one_split():
    names = [f"f{film}/{clip}.mp4" for film in range(30) for clip in range(3)]
    told = [(name, f"words of {name}") for name in names]
    kept, remarks = merged(Kept(), found(*names, told=told, pattern=re.compile(r"(.+)/")))
    splits = splits_of(kept)
    assert all(
        splits[f"f{n}/0.mp4"] == splits[f"f{n}/1.mp4"] == splits[f"f{n}/2.mp4"] for n in range(30)
    )
    assert remarks == {}
    given = [(name, text, "", "", "", name.split("/")[0]) for name, text in told]
    assert splits_of(merged(Kept(), found(*names, told=given))[0]) == splits


def test_a_copy_of_a_video_has_the_split_of_the_first():
    names = [f"{n}.mp4" for n in range(40)]
    told = [(name, f"words of {name}") for name in names]
    same = dict.fromkeys(names[1:20], "0.mp4")
    splits = splits_of(merged(Kept(), found(*names, told=told, same=same))[0])
    assert len({splits[name] for name in names[:20]}) == 1


def test_splits_of_the_source_count_and_those_of_before_count_more():
    told = [
        (name, f"words of {name}", "", "", split)
        for name, split in zip("abc", ["test", "test", "train"], strict=True)
    ]
    kept, _ = merged(Kept(), found("a", "b", "c", told=told))
    assert splits_of(kept) == {"a": "test", "b": "test", "c": "train"}
    now = [(*one[:4], "train") for one in told] + [("a", "more", "", "", "train")]
    again, _ = merged(kept, found("a", "b", "c", told=now))
    assert splits_of(again) == splits_of(kept)


def test_ids_are_unique():
    now = FoundVideos({"/one/x.mp4": "x.mp4", "/two/x.mp4": "x.mp4", "x.mp4": "x.mp4"})
    assert ids(merged(Kept(), now)[0].videos) == ["x.mp4", "x.mp4~1", "x.mp4~2"]
