"""A composite action as GitHub's runner runs it: step by step, each in its own bash, with what a runner gives it."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class Runner:
    """Runs the steps of an action in a work tree; `contexts` answers what its expressions ask for.

    An expression or condition that this does not know is an error, so that no step is understood wrongly.
    """

    steps: list[dict[str, Any]]
    workspace: Path
    temporary: Path
    contexts: dict[str, str]
    environment: Mapping[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        file = self.temporary / "summary.md"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def failed(self) -> bool:
        return "failure" in self.outcomes.values()

    def value(self, expression: str) -> str:
        """Return the first of the alternatives that is not empty."""
        known = {**self.contexts, **self.outputs}
        names = expression.split(" || ")
        return next((known[name] for name in names if known[name]), "")

    def filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self.value(match[1]), text)

    def wanted(self, condition: str | None) -> bool:
        if condition is None:
            return not self.failed
        inner = EXPRESSION.fullmatch(condition)
        assert inner, condition
        return all(self.holds(term) for term in inner[1].split(" && "))

    def holds(self, term: str) -> bool:
        if term == "!cancelled()":
            return True
        outcome = re.fullmatch(r"steps\.(\w+)\.outcome == '(\w+)'", term)
        output = re.fullmatch(r"(steps\.\w+\.outputs\.\w+) != ''", term)
        assert outcome or output, term
        return (
            self.outcomes[outcome[1]] == outcome[2] if outcome else bool(self.outputs.get(output[1] if output else ""))
        )

    def run(self) -> "Runner":
        """Run all steps in their order."""
        for step in self.steps:
            if self.wanted(step.get("if")):
                self.step(step)
            else:
                self.outcomes[step["id"]] = "skipped"
        return self

    def step(self, step: dict[str, Any]) -> None:
        script, output = self.temporary / f"{step['id']}.sh", self.temporary / f"{step['id']}.output"
        script.write_text(step["run"], encoding="utf-8")
        output.touch()
        assert step["shell"] == "bash"
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace / self.filled(step.get("working-directory", ".")),
            env={**self.environment, **self.given(output), **self.own(step)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self.printed[step["id"]] = done.stdout
        self.outcomes[step["id"]] = "success" if done.returncode == 0 else "failure"
        for line in output.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"steps.{step['id']}.outputs.{name}"] = value

    def given(self, output: Path) -> dict[str, str]:
        return {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            "RUNNER_TEMP": str(self.temporary),
        }

    def own(self, step: dict[str, Any]) -> dict[str, str]:
        return {name: self.filled(value) for name, value in step.get("env", {}).items()}
