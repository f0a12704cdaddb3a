"""The wordings of a mode are paraphrases: each asks for the construct of the mode, in the words listed here."""

from __future__ import annotations

import pytest

from pipeline import prompts

# What every wording of a mode must ask for; any one of the phrases.
CONSTRUCT = {
    "default": {"en": ["most appropriate"], "zh": ["最合适"]},
    "selection": {"en": ["reflects", "reflection of this value"], "zh": ["最能体现"]},
    "adoption": {
        "en": ["first", "before all others", "more than any other"],
        "zh": ["首位", "高于其他一切", "胜过其他任何"],
    },
    "applicability": {"en": ["see it at stake", "is at stake", "be at stake"], "zh": ["利害关系"]},
    "statements": {"en": ["like you"], "zh": ["像你"]},
}
# Words of another construct: an advice given, what would follow from an action, the opinion of the one who answers.
OTHER = {
    "en": [
        "recommend",
        "should the person",
        "suggest",
        "consider best",
        "serve",
        "agrees best",
        "relevant",
        "bear on",
    ],
    "zh": ["推荐", "应当采取", "建议", "最好", "有助于", "一致", "相关", "会影响"],
}
WORDINGS = [f"{language}-{number}" for language in ("en", "zh") for number in range(1, 6)]


def task(mode, wording):
    """The first paragraph of the system message, which alone differs between wordings."""
    return prompts.load(f"administer/{mode}/{wording}").system.partition("\n")[0]


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("mode", CONSTRUCT)
def test_a_wording_asks_for_the_construct_of_its_mode(mode, wording):
    text, language = task(mode, wording), wording[:2]
    assert any(phrase in text for phrase in CONSTRUCT[mode][language]), text
    assert not [word for word in OTHER[language] if word in text], text


@pytest.mark.parametrize("wording", WORDINGS)
def test_abstain_is_default_and_the_way_out(wording):
    added = {"en": " If none of the ${many} is acceptable, choose the last line, which says so."}
    added["zh"] = "如果${many}个行动都不可取，请选最后一行，它表示这个意思。"
    assert task("abstain", wording) == task("default", wording) + added[wording[:2]]


@pytest.mark.parametrize("mode", [*CONSTRUCT, "abstain"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_two_wordings_are_one(mode, language):
    assert len({task(mode, wording) for wording in WORDINGS if wording.startswith(language)}) == 5
