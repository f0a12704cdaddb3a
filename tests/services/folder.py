"""A folder that commands take for the project: params.yaml and nothing else."""

from __future__ import annotations

from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from pipeline.cli import main
from pipeline.params import Params


def write_params(folder: Path, params: Params) -> None:
    """params.yaml of these params."""
    text = yaml.safe_dump(params.model_dump(mode="json", exclude_none=True), sort_keys=False)
    (folder / "params.yaml").write_text(text)


def valact(*arguments: str, fails: bool = False) -> Result:
    """The command in the current folder; anything but success has to be expected, a traceback never is."""
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert bool(result.exit_code) == fails, result.output
    return result
