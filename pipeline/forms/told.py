"""What people are told before they agree, with everything in it that is computed or taken from params."""

from __future__ import annotations

from pipeline.forms.design import FormSet
from pipeline.forms.texts import Texts
from pipeline.params.people import Consent


def told(texts: Texts, consent: Consent) -> list[tuple[str, str]]:
    """Label and text of each thing that people are told, without those that are not stated."""
    return [(texts.words[name], text) for name, text in consent if text.strip()]


def draft(texts: Texts, consent: Consent) -> str:
    """What stands above a page that is not for participants; empty for one that is."""
    missing = [texts.words[name] for name in consent.missing]
    return texts.words["draft"].format(what=texts.words["comma"].join(missing)) if missing else ""


def warning(forms: FormSet, texts: Texts) -> str:
    """What the situations of these forms touch on, by the flags that they bear."""
    if not forms.flags:
        return texts.words["no_warning"]
    return texts.words["warning"].format(
        what=texts.words["comma"].join(texts.words[flag] for flag in forms.flags)
    )


def filled(text: str, forms: FormSet, texts: Texts) -> str:
    """The text with what is computed in its places; other braces stay."""
    return text.replace("{minutes}", str(forms.minutes)).replace("{question}", texts.words["which"])


def title(texts: Texts) -> str:
    """The first line of the welcome text, without its marks."""
    return texts.pages["Welcome"].splitlines()[0].lstrip("# ").strip()
