import dataclasses

import pytest
from huggingface_hub import ModelCard as HubCard

from teachtext.config.text import TextEncoderSettings
from teachtext.interop.hub.page import Release, render_readme
from teachtext.models.checkpoint import load_card
from tests.support.exported import exported_evaluation, save_toy

RELEASE = Release("org/model", "msrvtt-full", "apache-2.0", "cc-by-4.0", "Finds clips.")
GLOVE = TextEncoderSettings(encoder="glove", max_tokens=8)


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return load_card(save_toy(tmp_path_factory.mktemp("page"))[0])


def page(card, found=None, text_settings=GLOVE, **changes):
    release = dataclasses.replace(RELEASE, **changes)
    return render_readme(card, release, text_settings=text_settings, evaluation=found)


def test_the_metadata_are_those_that_hubs_read(card):
    data = HubCard(page(card, exported_evaluation())).data
    assert (data.license, data.library_name, data.datasets) == (
        "apache-2.0",
        "teachtext",
        ["msrvtt-full"],
    )
    assert data.to_dict()["data_license"] == "cc-by-4.0"
    values = {result.metric_name: result.metric_value for result in data.eval_results}
    assert values["t2v R@1"] == 20.0
    assert values["v2t R@1"] == 25.0
    assert {result.dataset_split for result in data.eval_results} == {"test"}


def test_readers_see_metrics_data_and_licences(card):
    text = page(card, exported_evaluation())
    assert "| Text-to-video retrieval | 20.0 | 50.0 | 80.0 | 5.0 | 7.2 | 43.1 | 40 | 20 |" in text
    assert "Trained on 32 captions (all) of 16 videos of `msrvtt-full`" in text
    assert "Weights: apache-2.0. Data: cc-by-4.0." in text
    assert "Finds clips." in text
    assert "teacher-glove/0" in text


def test_without_an_evaluation_it_says_so(card):
    text = page(card)
    assert "It was not evaluated." in text
    assert HubCard(text).data.eval_results is None


def test_what_was_not_trained_says_so(card):
    plain = dataclasses.replace(card, training=None, teachers=[], best_epoch=None)
    text = page(plain)
    assert "Nothing was trained here." in text
    assert "## Training\n\nNone." in text


def test_token_vectors_of_others_are_not_promised(card):
    assert "encode_captions([" in page(card)
    text = page(card, text_settings=None)
    assert "encode_captions([" not in text
    assert "`made elsewhere`" in text


def test_names_cannot_break_out_of_the_table(card):
    strange = "a|b`c\nd"
    identity = dataclasses.replace(card.experts["audio"], network=strange)
    text = page(dataclasses.replace(card, experts={"audio": identity}), dataset=strange)
    assert "| audio | `a/b'c d` | 6 |" in text
    assert HubCard(text).data.datasets == [strange]
