"""The labelling config and the guidelines, and what they allow a rater to answer.

Choices come with the task (an order of the values for each block), and the labelling config names the field that
holds them. An answer is checked against the config with the choices of its task filled in.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from pipeline.core.documents import read_text
from pipeline.core.errors import InputError
from pipeline.values import Inventory

if TYPE_CHECKING:
    from label_studio_sdk.label_interface import LabelInterface

FOLDER = Path("annotations")
CONFIG, GUIDELINES = FOLDER / "labelling.xml", FOLDER / "guidelines.md"


# What a labelling config has in the place of its style where that is ValAct's.
SAME_STYLE = "<Style/>"


def labelling_config(path: Path | str = CONFIG) -> str:
    """The labelling config; InputError when it is missing or not one that Label Studio takes. One with ``SAME_STYLE``
    looks like ValAct's."""
    config = styled(_read(path))
    from label_studio_sdk.label_interface import LabelInterface

    try:
        LabelInterface(config).validate()
    except Exception as error:  # the SDK raises whatever its parsers raise
        raise InputError(f"not a labelling config: {error}", where=str(path)) from None
    return config


def styled(config: str) -> str:
    """A labelling config with ValAct's style where it has ``SAME_STYLE``."""
    return config.replace(SAME_STYLE, _style(_read(CONFIG)), 1) if SAME_STYLE in config else config


def guidelines(
    values: Inventory,
    path: Path | str = GUIDELINES,
    *,
    worked: Mapping[str, Sequence[object]] | None = None,
    pairs: Sequence[tuple[str, str, str]] = (),
) -> str:
    """The guidelines as HTML, with the definitions of the values filled in, and the worked examples of each."""
    import jinja2
    from markdown_it import MarkdownIt

    try:
        text = jinja2.Template(_read(path), undefined=jinja2.StrictUndefined).render(
            values=values.values,
            title=values.title,
            number=values.in_words("en"),
            worked=worked or {},
            pairs=pairs,
        )
    except jinja2.TemplateError as error:
        raise InputError(f"cannot be filled in: {error}", where=str(path)) from None
    return MarkdownIt("commonmark").render(text)


def same_config(one: str, other: str) -> bool:
    """Whether two labelling configs differ in nothing but space, comments and the order of attributes."""
    return canonical(one) == canonical(other)


def canonical(config: str) -> str:
    """A labelling config without what means nothing; the text itself where it is not XML."""
    try:
        return ElementTree.canonicalize(config, strip_text=True)
    except ElementTree.ParseError:
        return config


def problems(config: str, data: Mapping[str, Any], result: Any) -> list[str]:
    """What an annotation's result holds that the config, with the choices of its task, does not allow."""
    interface = _interface(config, json.dumps(_labels(config, data), sort_keys=True))
    # The SDK tells its reasons for predictions only; what it checks is the same.
    return interface.validate_prediction({"result": result}, return_errors=True)


def _labels(config: str, data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Of each Choices that takes its choices from the task: what an answer may carry, whatever the order shown."""
    fields = {c.get("name"): c.get("value", "") for c in ElementTree.fromstring(config).iter("Choices")}
    return {
        name: sorted(choice.get("alias") or choice["value"] for choice in data.get(field[1:]) or ())
        for name, field in fields.items()
        if name and field.startswith("$")
    }


@functools.lru_cache(maxsize=64)
def _interface(config: str, labels: str) -> LabelInterface:
    """The config with choices filled in; a Choices that the task has none for is left out."""
    from label_studio_sdk.label_interface import LabelInterface

    root, filled = ElementTree.fromstring(config), json.loads(labels)
    for parent in [*root.iter()]:
        for control in [child for child in parent if child.tag == "Choices" and child.get("name") in filled]:
            del control.attrib["value"]
            for label in filled[control.get("name")]:
                ElementTree.SubElement(control, "Choice", value=label)
            if not len(control):
                parent.remove(control)
    return LabelInterface(ElementTree.tostring(root, encoding="unicode"))


def _style(config: str) -> str:
    found = re.search(r"<Style>.*?</Style>", config, re.DOTALL)
    if found is None:
        raise InputError("it has no <Style> any more, which other pages take over", where=str(CONFIG))
    return found[0]


def _read(path: Path | str) -> str:
    return read_text(Path(path), missing="run from the repository's root")
