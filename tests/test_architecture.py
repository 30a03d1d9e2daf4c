"""The borders between the modules, as DESIGN.md draws them: who imports whom, and who may touch the world."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import runner

PACKAGE = Path(runner.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
}
# From the top down: each floor may import from its own folder and from the floors below it.
FLOORS = (
    ("runner.cli",),
    ("runner.report", "runner.review"),
    ("runner.execution",),
    ("runner.plan",),
    ("runner.media",),
    ("runner.spec",),
    ("runner.errors", "runner.text", "runner.canonical"),
)


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield every module that a module imports, in functions and for type checking too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(tree: ast.AST) -> Iterator[str]:
    """Yield every dotted name that a module uses, such as os.environ."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield f"….{node.attr}"


def below(module: str, parent: str) -> bool:
    return module == parent or module.startswith(f"{parent}.")


def floor(module: str) -> int:
    """Return the number of a module's floor, 0 at the top."""
    return next(number for number, parts in enumerate(FLOORS) if any(below(module, part) for part in parts))


def importing(*wanted: str) -> set[str]:
    """Return the modules that import one of these."""
    return {
        module
        for module, tree in MODULES.items()
        for name in imports(tree)
        if any(below(name, each) for each in wanted)
    }


def using(*wanted: str) -> set[str]:
    """Return the modules that use one of these names."""
    return {module for module, tree in MODULES.items() if set(wanted) & set(names(tree))}


def inside(*folders: str) -> set[str]:
    return {module for module in MODULES if any(below(module, folder) for folder in folders)}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    ours = [name for name in imports(MODULES[module]) if name.startswith("runner.") and name != "runner.__version__"]
    assert [name for name in ours if floor(name) < floor(module)] == []


def test_the_console_knows_nothing_of_the_review() -> None:
    assert importing("runner.review") & inside("runner.report") == set()


def test_what_everything_stands_on_stands_on_nothing() -> None:
    assert [name for name in imports(MODULES["runner.text"]) if name.startswith("runner")] == []
    assert [name for name in imports(MODULES["runner.canonical"]) if name.startswith("runner")] == []
    assert {name.rpartition(".")[0] for name in imports(MODULES["runner.errors"]) if name.startswith("runner")} == {
        "runner.text"
    }


def test_one_module_asks_ffmpeg_one_encodes_one_asks_git_one_hands_on_a_task_and_no_other_starts_a_process() -> None:
    may = {
        *("runner.media.toolchain", "runner.execution.process", "runner.review.git"),
        "runner.execution.cluster.worker",
    }
    assert importing("subprocess", "multiprocessing", "pty", "asyncio.subprocess") <= may
    starting = ("os.system", "os.popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.posix_spawnp")
    executing = (f"os.exec{ending}" for ending in ("v", "ve", "vp", "vpe", "l", "le", "lp"))
    assert using(*starting, *executing) == {"runner.execution.leash"}  # which process starts, to become FFmpeg
    assert using(*(f"os.spawn{ending}" for ending in ("v", "ve", "vp", "vpe", "l", "le", "lp", "lpe"))) == set()


def test_one_module_quotes_for_the_shell() -> None:
    assert importing("shlex", "pipes") == {"runner.plan.shell"}


def test_no_process_is_started_through_a_shell() -> None:
    keywords = {node.arg for tree in MODULES.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert "shell" not in keywords


def test_planning_knows_no_machine_and_no_clock() -> None:
    world = "os sys time datetime random uuid secrets locale socket platform tempfile getpass glob shutil io threading"
    assert importing(*world.split(), "zoneinfo", "multiprocessing") & inside("runner.plan") == set()
    assert using("open", "print", "input", "….read_text", "….read_bytes", "….open") & inside("runner.plan") == set()


def test_no_identity_is_drawn_by_lot_anywhere() -> None:
    assert importing("uuid", "random", "secrets") == set()


def test_specs_know_no_clock_and_no_locale() -> None:
    assert importing("time", "locale", "socket", "platform", "tempfile", "getpass") & inside("runner.spec") == set()
    assert using("datetime.now", "datetime.utcnow", "datetime.today", "date.today") & inside("runner.spec") == set()


def test_only_validate_the_tree_and_the_users_mounts_look_at_the_machine_from_a_spec() -> None:
    spec = inside("runner.spec")
    assert using("os.environ", "os.getenv", "Path.cwd", "os.getcwd") & spec == {"runner.spec.model"}
    assert using("open", "os.open", "os.fdopen", "….open", "….read_text", "….read_bytes", "path.read_text") & spec == {
        "runner.spec.tree",
        "runner.spec.project",
    }
    assert using("path.stat", "os.stat", "os.access", "os.scandir", "os.listdir") & spec == {
        "runner.spec.presence",
        "runner.spec.tree",
    }


def test_the_environment_is_read_by_commands_and_by_what_starts_processes_alone() -> None:
    may = {"runner.spec.model", "runner.execution.process", "runner.review.git", "runner.execution.cluster.question"}
    assert using("os.environ", "os.getenv") - inside("runner.cli") <= may


def test_media_is_opened_through_one_door_and_by_the_gate_alone() -> None:
    assert importing("av") <= {"runner.media.opening", "runner.execution.gate"}


def test_only_commands_and_reports_know_the_console() -> None:
    assert importing("click", "rich") <= inside("runner.cli", "runner.report")
    assert using("print") <= inside("runner.cli", "runner.report")


def test_yaml_templates_and_the_schema_are_read_in_one_module_each() -> None:
    assert importing("yaml") == {"runner.spec.source"}
    assert importing("jinja2") == {"runner.spec.naming"}
    assert importing("cerberus") == {"runner.spec.schema"}


def test_one_folder_knows_dask_and_one_command_knows_that_folder() -> None:
    assert importing("distributed", "dask", "cloudpickle") <= inside("runner.execution.cluster")
    assert importing("runner.execution.cluster") - inside("runner.execution.cluster") == {"runner.cli.clustered"}


def test_nothing_is_evaluated() -> None:
    assert using("eval", "exec", "compile", "__import__", "yaml.load", "yaml.unsafe_load", "pickle.loads") == set()
    assert importing("pickle", "marshal", "shelve") == set()
