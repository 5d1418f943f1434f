from teachtext.config.teachers import seeds_of_teachers, teacher_labels

OPINIONS = ["glove/0", "minilm/0", "glove/1", "glove/-2"]


def test_seeds_belong_to_the_teacher_they_name_wherever_they_stand():
    assert seeds_of_teachers(OPINIONS) == {"glove": [0, 2, 3], "minilm": [1]}
    assert seeds_of_teachers([]) == {}


def test_a_label_tells_several_seeds_from_one():
    assert teacher_labels(OPINIONS) == ["glove (3 seeds)", "minilm"]
