"""What the Hub finds wrong with the YAML of a dataset card, after its published vocabulary."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import yaml
from datasets import Features
from datasets.utils.metadata import known_task_ids

LICENCES = {"cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "apache-2.0", "mit", "other", "unknown"}


def _known(name: str) -> Any:
    """A vocabulary that comes with the datasets library."""
    return json.loads((resources.files("datasets.utils.resources") / f"{name}.json").read_text("utf-8"))


VOCABULARIES: dict[str, Any] = {
    "license": LICENCES,
    "language": _known("languages"),
    "task_categories": known_task_ids,
    "size_categories": _known("size_categories"),
    "multilinguality": _known("multilingualities"),
    "annotations_creators": _known("creators")["annotations"],
    "language_creators": _known("creators")["language"],
}


def problems(card: str) -> list[str]:
    """A sentence for each thing that is wrong; none for a card that the Hub takes."""
    parts = card.split("---\n", 2)
    if len(parts) < 3 or parts[0]:
        return ["there is no YAML block at the beginning"]
    try:
        data = yaml.safe_load(parts[1])
    except yaml.YAMLError as error:
        return [f"the metadata is no YAML: {error}"]
    if not isinstance(data, dict):
        return ["the metadata is no mapping"]
    found = [
        f'"{key}": {value!r} is not in the vocabulary'
        for key, known in VOCABULARIES.items()
        for value in _several(data.get(key, []))
        if value not in known
    ]
    found += [
        f'"tags" must be texts, not {tag!r}' for tag in data.get("tags", []) if not isinstance(tag, str)
    ]
    configs = [config["config_name"] for config in data.get("configs", [])]
    if len(set(configs)) != len(configs) or _defaults(data) > 1:
        found.append('"configs" must have names of their own and one default at most')
    for info in data.get("dataset_info", []):
        if info["config_name"] not in configs:
            found.append(f'"dataset_info" of the unknown config {info["config_name"]!r}')
        Features._from_yaml_list(info["features"])
    return found


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _defaults(data: dict[str, Any]) -> int:
    return sum(config.get("default", False) for config in data.get("configs", []))
