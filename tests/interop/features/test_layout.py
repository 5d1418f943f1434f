import pytest

from teachtext.interop.features.layout import Content, content_of

HQ = "data/MSRVTT/high-quality/structured-symlinks/"
R2P1D = (
    "aggregated_r2p1d_30fps_256px_stride{}_offset0_inner_stride1/r2p1d-ig65m-kinetics-avg.pickle"
)


@pytest.mark.parametrize(
    ("name", "expert"),
    [
        ("aggregated_imagenet_25fps_256px_stride1_offset0/senet154-avg.pickle",
         "imagenet.senet154.0"),
        ("aggregated_imagenet_25fps_256px_stride1_offset0/resnext101_32x48d-avg.pickle",
         "imagenet.resnext101_32x48d.0"),
        ("aggregated_scene_25fps_256px_stride1_offset0/densenet161-avg.pickle",
         "scene.densenet161.0"),
        ("aggregated_i3d_25fps_256px_stride25_offset0_inner_stride1/i3d-avg.pickle", "i3d.i3d.0"),
        (R2P1D.format(32), "r2p1d.r2p1d-ig65m-kinetics.0"),
        (R2P1D.format(8), "r2p1d.r2p1d-ig65m-kinetics.1"),
        ("aggregated_audio_feats/Audio_MSRVTT_new.pickle", "audio"),
        ("aggregated_audio/vggish-raw.hickle", "audio"),
        ("aggregated_speech/speech-w2v.pickle", "speech"),
        ("aggregated_speech_feats/stt_w2v.pickle", "speech"),
        ("aggregated_ocr_feats/ocr-feats.pkl", "ocr"),
        ("aggregated_face_feats/facefeats-avg.pickle", "face"),
        ("aggregated_facefeats_25fps_256px_stride1/face-avg.pickle", "face"),
        ("antoine/face-max-with-blank-val.pickle", "face"),
        ("antoine/resnet_features.pickle", "antoine-rgb"),
        ("antoine/audio_features.pickle", "antoine-audio"),
        ("antoine/facefeats-clone.pickle", "antoine-face"),
    ],
)  # fmt: skip
def test_features_are_named_as_the_authors_name_them(name, expert):
    assert content_of(HQ + name) == Content("expert", expert)
    assert content_of(name) == Content("expert", expert)


def test_msvd_has_one_network_at_another_stride():
    name = "data/MSVD/high-quality/structured-symlinks/" + R2P1D.format(8)
    assert content_of(name) == Content("expert", "r2p1d.r2p1d-ig65m-kinetics.0")


@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("aggregated_text_feats/gpt2-xl-finetune.pkl", "gpt2-xl-finetune"),
        ("aggregated_text_feats/gpt2-xl-finetuned.pkl", "gpt2-xl-finetune"),
        ("aggregated_text_feats/w2v.pkl", "w2v"),
        ("aggregated_text_feats/w2v_MSRVTT_openAIGPT.pickle", "openai"),
        ("aggregated_text_feats/w2v_MSRVTT.pickle", "w2v"),
        ("aggregated_text_feats/openai-feats.pkl", "openai"),
        ("openai-train.pkl", "openai"),
        ("openai-val1.pkl", "openai"),
        ("openai-caption-test.pkl", "openai"),
        ("text-embeddings/gpt2-xl.pkl", "gpt2-xl"),
        ("text_embeddings/gpt2-xl.pkl", "gpt2-xl"),
    ],
)
def test_token_vectors_are_named_by_their_encoder(name, encoder):
    assert content_of(HQ + name) == Content("tokens", encoder)


def test_teachers_are_named_by_their_encoder():
    name = "teachers/train-full-ce-refined-text-gpt2-xl-finetuned.pkl"
    assert content_of(HQ + name) == Content("teacher", "gpt2-xl-finetuned")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("raw-captions.pkl", "captions"),
        ("raw-captions-train-val_1.pkl", "captions"),
        ("raw_captions_combined_filtered.pkl", "captions"),
        ("split_raw_captions_filtered.pkl", "captions"),
        ("dict_youtube_mapping.pkl", "ids"),
    ],
)
def test_captions_and_ids_are_known(name, kind):
    assert content_of(HQ + name) == Content(kind)


@pytest.mark.parametrize(
    "name",
    [
        "aggregated_imagenet_25fps_256px_stride1_offset0/senet154-max.pickle",
        "aggregated_imagenet_25fps_256px_stride1_offset0/senet154-avg-logits.pickle",
        "aggregated_text_feats/.hidden.pkl",
        "train_list.txt",
        "raw-captions.pkl.sh",
    ],
)
def test_what_nobody_needs_is_left(name):
    assert content_of(HQ + name) is None
