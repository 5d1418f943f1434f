"""The workflow with all its files in a bucket, of a server that speaks S3 on this machine."""

import csv
import socket
import subprocess
import sys
import time

import boto3
import fsspec
import numpy as np
import pytest

from teachtext import load_features
from teachtext.errors import StoreError
from teachtext.store.features import StoreIdentity, write_features
from teachtext.store.records import Features
from teachtext.store.weights import WeightsIdentity
from tests.support.running import ENVIRONMENT, command, scatter_features

pytestmark = [pytest.mark.e2e, pytest.mark.s3]

BUCKET, PREFIX = "bucket", "run"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
CONFIG = """
dataset: {name: alone, videos: null, captions: data/captions.csv, shards: {trainval: 2}}
experts:
  appearance: {import: data/seen.npz, network: null, fps: null}
  motion: null
  audio: null
  speech: null
  ocr: null
models:
  video_clusters: {audio: null, speech: null, ocr: null}
  max_rows: {audio: null, speech: null, ocr: null}
teachers: {teacher-wordllama: null}
denoise: {clean: {teachers: [teacher-glove]}}
students:
  baseline: null
  baseline-clean: null
  teachtext: null
  teachtext-clean: {text_encoder: glove, teachers: [teacher-glove], captions: clean}
pruned: {appearance-baseline: null, appearance-teachvideo: null}
"""


@pytest.fixture
def server():
    """Where an empty bucket is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        make_bucket(url)
        yield url
        process.terminate()


def client(url):
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        region_name=KEYS["AWS_REGION"],
    )


def make_bucket(url):
    port = int(url.rpartition(":")[2])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    client(url).create_bucket(Bucket=BUCKET)


def put_data(folder, url):
    videos = [f"clip {number}" for number in range(12)]
    splits = ["train"] * 6 + ["val"] * 2 + ["test"] * 4
    with (folder / "captions.csv").open("w", newline="") as stream:
        csv.writer(stream).writerow(["video_id", "caption", "split"])
        for video, split in zip(videos, splits, strict=True):
            csv.writer(stream).writerow([video, f"a dog in {video}", split])
    scatter_features(folder / "seen.npz", [*videos, "nobody's"])
    for name in ("captions.csv", "seen.npz"):
        client(url).upload_file(str(folder / name), BUCKET, f"{PREFIX}/data/{name}")


def test_the_workflow_runs_in_a_bucket(server, tmp_path):
    put_data(tmp_path, server)
    (tmp_path / "alone.yaml").write_text(CONFIG)
    storage = {
        "--default-storage-provider": "s3",
        "--default-storage-prefix": f"s3://{BUCKET}/{PREFIX}",
        "--storage-s3-endpoint-url": server,
        "--storage-s3-access-key": KEYS["AWS_ACCESS_KEY_ID"],
        "--storage-s3-secret-key": KEYS["AWS_SECRET_ACCESS_KEY"],
    }
    options = [word for pair in storage.items() for word in pair]
    run = command(tmp_path / "here", *options, overlay=tmp_path / "alone.yaml")
    done = subprocess.run(run, env=ENVIRONMENT | KEYS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = client(server).list_objects_v2(Bucket=BUCKET, Prefix=f"{PREFIX}/results/")["Contents"]
    keys = {item["Key"].removeprefix(f"{PREFIX}/results/") for item in found}
    assert {"report/index.html", "evaluate/teachtext-clean/0.json"} <= keys
    assert {key.split("/")[1] for key in keys if key.startswith("models/")} == {
        "teacher-glove",
        "teachtext-clean",
    }
    # here is what a job leaves while it is done, and nothing that another one needs
    # what snakemake itself remembers is where it was typed
    assert [path.name for path in (tmp_path / "here/results").glob("**/*.json")] == ["run.json"]


def test_features_in_a_bucket_are_read_in_place(server, tmp_path, monkeypatch):
    seconds = np.arange(2.0)
    features = Features(np.array([[1, 2], [3, 4]], np.float32), seconds, seconds + 1, ())
    identity = StoreIdentity("appearance", "toy", 2, WeightsIdentity("toy", "abc"), {})
    write_features(tmp_path / "seen.zarr", identity, {"clip 0": features, "clip 1": None})
    for path in (tmp_path / "seen.zarr").rglob("*"):
        if path.is_file():
            key = f"made elsewhere/{path.relative_to(tmp_path)}"
            client(server).upload_file(str(path), BUCKET, key)
    where = KEYS | {"FSSPEC_S3_ENDPOINT_URL": server}
    for name, value in where.items():
        monkeypatch.setenv(name, value)
    fsspec.config.set_conf_env(fsspec.config.conf)

    url = f"s3://{BUCKET}/made elsewhere"
    found = load_features(url, "seen")
    assert {video: f.features_TD.tolist() for video, f in found.items()} == {
        "clip 0": [[1, 2], [3, 4]]
    }
    with pytest.raises(StoreError, match=r"has no expert 'heard'\. It has: seen"):
        load_features(url, "heard")

    put_data(tmp_path, server)
    folder = tmp_path / "here"
    (folder / "data").mkdir(parents=True)
    (tmp_path / "captions.csv").rename(folder / "data/captions.csv")
    config = CONFIG.replace("data/seen.npz", f'"{url}/seen.zarr"')
    (tmp_path / "alone.yaml").write_text(config)
    target = "results/experts/appearance/trainval-0.zarr"
    run = command(folder, target, overlay=tmp_path / "alone.yaml")
    done = subprocess.run(run, env=ENVIRONMENT | where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(load_features(folder / "results/experts", "appearance")) == ["clip 0"]
