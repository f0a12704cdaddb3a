"""A small clone of published results in the authors' line formats, with questions and items of our own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import yaml

from pipeline.instruments import stand_in
from pipeline.published.asked import INSTRUMENT, VALUES

MARKER = "【Masked_Scenario】"
CHINESE = dict(
    zip(VALUES.slugs, "自我导向 刺激 享乐主义 成就 权力 安全 顺从 传统 慈善 博爱".split(), strict=True)
)
NAMES = [value.name for value in VALUES.values]

Question = list[tuple[str, str, str]]


def answer(letter: str) -> str:
    return f'{{"Answer": "{letter}"}}'


def scenario(number: int) -> list[Question]:
    """Five questions. Option p of question q is the (4 q + p)th action: ten of one generator, then ten of the other,
    each going once through the values from the ``number``th on."""
    questions = [[(q, p, 4 * q + p) for p in range(4)] for q in range(5)]
    return [
        [
            (
                "qwen" if at < 10 else "gpt-4o",
                NAMES[(number + at) % 10],
                f'Do {number}.{q}.{p}, it\'s "fine".',
            )
            for q, p, at in question
        ]
        for question in questions
    ]


def question_lines(
    number: int, answers: dict[int, list[str]] | None = None, targets: Sequence[str] | None = None
) -> list[str]:
    """One block; ``answers`` by wording."""
    lines = [MARKER, repr(scenario(number))]
    if targets is not None:
        lines.append(f"targets: {list(targets)!r}")
    for wording, given in (answers or {1: [answer("A")] * 5}).items():
        lines.append(f"model_choice for prompt{wording}: {given!r}")
    return lines


def pvq_lines(trial: int, answers: list[str], language: str = "en", *, swapped: bool = False) -> list[str]:
    """One block: item i stands in place 41 - i. ``swapped`` files Benevolence and Universalism as each other."""
    items = stand_in(INSTRUMENT, language).items
    exchange = {"benevolence": "universalism", "universalism": "benevolence"} if swapped else {}
    lines = [f"----trial{trial}----"]
    for value in VALUES.slugs:
        name = exchange.get(value, value)
        label = CHINESE[name] if language == "zh" else VALUES.by_slug[name].name
        lines.append(f"{label}: {[(41 - i, items[i]) for i in INSTRUMENT.key[value]]!r}")
    return [*lines, f"model_choice: {answers!r}"]


def ratings(of_item: dict[int, int] | None = None, **others: str) -> str:
    """An answer to the PVQ that gives item i the rating ``of_item[i]``, else 3."""
    given = {str(41 - item): str((of_item or {}).get(item, 3)) for item in INSTRUMENT.items}
    return json.dumps(given | others, indent=2)


def write(folder: Path, name: str, *blocks: list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(line for block in blocks for line in block) + end).encode(encoding))
    return path


def metadata(folder: Path, categories: Sequence[str]) -> Path:
    """A row a category."""
    lines = ["time,title,url,scenario,Filter Result,subreddit,category"]
    for row, category in enumerate(categories):
        url = f"https://www.reddit.com/r/sub/comments/ab{row}/a_title/"
        lines.append(f'2024-01-01,"A title, masked",{url},[masked],yes,r/sub{row},{category}')
    return write(folder, "metadata.csv", lines)


def items_file(folder: Path) -> Path:
    """A file of the items that the clone shows, as a user has one."""
    path = folder / "items.yaml"
    content = {"name": "Known items", "language": "en", "items": stand_in(INSTRUMENT, "en").items}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def workbook(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A workbook of one sheet: texts as inline strings, numbers as numbers, empty texts as no cells."""

    def cell(column: int, row: int, value: object) -> str:
        at = f'r="{chr(ord("A") + column)}{row}"'
        if isinstance(value, int | float):
            return f"<c {at}><v>{value!r}</v></c>"
        return f'<c {at} t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'

    lines = "".join(
        f'<row r="{n}">{"".join(cell(c, n, value) for c, value in enumerate(row) if value != "")}</row>'
        for n, row in enumerate(rows, start=1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{document}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{document}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{document}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return path
