"""Which files of ours a stage runs, and which of them dvc.yaml lets DVC see.

``python -m tests.services.closure`` prints, stage by stage and folder by folder, what the stage imports, what
dvc.yaml misses of it (+) and what dvc.yaml names beyond it (-).

A closure is found without running anything, from the source: every import that is written down counts, wherever in
a file it stands, and so does a module's name in a string (``import_module("pipeline.x")``). Imports for type
checkers only do not. A package that looks for its own modules (``__path__``, or its ``__name__`` handed on), or that
somebody names in a string, is taken to import all of them. Files that are not Python, or lie in a folder that is no
package, belong to the package they lie in.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOPS = ("pipeline", "stages", "lens/stages")
# Prompts are picked by name in params: a stage names those it uses, or the whole folder.
PICKED = "pipeline/prompts/"
# What was published is not published again because code changed: no code at all is a dependency of it.
WITHOUT_CODE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coverage:
    """A stage's closure against the dependencies that dvc.yaml gives it; paths from the root, sorted.

    ``closure`` is what must be covered: empty for the stages that go without code on purpose.
    """

    stage: str
    closure: tuple[str, ...]
    missing: tuple[str, ...]
    superfluous: tuple[str, ...]


class Sources:
    """The files of the repository below ``TOPS``, and what each imports."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        files = [f for top in TOPS for f in sorted((root / top).rglob("*")) if _is_source(f)]
        self.files = [file.relative_to(root).as_posix() for file in files]
        packages = {Path(file).parent for file in self.files if file.endswith("/__init__.py")}
        packages |= {Path(top) for top in TOPS}
        self.modules = {
            _dotted(file): file
            for file in self.files
            if Path(file).suffix == ".py" and Path(file).parent in packages
        }
        self._data: dict[str, list[str]] = {}
        for file in set(self.files) - set(self.modules.values()):
            home = next(folder for folder in Path(file).parents if folder in packages)
            self._data.setdefault(_dotted(str(home / "__init__.py")), []).append(file)

    @property
    def python(self) -> list[str]:
        """Every Python file, those that are only carried along (evaluators' tasks) too."""
        return [file for file in self.files if file.endswith(".py")]

    def closure(self, *modules: str) -> set[str]:
        """Every file that importing and running ``modules`` may read, as paths from the root."""
        seen: set[str] = set()
        waiting = [name for module in modules for name in self._with_parents(module)]
        while waiting:
            module = waiting.pop()
            if module in seen:
                continue
            seen.add(module)
            waiting += [name for found in self._imports(module) for name in self._with_parents(found)]
        return {self.modules[name] for name in seen} | {
            file for name in seen for file in self._data.get(name, [])
        }

    def _with_parents(self, module: str) -> list[str]:
        """The module and the packages around it, whose ``__init__`` runs first; nothing for what is not ours."""
        parts = module.split(".")
        names = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        return [name for name in names if name in self.modules]

    def _imports(self, module: str) -> Iterator[str]:
        file = self.modules[module]
        tree = ast.parse((self.root / file).read_bytes(), file)
        for node in _run_nodes(tree):
            match node:
                case ast.Import(names=names):
                    yield from (name.name for name in names)
                case ast.ImportFrom(names=names):
                    base = _absolute(node, module, is_package=file.endswith("__init__.py"))
                    yield base
                    yield from (f"{base}.{name.name}" for name in names)
                case ast.Constant(value=str(text)) if text.startswith("pipeline.") and text in self.modules:
                    yield from self._package(text)
                case ast.Name(id="__path__") | ast.Call(func=ast.Name(id="Entries")):
                    yield from self._package(module)

    def _package(self, name: str) -> Iterator[str]:
        """The module, and all that a package holds."""
        yield from (module for module in self.modules if f"{module}.".startswith(f"{name}."))


def coverage(root: Path = ROOT) -> list[Coverage]:
    """Every stage of dvc.yaml with its closure, and what its dependencies miss and name too much.

    A ``matrix`` stage is looked at once for all its members: a dependency counts if each has it.
    """
    sources = Sources(root)
    found = []
    for stage, (module, deps) in stages(root).items():
        closure = set() if stage in WITHOUT_CODE else sources.closure(module)
        wanted = {file for file in closure if not _is_picked(file)}
        seen = {file for file in sources.files if _covered(file, deps)}
        extra = {file for file in seen - closure if not _is_picked(file)}
        missing = wanted - seen
        if any(map(_is_picked, closure)) and not any(map(_is_picked, seen)):
            missing.add(PICKED)
        found.append(Coverage(stage, _sorted(closure), _sorted(missing), _sorted(extra)))
    return found


def stages(root: Path = ROOT) -> dict[str, tuple[str, set[str]]]:
    """Each stage's module (of ``python -m MODULE``) and its dependencies as DVC resolves them, from the root."""
    from dvc.repo import Repo

    with Repo(str(root)) as repo:
        found: dict[str, tuple[str, set[str]]] = {}
        for stage in repo.index.stages:
            name = stage.addressing.partition("@")[0]
            module = str(stage.cmd).split()[2]
            deps = {Path(dep.fs_path).relative_to(root).as_posix() for dep in stage.deps if dep.def_path}
            found[name] = (module, deps & found[name][1] if name in found else deps)
    return found


def expected(root: Path = ROOT) -> dict[str, set[str]]:
    """For every Python file, the stages whose closure holds it: what ``dvc status`` must name when it changes."""
    sources = Sources(root)
    closures = {
        name: set() if name in WITHOUT_CODE else sources.closure(module)
        for name, (module, _) in stages(root).items()
    }
    return {file: {name for name, closure in closures.items() if file in closure} for file in sources.python}


def _run_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those below ``if TYPE_CHECKING``."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The module that ``from … import`` names, a relative one resolved."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    here = parts[: len(parts) - node.level + is_package]
    return ".".join([*here, *([node.module] if node.module else [])])


def _is_source(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts


def _is_picked(file: str) -> bool:
    return file.startswith(PICKED) and not file.endswith(".py")


def _covered(file: str, deps: set[str]) -> bool:
    return file in deps or any(parent.as_posix() in deps for parent in Path(file).parents)


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _sorted(files: set[str]) -> tuple[str, ...]:
    return tuple(sorted(files))


def lines(one: Coverage, sources: Sources) -> Iterator[str]:
    """A stage's coverage by folder: a folder that is missing, superfluous or imported as a whole is one line."""
    yield (
        f"{one.stage}: {len(one.closure)} files; dvc.yaml misses {len(one.missing)} "
        f"and names {len(one.superfluous)} that the stage does not import"
    )
    for sign, files in (("+", one.missing), ("-", one.superfluous), ("=", one.closure)):
        for folder, mine in _by_folder(files).items():
            others = set(_by_folder(sources.files)[folder]) - set(mine)
            if not others:
                yield f"  {sign} {folder}/ (all {len(mine)})"
            elif len(others) < len(mine):
                yield f"  {sign} {folder}/ ({len(mine)}), but not {_names(others, folder)}"
            else:
                yield f"  {sign} {folder}/: {_names(mine, folder)}"


def _by_folder(files: Iterable[str]) -> dict[str, list[str]]:
    """Files by the package of the first level below ``TOPS`` that they lie in."""
    found: dict[str, list[str]] = {}
    for file in files:
        parts = file.split("/")
        found.setdefault("/".join(parts[: min(2, len(parts) - 1)]), []).append(file)
    return found


def _names(files: Iterable[str], folder: str) -> str:
    return ", ".join(sorted(file.removeprefix(f"{folder}/") for file in files))


def main() -> int:
    """Prints the coverage of every stage; 1 where dvc.yaml and the closures differ."""
    sources, found = Sources(), coverage()
    for one in found:
        print(*lines(one, sources), sep="\n")
    return int(any(one.missing or one.superfluous for one in found))


if __name__ == "__main__":
    sys.exit(main())
