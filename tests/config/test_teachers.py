import pytest
from pydantic import TypeAdapter, ValidationError

from teachtext.config.teachers import ModelSeed, ModelSeedText, seeds_of_teachers, teacher_labels

NAMES = ["glove/0", "minilm/0", "glove/1", "glove/-2"]
OPINIONS = [ModelSeed.parse(name) for name in NAMES]


def test_a_seed_of_a_model_is_read_as_it_is_written():
    assert [str(opinion) for opinion in OPINIONS] == NAMES
    assert OPINIONS[3] == ModelSeed("glove", -2)


@pytest.mark.parametrize("text", ["glove", "7", 7, "glove/first"])
def test_what_is_no_seed_of_a_model_is_refused(text):
    with pytest.raises(ValidationError, match=str(text)):
        TypeAdapter(ModelSeedText).validate_python(text)


def test_records_hold_the_text_as_a_value_and_as_a_key():
    record = TypeAdapter(dict[ModelSeedText, list[ModelSeedText]])
    written = {"glove/0": ["minilm/0"]}
    read = record.validate_python(written)
    assert read == {OPINIONS[0]: [OPINIONS[1]]}
    assert record.dump_python(read, mode="json") == written


def test_seeds_belong_to_the_teacher_they_name_wherever_they_stand():
    assert seeds_of_teachers(OPINIONS) == {"glove": [0, 2, 3], "minilm": [1]}
    assert seeds_of_teachers([]) == {}


def test_a_label_tells_several_seeds_from_one():
    assert teacher_labels(OPINIONS) == ["glove (3 seeds)", "minilm"]
