"""The report as one self-contained HTML page and as Markdown beside its figures."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.core.atomic import write_text
from pipeline.report.catalogue import PNG
from pipeline.report.document import Picture, Section

TEMPLATES = Path(__file__).parent


def write(title: str, about: Sequence[str], sections: Sequence[Section], folder: Path) -> None:
    """Writes ``report.html`` and ``report.md`` into ``folder``, in whose ``figures`` the pictures are.

    The page holds its figures (NAME.svg) and needs nothing else, no network either. The Markdown names the PNG files
    where there are any, which programs that make PDFs of it know how to place.
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
        "cell": _cell,
        "slug": _slug,
    }
    content: dict[str, Any] = {"title": title, "about": about, "sections": sections}
    for template, name in (("page.html.j2", "report.html"), ("report.md.j2", "report.md")):
        text = env.get_template(template).render(content)
        write_text(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", folder / name)


def take_over(pictures: Sequence[Picture], plots: Path, figures: Path) -> None:
    """Copies figures of earlier stages into the report's folder of figures, in each form that they have."""
    figures.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        for ending in ("svg", "png", "csv"):
            if (source := plots / f"{picture.name}.{ending}").exists():
                shutil.copyfile(source, figures / source.name)


def _image(folder: Path, picture: Picture) -> str:
    data = (folder / "figures" / f"{picture.name}.svg").read_bytes()
    return "data:image/svg+xml;base64," + base64.b64encode(data).decode()


def _file(folder: Path, picture: Picture) -> str:
    """The file of a picture as the Markdown names it: that of the catalogue, or the copy of an earlier stage's."""
    known = (f"figures/{PNG}/{picture.name}.png", f"figures/{picture.name}.png")
    return next((name for name in known if (folder / name).exists()), f"figures/{picture.name}.svg")


def _bold(text: str) -> Any:
    """HTML of a sentence in which ** marks what is bold; everything else is escaped."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))


def _cell(text: str) -> str:
    """A table cell of Markdown."""
    return text.replace("|", "\\|").replace("\n", " ")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
