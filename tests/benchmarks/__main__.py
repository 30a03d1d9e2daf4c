"""`python -m tests.benchmarks [NAME…]`: run the measurements of these names, or all, and print their tables."""

import argparse
import json
import pkgutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests import benchmarks
from tests.benchmarks.harness import Table, machine, markdown, plain

RUNS = 3


def found() -> dict[str, ModuleType]:
    """Return the modules that measure, by name."""
    names = [each.name for each in pkgutil.iter_modules(benchmarks.__path__) if not each.name.startswith("_")]
    modules = {name: import_module(f"{benchmarks.__name__}.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "tables")}


def arguments(names: Sequence[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *names], metavar="NAME", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each case runs; medians are told")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write machine and tables there too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write there what is printed")
    return parser.parse_args()


def told(modules: Sequence[ModuleType], runs: int) -> Iterator[Table]:
    """Yield the tables of these modules, printed as soon as they are there."""
    for module in modules:
        for table in module.tables(runs):
            print(f"\n{markdown(table)}", flush=True)
            yield table


def main() -> None:
    """Run what the command line names."""
    modules = found()
    asked = arguments(tuple(modules))
    here = machine()
    head = ", ".join(f"{name} {value}" for name, value in here.items())
    print(f"{head}; medians of {asked.runs} runs that took turns")
    tables = list(told([modules[name] for name in asked.names or modules], asked.runs))
    if asked.markdown:
        asked.markdown.write_text("\n\n".join((head, *map(markdown, tables))) + "\n", encoding="utf-8")
    if asked.json:
        asked.json.write_text(json.dumps({"machine": here, "tables": [plain(each) for each in tables]}, indent=2))


if __name__ == "__main__":
    main()
