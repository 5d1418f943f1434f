"""Benchmarks of a few invented captions, in the layouts that their authors give them out in."""

import json
import pickle

TRAIN, VAL, TEST = ("v0", "v1", "v2"), ("v3",), ("v4", "v5")
_PARTS = {"train": TRAIN, "val": VAL, "test": TEST}


def put(folder, name, content):
    """Write a file: bytes and text as they are, a list of lines, anything else as JSON."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, list) and all(isinstance(line, str) for line in content):
        content = "".join(f"{line}\n" for line in content)
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def put_lists(folder, **videos):
    for split, ids in (videos or _PARTS).items():
        put(folder, f"{split}_list.txt", list(ids))


def msrvtt(split_of, captions=2):
    """Videos and sentences of the authors' JSON."""
    return {
        "info": {"year": "2016"},
        "videos": [
            {"video_id": video, "split": split, "url": f"https://example.org/?v={video}"}
            for video, split in split_of.items()
        ],
        "sentences": [
            {"video_id": video, "caption": f"thing {n} of {video}", "sen_id": i * captions + n}
            for i, video in enumerate(split_of)
            for n in range(captions)
        ],
    }


def put_msrvtt(folder):
    first = dict.fromkeys(TRAIN, "train") | dict.fromkeys(VAL, "validate")
    put(folder, "train_val_videodatainfo.json", msrvtt(first))
    last = msrvtt(dict.fromkeys(TEST, "test"))
    for number, sentence in enumerate(last["sentences"]):
        sentence["sen_id"] = 100 + number
    put(folder, "test_videodatainfo.json", last)


def put_1ka(folder):
    put_msrvtt(folder)
    put(folder, "MSRVTT_train.9k.csv", ["video_id", *TRAIN, *VAL, "v4"])
    put(folder, "MSRVTT_train.7k.csv", ["video_id", *TRAIN, *VAL])
    head, row = "key,vid_key,video_id,sentence", 'ret0,msr5,v5,"one, and another"'
    put(folder, "MSRVTT_JSFUSION_test.csv", [head, row])


def put_msvd(folder):
    rows = [f"{video} someone does {n}" for video in ("v0", "v1", "v2") for n in range(2)]
    put(folder, "AllVideoDescriptions.txt", ["# Descriptions", "", *rows])
    put_lists(folder, train=["v0"], val=["v1"], test=["v2"])


def put_didemo(folder):
    number = 0
    for split, videos in _PARTS.items():
        moments = []
        for video in videos:
            for text in ("first this", "then that"):
                name = f"{video}.mov.mp4"
                moments.append({"video": name, "description": text, "annotation_id": number})
                number += 1
        put(folder, f"{split}_data.json", moments)


def put_lsmdc(folder):
    names = ("LSMDC16_annos_training", "LSMDC16_annos_val", "LSMDC16_challenge_1000_publictect")
    for name, videos in zip(names, _PARTS.values(), strict=True):
        rows = [f'{video}_00.01-00.02\t1\t2\t1\t2\tSOMEONE says "hi' for video in videos]
        put(folder, f"{name}.csv", rows)


def put_activitynet(folder):
    for name, videos in (("train", TRAIN), ("val_1", TEST), ("val_2", TEST)):
        described = {
            f"v_{video}": {
                "duration": 9.0,
                "timestamps": [[0, 4], [3, 9]],
                "sentences": ["A.", "B."],
            }
            for video in videos
        }
        put(folder, f"{name}.json", described)


def put_vatex(folder):
    clips = {video: f"{video}_000010_000020" for videos in _PARTS.values() for video in videos}
    entry = {"enCap": ["one", "two"], "chCap": ["一"]}
    train = [{"videoID": clips[video], **entry} for video in TRAIN]
    validation = [{"videoID": clips[video], **entry} for video in (*VAL, *TEST)]
    put(folder, "vatex_training_v1.0.json", train)
    put(folder, "vatex_validation_v1.0.json", validation)


def put_queryd(folder, name="raw_captions_combined_filtered.pkl"):
    videos = [f"video-{video}" for videos in _PARTS.values() for video in videos]
    words = {video: [["first", "this"], ["then", "that"]] for video in videos}
    put(folder, name, pickle.dumps(words))
    put_lists(folder, **{s: [f"video-{v}" for v in videos] for s, videos in _PARTS.items()})


def put_youcook2(folder):
    database = {
        video: {
            "subset": subset,
            "recipe_type": "113",
            "annotations": [
                {"segment": [10, 20], "id": 0, "sentence": "cut it"},
                {"segment": [20, 31.5], "id": 1, "sentence": "fry it"},
            ],
        }
        for subset, videos in (("training", TRAIN), ("validation", TEST))
        for video in videos
    }
    put(folder, "youcookii_annotations_trainval.json", {"database": database})


def put_1kb(folder):
    put_msrvtt(folder)
    put(folder, "train_list_miech.txt", [*TRAIN, "v4"])
    put(folder, "test_list_miech.txt", ["v3", "v5"])


PUT = {
    "msrvtt-full": put_msrvtt,
    "msrvtt-1ka": put_1ka,
    "msrvtt-1ka-7k": put_1ka,
    "msrvtt-1kb": put_1kb,
    "msvd": put_msvd,
    "didemo": put_didemo,
    "lsmdc": put_lsmdc,
    "activitynet": put_activitynet,
    "vatex": put_vatex,
    "queryd": put_queryd,
    "querydsegments": lambda folder: put_queryd(folder, "split_raw_captions_filtered.pkl"),
    "youcook2": put_youcook2,
}
"""Benchmark -> what writes its files."""
