"""Which pins can be installed where, without a compiler: ``make check-wheels``.

Asks pip's own finder, with the settings that pip has here, what it would take for each Python and
platform. Nothing is fetched but the index, and the source of a pin that has no wheel, to see
whether it is pure Python.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from pip._internal.commands import create_command
from pip._internal.index.collector import LinkCollector, parse_links
from pip._internal.index.package_finder import LinkEvaluator, LinkType, PackageFinder
from pip._internal.models.link import Link
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.models.target_python import TargetPython
from pip._internal.utils.unpacking import unpack_file
from pip._vendor.packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ((3, 11), (3, 12), (3, 13))
PLATFORMS = {
    "Linux x86-64": ("linux", "x86_64"),
    "Linux aarch64": ("linux", "aarch64"),
    "macOS 14 arm64": ("darwin", "arm64"),
}
"""``sys_platform`` and ``platform_machine`` of the markers."""
OLDEST_GLIBC = 28
"""2.28, which torch needs."""
COMPILED = re.compile(r"\.(c|cc|cpp|cu|f90|pyx|rs)$")


def tags_of(platform: str) -> list[str]:
    """The platform tags that pip accepts there, best first."""
    system, machine = PLATFORMS[platform]
    if system == "darwin":
        return [f"macosx_14_0_{machine}"]  # pip adds those of older systems
    minors = range(OLDEST_GLIBC, 4, -1)
    legacy = [f"manylinux{year}_{machine}" for year in ("2014", "2010", "1")]
    return [*(f"manylinux_2_{minor}_{machine}" for minor in minors), *legacy, f"linux_{machine}"]


def pins_of(platform: str) -> Iterator[Requirement]:
    """Those that are wanted there."""
    system, machine = PLATFORMS[platform]
    environment = {"sys_platform": system, "platform_machine": machine}
    files = ["constraints.txt", *["envs/torch-libraries.txt"] * (system == "linux")]
    for line in "\n".join((ROOT / file).read_text() for file in files).splitlines():
        if "==" in line:
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate(environment):
                yield pin


class Index:
    """What pip's indexes have, with the settings that pip has here."""

    def __init__(self) -> None:
        command = create_command("download")
        options, _ = command.parse_args(["--quiet"])
        self._session = command._build_session(options)
        self._collector = LinkCollector.create(self._session, options)
        self.is_pure = cache(self._is_pure)

    def files_of(self, pin: Requirement) -> list[Link]:
        """Files that may be of this version."""
        (version,) = (specifier.version for specifier in pin.specifier)
        collected = self._collector.collect_sources(pin.name, self._links)
        sources = filter(None, (*collected.find_links, *collected.index_urls))
        links = [link for one in sources for link in (*one.page_candidates(), *one.file_links())]
        return [link for link in links if f"-{version}" in link.filename]

    def _links(self, page: Link) -> list[Link]:
        response = self._collector.fetch_response(page)
        return list(parse_links(response)) if response else []

    def evaluator(self, name: str, python: tuple[int, int], platform: str) -> LinkEvaluator:
        """What tells whether pip would take a file on another machine."""
        target = TargetPython(tags_of(platform), py_version_info=python, implementation="cp")
        preferences = SelectionPreferences(allow_yanked=True)
        finder = PackageFinder.create(self._collector, preferences, target)
        return finder.make_link_evaluator(name)

    def _is_pure(self, link: Link) -> bool:
        """Whether a source has nothing to compile."""
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / link.filename
            archive.write_bytes(self._session.get(link.url_without_fragment).content)
            unpack_file(str(archive), f"{folder}/source")
            return not any(COMPILED.search(path.name) for path in Path(folder).rglob("*"))


def found(index: Index, files: list[Link], evaluator: LinkEvaluator, pin: Requirement) -> str:
    """How pip would install a pin: ``wheel``, ``source`` or not at all: empty."""
    fitting = []
    for link in files:
        verdict, version = evaluator.evaluate_link(link)
        if verdict == LinkType.candidate and pin.specifier.contains(version):
            fitting.append(link)
    if any(link.is_wheel for link in fitting):
        return "wheel"
    return "source" if any(index.is_pure(link) for link in fitting) else ""


def main() -> None:
    """Print a row for each platform and a column for each Python."""
    index, lacks, sources = Index(), False, set()
    wanted = {platform: list(pins_of(platform)) for platform in PLATFORMS}
    pins = {str(pin): pin for listed in wanted.values() for pin in listed}
    with ThreadPoolExecutor(16) as pool:
        files = dict(zip(pins, pool.map(index.files_of, pins.values()), strict=True))
    print(f"|  | {' | '.join(f'{major}.{minor}' for major, minor in PYTHONS)} |")
    print(f"|{'---|' * (1 + len(PYTHONS))}")
    for platform, listed in wanted.items():
        cells = []
        for python in PYTHONS:
            how = {
                pin.name: found(
                    index, files[str(pin)], index.evaluator(pin.name, python, platform), pin
                )
                for pin in listed
            }
            missing = [name for name, way in how.items() if not way]
            sources |= {name for name, way in how.items() if way == "source"}
            cells.append(
                f"{len(listed)} pins, lacking {', '.join(missing)}"
                if missing
                else f"all {len(listed)} pins"
            )
            lacks |= bool(missing)
        print(f"| {platform} | {' | '.join(cells)} |")
    print(f"\nBuilt from pure Python sources: {', '.join(sorted(sources))}.")
    sys.exit(int(lacks))


if __name__ == "__main__":
    main()
