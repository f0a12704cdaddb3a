"""The card's sections for whoever uses the data: how to load it, an example, versions, tasks, what figures mean,
licences part by part, and whom to write to."""

from __future__ import annotations

from math import sqrt
from string import Template

import polars as pl

from pipeline.designs import load
from pipeline.params import Params
from pipeline.release.configs import DEFAULT, SPLIT
from pipeline.release.markdown import bullets, in_words, markdown_table
from pipeline.step import about
from pipeline.tables.scalars import whole

# One block a library, each complete, so that it can be pasted as it stands. The suite runs them.
LOADING = Template("""\
```python
from datasets import load_dataset

questions = load_dataset("${repository}", revision="${tag}", split="${split}")  # or the path of this folder
options = load_dataset("${repository}", "options", revision="${tag}", split="${split}")
questions[0]["options"][0]["value"]  # each question has ${options} options, of ${options} values
```

```python
import polars as pl

release = "hf://datasets/${repository}@${tag}"  # or the path of this folder
questions = pl.read_parquet(f"{release}/${default}/${split}.parquet")
options = pl.read_parquet(f"{release}/options/${split}.parquet")  # one row an option
```

```python
import pandas as pd

release = "hf://datasets/${repository}@${tag}"  # or the path of this folder
questions = pd.read_parquet(f"{release}/${default}/${split}.parquet")
options = pd.read_parquet(f"{release}/options/${split}.parquet")  # one row an option
```""")

TASKS = Template("""\
`evaluators/` has ready tasks for two harnesses. In *selection* mode the question names a value, and the option that
was written for it is the right answer (chance: ${chance} %). In *default* mode there is no right answer: the result is
a profile, each value's share of the answered questions that offered it.

```sh
inspect eval evaluators/inspect_tasks.py@valact_selection --model openai/MODEL
lm_eval --tasks valact_default --include_path evaluators --apply_chat_template \\
    --model local-chat-completions --model_args model=MODEL,base_url=https://SERVER/v1/chat/completions
```

Both ask the same prompts and read answers alike.${hydrate}""")


def loading(params: Params) -> str:
    """How to load it with datasets, polars and pandas."""
    return LOADING.substitute(
        repository=params.release.repository,
        tag=f"v{params.release.version}",
        split=SPLIT,
        default=DEFAULT,
        options=in_words(load(params.assemble.design).options),
    )


def example(tables: dict[str, pl.DataFrame], params: Params) -> str:
    """The first question, as it is in the data."""
    question = tables["questions"].sort("question_id").row(0, named=True)
    names = {value.slug: value.name for value in params.values.values}
    options = markdown_table(
        ("", "action", "value", "generator"),
        [(o["label"], o["text"], names[o["value"]], f"`{o['generator']}`") for o in question["options"]],
    )
    text = question["text"] or "(The text is withheld.)"
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    target = question["options"][question["target_position"] - 1]
    return (
        f"`{question['question_id']}` ({question['category']}, r/{question['subreddit']}, {question['year']}):\n\n"
        f"{quoted}\n\n{options}\n\nIts target value is {names[question['target_value']]}: option {target['label']}."
    )


def versions(params: Params) -> str:
    """How versions are numbered and told apart."""
    before = (
        "This is the first version."
        if params.release.previous is None
        else "`CHANGELOG.md` says what changed."
    )
    return (
        f"{before} Name the version in what you publish (`v{params.release.version}`, a tag that never moves). A "
        "major version changes configs or columns, a minor one adds or changes rows, a patch takes rows out: posts "
        "that their authors deleted leave with the next patch, and `tombstones.json` counts them."
    )


def tasks(params: Params) -> str:
    """The ready tasks for evaluators."""
    hydrate = (
        " They need the text of the posts: `valact hydrate` (below) writes a folder with text and tasks."
        if params.release.text == "withhold"
        else ""
    )
    return TASKS.substitute(hydrate=hydrate, chance=f"{100 / load(params.assemble.design).options:.3g}")


def reading(tables: dict[str, pl.DataFrame], params: Params) -> str:
    """What figures that are made with the data can and cannot say."""
    offered = whole(tables["options"].group_by("value").len()["len"].min())
    options = load(params.assemble.design).options
    chance = f"{100 / options:.3g} %"
    half_width = 196 * sqrt((1 / options) * (1 - 1 / options) / offered)
    can = [
        f"A value's share says how often its action was chosen where it was one of {in_words(options)}. Each of the "
        f"{len(params.values)} "
        f"values is offered in {offered:,} questions here; {chance} is no preference. At {chance}, one answer to each "
        f"question leaves a 95 % interval of about ±{half_width:.1f} points, and more when answers within a "
        "scenario go together.",
        "Selection accuracy says whether a respondent sees the values in the actions that were meant to be there. "
        "It cannot be higher than the labels are right: see Validation.",
        "Two respondents who answered the same questions are compared question by question (paired), not by "
        "their overall shares alone.",
    ]
    cannot = [
        "Whether an answer is good, and whether a respondent with a higher share of a value is better.",
        "How much anybody holds a value outside these dilemmas, or what people or models would really do.",
        "What the users of a subreddit, a country or a culture value.",
        "Anything about the person who wrote a post.",
    ]
    return f"They can say:\n\n{bullets(can)}\n\nThey cannot say:\n\n{bullets(cannot)}"


def licences(params: Params) -> str:
    """The licence of each part."""
    ours = f"[{about.licence(params).name}]({about.licence(params).url})"
    code = "[Apache 2.0](https://www.apache.org/licenses/LICENSE-2.0)"
    if about.is_sample(params):
        rows = [("posts, votes, actions, questions (all invented)", ours)]
    else:
        rows = [
            ("posts", "not part of the release: they stay with their authors"),
            ("post ids, hashes, categories, votes", ours),
            *(
                (
                    f"actions by `{name}` ({params.models[name].model})",
                    f"{ours}; its provider's terms may limit their use",
                )
                for name in params.generate.generators
            ),
            ("questions, targets, judgements", ours),
        ]
    rows += [("card, code book, definitions of the values", ours), ("code in `evaluators/`", code)]
    return markdown_table(("part", "licence"), rows)


def removal(params: Params) -> str:
    """How a post is taken back."""
    if about.is_sample(params):
        return "Nobody's post is in the sample, so there is nothing to take back."
    to = (
        f" write to {params.release.contact}" if params.release.contact else " open a discussion on this page"
    )
    return (
        f"If you wrote one of the posts, or are told of in one, and want it out:{to} with its link. The post leaves "
        "with the next version, with everything made from it; it need not be yours and you need not say why. Posts "
        "that are deleted on Reddit leave without being asked for."
    )
