import json

from teachtext.jobs.job import Job, wildcards_in


class Bake(Job):
    stage, rule, patterns = "report", "write_report", ("cakes/{model}/{seed}", "crumbs/{model}.txt")
    uncounted = frozenset({"--hurry"})

    def options(self):
        return {"--eggs": 3, "--hurry": 0.5, "--vegan": False, "--iced": True, "--wish": None}

    def input_options(self, inputs):
        return {"--flour": inputs["flour"], "--nuts": []}

    def facts(self):
        return ["oven 2"]


class Nothing:
    config = None


def bake(**wildcards):
    return Bake(Nothing(), wildcards)


def test_options_become_words_flags_alone_and_what_is_none_not_at_all():
    words = bake(model="a", seed="0").words({"flour": ["rye", "wheat"]})
    options = ["--eggs", "3", "--hurry", "0.5", "--iced", "--flour", "rye", "wheat", "--nuts"]
    assert words == [*options, "--progress", "logs/write_report/a/0.jsonl"]


def test_what_counts_is_the_rule_its_version_options_and_facts():
    rule, version, options, fact = json.loads(bake(model="a", seed="0").follows())
    assert (rule, fact) == ("write_report", "oven 2")
    assert isinstance(version, int)
    assert options == {"--eggs": 3, "--vegan": False, "--iced": True, "--wish": None}


def test_outputs_and_name_follow_from_the_wildcards():
    job = bake(model="a", seed="7")
    assert job.outputs() == ("cakes/a/7", "crumbs/a.txt")
    assert job.item() == "a/7"
    assert wildcards_in("cakes/{model}/{seed}") == ["model", "seed"]
