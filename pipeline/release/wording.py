"""What a release says about itself in words, for the card and for croissant.json alike.

Everything here depends on params alone: the sample differs from real posts, withheld text from included.
"""

from __future__ import annotations

from pipeline.designs import load
from pipeline.engine.providers import PROVIDERS
from pipeline.params import Params
from pipeline.release import validation
from pipeline.release.markdown import in_words
from pipeline.scrape.sources import SOURCES
from pipeline.step.about import SAMPLE_WRITTEN, is_sample, licence, title
from pipeline.verdict.gate import Verdict

FOLDER = "valact-15k"
PAPER_CITATION = """@misc{huang2026knowing,
  title         = {Knowing But Not Doing: Convergent Morality and Divergent Action in LLMs},
  author        = {Huang, Jen-tse and Qin, Jiantong and Qiu, Xueli and Levy, Sharon and
                   Kaufman, Michelle R. and Dredze, Mark},
  year          = {2026},
  eprint        = {2601.07972},
  archivePrefix = {arXiv}
}"""


def citation(params: Params) -> str:
    """BibTeX of this version and of the paper."""
    date = params.release.date
    year = f"  year      = {{{date[:4]}}},\n" if date else ""
    return (
        "@misc{valact15k,\n"
        f"  title     = {{{title(params)}}},\n"
        "  author    = {{The ValAct contributors}},\n"
        f"{year}"
        f"  version   = {{{params.release.version}}},\n"
        f"  publisher = {{Hugging Face}},\n"
        f"  url       = {{https://huggingface.co/datasets/{params.release.repository}/tree/v{params.release.version}}}\n"
        "}\n\n"
        f"{PAPER_CITATION}"
    )


def what(params: Params) -> str:
    """One paragraph on what the questions are."""
    options = in_words(load(params.assemble.design).options)
    return (
        "Multiple-choice questions about everyday dilemmas. Each has a scenario, in which a person asks for "
        f"advice, and {options} actions that the person could take. Each action was written to express another one of "
        f"{params.values.title}. What a respondent chooses shows which values it enacts."
    )


def collection(params: Params) -> str:
    """Where the posts come from."""
    if is_sample(params):
        return (
            f"{SAMPLE_WRITTEN} The posts are in the manner of the subreddits that they name; subreddits, years and "
            "ids are part of the invention."
        )
    source = SOURCES.entry(params.scrape.source).meaning
    return (
        f"Posts of {len(params.category_of)} subreddits, submitted from {params.dates.first} to "
        f"{params.dates.last}, were read from {source}."
    )


def writing(params: Params) -> str:
    """Who wrote the actions."""
    generators, values = len(params.generate.generators), params.values.in_words("en")
    who = "One generator" if generators == 1 else f"{in_words(generators).capitalize()} generators each"
    return f"{who} wrote one action for each of the {values} values, all {values} in one answer."


def text_policy(params: Params) -> str:
    """What the text fields hold."""
    if params.release.text == "include":
        return "The texts of the scenarios are included: they were written for the sample."
    return (
        "**The text of the posts is withheld.** `text` is empty in `questions` and `scenarios`; post ids and two "
        "hashes are there. Whoever may read the posts fills the texts in, from Reddit's API or from dumps, with "
        f"`valact hydrate {params.release.repository}@v{params.release.version} --out FOLDER` (of the ValAct "
        "software); `load_dataset(FOLDER)` loads that copy. Equal hashes show that a text is the one that was used. "
        "Reddit no longer has the text of a post that was deleted, and such a scenario stays empty."
    )


def personal_data(params: Params) -> list[str]:
    masked = len(params.filter.masking.entities)
    whose = (
        ["Nobody in the sample exists; names and addresses in it are invented."]
        if is_sample(params)
        else [
            "The posts are about the lives of real people, who wrote them under pseudonyms for another purpose.",
            "A post id leads to the post and to the pseudonym of its author for as long as the author leaves "
            "it up, and an action hints at what its post tells. Do not try to find out who wrote a post.",
        ]
    )
    return [
        *whose,
        "Topics include health, family, money and work.",
        "No author's name is in any table, and no exact time: the year only.",
        f"Before any judge or generator saw a text, {masked} kinds of personal data, which `release.json` lists, were "
        "masked by program. That misses some."
        if masked
        else "Judges and generators saw the texts as they are: nothing was masked.",
    ]


def biases(params: Params) -> list[str]:
    """What the choice of posts and writers leans towards."""
    if is_sample(params):
        return [
            "Posts and actions were written by one language model, with one idea of each subreddit and each value."
        ]
    return [
        "The actions were written by language models, and carry their style and their view of the values.",
        "The subreddits are not the world: English posts on one platform, whose users lean young and North "
        "American, by people who ask strangers for advice.",
    ]


def limits(params: Params, verdict: Verdict) -> list[str]:
    theory, options = params.values.title, in_words(load(params.assemble.design).options)
    return [
        validation.limit(verdict),
        *biases(params),
        f"A forced choice among {options} actions; what people would really do is often none of them.",
        f"{theory[0].upper()}{theory[1:]} are one theory of values."
        + (" Neighbours on the circle overlap." if params.values.circle else ""),
    ]


def uses() -> list[str]:
    return [
        "Comparing which values respondents (models or people) enact in everyday decisions, and whether they "
        "can recognise or adopt a given value.",
        "Evaluation only: everything is in the split `test`, and training on it spoils it as a measure.",
        "Not for: advising people, ranking people by their values, or finding out who wrote a post.",
    ]


def impact() -> str:
    return (
        "Profiles of values can be misused to tune systems that persuade or to judge people. No option is the "
        "right one: a choice shows a value, not quality."
    )


def served_by(name: str, params: Params) -> str:
    """Who stands behind a name in params.models, for people; no address."""
    model = params.models[name]
    by = PROVIDERS.entry(model.provider).says
    return f"{model.model} ({'written for the sample' if is_sample(params) else by})"


def licence_scope(params: Params) -> str:
    name = licence(params)
    if is_sample(params):
        return f"Everything in this release: {name.name}, <{name.url}>."
    return (
        f"Actions, questions, votes and documentation: {name.name}, <{name.url}>. The posts themselves stay with "
        "their authors and are not part of this release. The terms of the providers of the models that wrote the "
        "actions may limit their use."
    )
