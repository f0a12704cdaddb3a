"""README.md of the training files: how to load them, what is in them, what they may be used for."""

from __future__ import annotations

from pathlib import Path
from string import Template

import polars as pl
import yaml

from pipeline.release.markdown import markdown_table
from pipeline.step.about import LICENCES
from pipeline.training.formats import FORMATS, PREFERENCES, SFT
from pipeline.training.source import Source
from pipeline.training.split import TEST, TRAIN

_TEXT = Path(__file__).with_name("card.md")
NOT_TO_BE_PASSED_ON = "hydrated-locally-do-not-redistribute"
_WITHHELD = (
    "> **The release withholds the texts of its posts, and so there is no training file here.** `index/` names by ids "
    "every line that there would be. Hydrate the release (`valact hydrate`), and export from that copy: the split is "
    "the same.\n\n"
)
_HYDRATED = (
    "> **Hydrated locally, do not redistribute.** The prompts hold posts that belong to their authors. Delete these "
    "files, and make them again from a newer version of the release, when posts are taken back.\n\n"
)


def card(source: Source, rule: str, mode: str, rows: dict[str, pl.DataFrame], sides: pl.DataFrame) -> str:
    """The card, its YAML head first."""
    counts = dict(sides.group_by("split").len().iter_rows())
    body = Template(_TEXT.read_text(encoding="utf-8")).substitute(
        name=source.name,
        version=source.version,
        notice=_WITHHELD if source.withheld else _HYDRATED if source.hydrated else "",
        rule=rule,
        mode=mode,
        load=_load(source),
        train=f"{counts.get(TRAIN, 0):,}",
        test=f"{counts.get(TEST, 0):,}",
        balance=_balance(rows),
        generators=_generators(rows),
        licence=_licence(source),
        canary=f"`{source.canary}`" if source.canary else "The release has none.",
    )
    return f"---\n{yaml.safe_dump(_head(source, rows), sort_keys=False)}---\n\n{body}"


def _head(source: Source, rows: dict[str, pl.DataFrame]) -> dict[str, object]:
    head: dict[str, object] = {
        "pretty_name": f"Training files from {source.name} {source.version}",
        "language": ["en"],
        "tags": ["training", "preference", "values"],
    }
    head |= (
        {"license": "other", "license_name": NOT_TO_BE_PASSED_ON}
        if source.hydrated
        else {"license": source.licence or "other"}
    )
    if not source.withheld:
        head["configs"] = [
            {
                "config_name": f"{trainer}_{kind}",
                "data_files": [
                    {"split": side, "path": f"{trainer}/{kind}.{side}.jsonl"}
                    for side in (TRAIN, TEST)
                    if rows[f"{kind}.{side}"].height
                ],
            }
            for trainer in FORMATS
            for kind in (SFT, PREFERENCES)
        ]
    return head


def _load(source: Source) -> str:
    if source.withheld:
        return "Nothing can be loaded yet."
    return (
        "```python\nfrom datasets import load_dataset\n\n"
        'examples = load_dataset("FOLDER", "trl_sft")["train"]          # for trl.SFTTrainer\n'
        'pairs = load_dataset("FOLDER", "trl_preferences")["train"]     # for trl.DPOTrainer\n```\n\n'
        "Axolotl: `path: axolotl/sft.train.jsonl`, `type: chat_template`, or `rl: dpo`, "
        "`path: axolotl/preferences.train.jsonl`, `type: chat_template.default` (both with `ds_type: json`). "
        "OpenAI's fine-tuning takes the files in `openai/` as they are."
    )


def _balance(rows: dict[str, pl.DataFrame]) -> str:
    lines = []
    for name, part in rows.items():
        kind = ["value"] if name.startswith(SFT) else ["value", "value_rejected"]
        each = part.group_by(kind).len()["len"]
        least, most = each.to_frame().select(low=pl.col("len").min(), high=pl.col("len").max()).row(0)
        lines.append((f"`{name}`", part.height, len(each), least or 0, most or 0))
    return markdown_table(
        ("file", "lines", "values, or pairs of values", "fewest of one", "most of one"), lines
    )


def _generators(rows: dict[str, pl.DataFrame]) -> str:
    names = sorted({name for part in rows.values() for name in part["generator"].unique()})
    lines = [
        (f"`{file}`", *(part.filter(generator=name).height for name in names)) for file, part in rows.items()
    ]
    return markdown_table(("what is chosen was written by", *names), lines)


def _licence(source: Source) -> str:
    known = LICENCES.get(source.licence or "")
    name = f"[{known.name}]({known.url})" if known else source.licence or "not stated"
    ours = f"Actions and prompts: {name}, as in the release."
    if source.hydrated:
        return f"{ours} Posts: no licence at all; keep this copy to yourself."
    if source.sample:
        return f"{ours} The posts are the sample's, invented, and under the same licence."
    return ours
