"""The report as one self-contained HTML page and as Markdown beside its figures."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipeline.core.atomic import write_text
from pipeline.report import vega
from pipeline.report.answer import Answer
from pipeline.report.catalogue import PNG
from pipeline.report.document import Cell, Picture, Section

TEMPLATES = Path(__file__).parent


def write(
    title: str,
    about: Sequence[str],
    sections: Sequence[Section],
    folder: Path,
    *,
    answers: Sequence[Answer] = (),
    limits: Sequence[str] = (),
    respondents: Sequence[str] = (),
    explorer: str = "",
) -> None:
    """Writes ``report.html`` and ``report.md`` into ``folder``, in whose ``figures`` the pictures are.

    The page holds its figures and needs nothing else, no network either: as pictures (NAME.svg), and with JavaScript as
    charts of Vega, of which the reader chooses ``respondents``. The Markdown names the PNG files where there are any,
    which programs that make PDFs of it know how to place. ``explorer`` is where numbers lead to; empty for nowhere.
    """
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda name: bool(name and name.endswith(".html.j2")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "image": partial(_image, folder),
        "file": partial(_file, folder),
        "bold": _bold,
        "plain": _plain,
        "cell": _cell,
        "parts": _parts,
        "slug": slug,
    }
    charts = any(picture.live for section in sections for picture in section.pictures)
    scripts = [vega.runtime() if charts else "", (TEMPLATES / "page.js").read_text(encoding="utf-8")]
    content: dict[str, Any] = {
        "title": title,
        "about": about,
        "answers": answers,
        "limits": limits,
        "sections": sections,
        "respondents": respondents if charts else (),
        "explorer": explorer,
        "style": (TEMPLATES / "page.css").read_text(encoding="utf-8"),
        "scripts": [script for script in scripts if script],
        "hashes": " ".join(f"'{_sha256(script)}'" for script in scripts if script),
    }
    for template, name in (("page.html.j2", "report.html"), ("report.md.j2", "report.md")):
        text = env.get_template(template).render(content)
        if name.endswith(".md"):
            text = re.sub(r"\n{3,}", "\n\n", text)
        write_text(text.strip() + "\n", folder / name)


def take_over(pictures: Sequence[Picture], plots: Path, figures: Path) -> None:
    """Copies figures of earlier stages into the report's folder of figures, in each form that they have."""
    figures.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        for ending in ("svg", "png", "csv"):
            if (source := plots / f"{picture.name}.{ending}").exists():
                shutil.copyfile(source, figures / source.name)


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _sha256(script: str) -> str:
    """How a Content-Security-Policy names a script that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _image(folder: Path, picture: Picture) -> Any:
    from markupsafe import Markup

    drawn = (folder / "figures" / f"{picture.name}.svg").read_text(encoding="utf-8")
    # A thousandth of a point is less than can be seen, and half of the file.
    short = re.sub(r"(\.\d{3})\d+", r"\1", drawn)
    # Safe in a double-quoted attribute: quotes, ampersands, # and % are encoded.
    return Markup("data:image/svg+xml," + quote(short.replace('"', "'"), safe=" /:=<>;,()-.'"))


def _file(folder: Path, picture: Picture) -> str:
    """The file of a picture as the Markdown names it: that of the catalogue, or the copy of an earlier stage's."""
    known = (f"figures/{PNG}/{picture.name}.png", f"figures/{picture.name}.png")
    return next((name for name in known if (folder / name).exists()), f"figures/{picture.name}.svg")


def _bold(text: str) -> Any:
    """HTML of a sentence in which ** marks what is bold; everything else is escaped."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))


def _plain(text: str) -> str:
    """A sentence in Markdown: what would be HTML or a mark-up sign of its own is text, ** apart."""
    return re.sub(r"([\\`_\[\]])", r"\\\1", html.escape(text, quote=False))


def _cell(cell: str | Cell) -> str:
    """A table cell of Markdown."""
    return _plain(str(cell)).replace("*", "\\*").replace("|", "\\|").replace("\n", " ")


def _parts(cell: str | Cell) -> Cell:
    return cell if isinstance(cell, Cell) else Cell(cell)
