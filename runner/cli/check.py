"""`jobspec check`: everything that can be known without media."""

import click

from runner.cli.workspace import open_workspace, specs_argument
from runner.errors import Exit, errors, worst


@click.command("check")
@specs_argument
def command(specs: tuple[str, ...]) -> int:
    """Check specs: schema, codecs, rates, roots, names, collisions. Needs no media.

    SPEC is a file or a folder; none means specs/.
    """
    workspace = open_workspace(specs, {})
    found = workspace.problems()
    for each in found:
        print(each)
    wrong = errors(found)
    count = len(workspace.readings)
    notes = len(found) - len(wrong)
    print(f"{count} spec{'s' * (count != 1)}: {len(wrong) or 'no'} problem{'s' * (len(wrong) != 1)}, {notes} notes")
    return worst([Exit.OK, *(each.exit for each in wrong)])
