"""Every profile parses, and names rules and resources that are there."""

import re

import pytest
import yaml

from tests.support.running import ROOT, snakemake
from tests.support.written import WRITTEN_RULES

PATHS = [*ROOT.glob("profiles/*/config.yaml"), *ROOT.glob("workflow/profiles/*/config.yaml")]
PROFILES = {path.parent.name: yaml.safe_load(path.read_text()) for path in PATHS}
RESOURCES = {"gpu", "mem_mb", "runtime", "disk_mb"}
"""gpu is of our rules; the others are of Snakemake."""


def test_the_profiles_that_the_documentation_has():
    assert set(PROFILES) == {"default", "slurm", "cluster-generic", "kubernetes"}
    page = (ROOT / "docs/cluster.md").read_text()
    for path in PATHS:
        assert str(path.parent.relative_to(ROOT)) in page


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_rules_that_exist(name):
    profile = PROFILES[name]
    named = {*profile.get("set-resources", {}), *profile.get("set-threads", {})}
    assert named | set(profile.get("groups", {})) <= set(WRITTEN_RULES)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_resources_that_exist(name):
    profile = PROFILES[name]
    limits = {limit.split("=")[0] for limit in profile.get("resources", [])}
    by_rule = {word for asked in profile.get("set-resources", {}).values() for word in asked}
    assert limits | by_rule | set(profile.get("default-resources", {})) <= RESOURCES


@pytest.mark.parametrize("name", PROFILES)
def test_the_groups_of_a_profile_have_sizes_of_their_own(name):
    profile = PROFILES[name]
    groups = set(profile.get("groups", {}).values())
    assert groups == set(profile.get("group-components", {}))


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"default"}))
def test_a_profile_of_a_cluster_tries_again_with_more_memory(name):
    profile = PROFILES[name]
    asked = [profile["default-resources"], *profile.get("set-resources", {}).values()]
    assert all(re.fullmatch(r"\d+ \* attempt", resources["mem_mb"]) for resources in asked)
    assert profile["retries"] > 0


@pytest.mark.parametrize("name", sorted(set(PROFILES) - {"default"}))
def test_a_profile_of_a_cluster_asks_for_gpus_as_the_rules_do(name):
    """A GPU for every job of a rule would be one for those that run on the CPU."""
    profile = PROFILES[name]
    assert all("gpu" not in asked for asked in profile.get("set-resources", {}).values())
    assert profile["default-resources"].get("gpu", 0) == 0


@pytest.mark.e2e
@pytest.mark.parametrize("folder", ["profiles/default", "workflow/profiles/slurm"])
def test_snakemake_takes_the_profiles_whose_plugins_are_installed(tmp_path, folder):
    profile = str(ROOT / folder)
    done = snakemake(tmp_path, "--dry-run", "--workflow-profile", profile)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"workflow specific profile {profile} " in done.stdout + done.stderr
