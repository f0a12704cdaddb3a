"""The card's sections for whoever uses the data: how to load it, an example, versions, tasks, what figures mean,
licences for each part, and whom to write to."""

from __future__ import annotations

from math import sqrt
from string import Template

import polars as pl

from pipeline.designs import load
from pipeline.params import Params
from pipeline.release.configs import DEFAULT, SPLIT
from pipeline.release.markdown import bullets, count, in_words, markdown_table, withheld
from pipeline.step import about
from pipeline.tables.scalars import whole

# The suite runs each block.
LOADING = Template("""\
```python
from datasets import load_dataset
questions = load_dataset("${repository}", revision="${tag}", split="${split}")
```

```python
import polars as pl  # pandas reads the same address
options = pl.read_parquet("hf://datasets/${repository}@${tag}/options/${split}.parquet")
```""")

TASKS = Template("""\
`evaluators/` has tasks for two harnesses. In *selection* mode the question names a value, and the option that was
written for it is right (by chance ${chance} %). In *default* mode no option is right: the result is a profile of
values.${hydrate}

```sh
inspect eval evaluators/inspect_tasks.py@valact_selection --model openai/MODEL
lm_eval --tasks valact --include_path evaluators --apply_chat_template \\
    --model local-chat-completions --model_args model=MODEL,base_url=https://SERVER/v1/chat/completions
```

Both ask the same prompts and read answers alike. [`evaluators/README.md`](evaluators/README.md) has a variant for base
models, and says how your results come to stand here.${hub}""")

HUB = Template("""

Without any file of this repository, on the ${rows} of config `benchmark`:

```sh
inspect eval hf/${repository}@${tag} --model openai/MODEL --temperature 0
```""")

# Not of any release: what a question looks like where the texts of real posts are withheld.
INVENTED = """\
> My sister asked me to be a witness at her wedding on the day of an examination that I have already moved once. If I
> miss it I lose the year. She says that she would understand, but she went quiet on the phone. What would you do?"""


def loading(params: Params) -> str:
    """How to load it with datasets and polars."""
    return LOADING.substitute(
        repository=params.release.repository, tag=f"v{params.release.version}", split=SPLIT
    )


def holdings(params: Params) -> str:
    """What a row of the default config holds, and how the others are joined to it."""
    options = in_words(load(params.assemble.design).options)
    text = (
        "the scenario (`text`)"
        if params.release.text == "include"
        else "the " + withheld("holds", "place of the scenario (`text`, empty here)")
    )
    return (
        f"A row of `{DEFAULT}` has {text} and {options} `options` with their values. The other configs are joined by "
        "`question_id`, `scenario_id`, `action_id` or `post_id`. `sha256sum -c SHA256SUMS` checks the files, and "
        "`valact release verify` what is in them."
    )


def example(tables: dict[str, pl.DataFrame], params: Params) -> str:
    """A question of the shortest scenario, as it is in the data."""
    shortest = tables["scenarios"].sort("words", "scenario_id")["scenario_id"][0]
    question = (
        tables["questions"].filter(pl.col("scenario_id") == shortest).sort("question_id").row(0, named=True)
    )
    names = {value.slug: value.name for value in params.values.values}
    options = markdown_table(
        ("", "action", "written for"),
        [(o["label"], o["text"], names[o["value"]]) for o in question["options"]],
    )
    target = question["options"][question["target_position"] - 1]
    asked = f"In selection mode this question asks for {names[question['target_value']]}: option {target['label']}."
    where = (
        f"`{question['question_id']}` ({question['category']}, r/{question['subreddit']}, {question['year']})"
    )
    if question["text"] is None:
        return (
            "A scenario reads like this one, which is invented and no part of the data:\n\n"
            f"{INVENTED}\n\nThese are the options of {where}{withheld('example', ', whose text is withheld')}:\n\n"
            f"{options}\n\n{asked}"
        )
    quoted = "\n".join(f"> {line}".rstrip() for line in question["text"].splitlines())
    return f"{where}:\n\n{quoted}\n\n{options}\n\n{asked}"


def versions(params: Params) -> str:
    """How versions are numbered and told apart."""
    before = (
        "This is the first version."
        if params.release.previous is None
        else "`CHANGELOG.md` says what changed."
    )
    return (
        f"{before} Name the version in what you publish: `v{params.release.version}` is a tag whose files never "
        "change. Take the newest: posts that were taken back leave with the next version (`tombstones.json` counts "
        "them), and stay in earlier tags until the makers delete these."
    )


def tasks(params: Params, benchmark: pl.DataFrame) -> str:
    """The ready tasks for evaluators; ``benchmark`` is the config of that name."""
    hub = HUB.substitute(
        rows=count(benchmark.height, "question"),
        repository=params.release.repository,
        tag=f"v{params.release.version}",
    )
    hydrate = (
        f" Both {withheld('run', 'need the texts: run them in the folder that `valact hydrate` writes')}. Scenarios "
        "without a text are left out, counted, and said in the result. The tasks on config `authored` "
        "(`valact_authored_selection`; inspect: `-T config=authored`) ask about invented scenarios, and need no "
        "hydration."
        if params.release.text == "withhold"
        else ""
    )
    return TASKS.substitute(
        hydrate=hydrate,
        hub=hub if benchmark.height else "",
        chance=f"{100 / load(params.assemble.design).options:.3g}",
    )


def reading(tables: dict[str, pl.DataFrame], params: Params) -> str:
    """What figures that are made with the data say, and what they do not."""
    offered = whole(tables["options"].group_by("value").len()["len"].min())
    options = load(params.assemble.design).options
    chance = f"{100 / options:.3g} %"
    half_width = 196 * sqrt((1 / options) * (1 - 1 / options) / offered)
    say = [
        f"A share says how often the value's action was chosen where it was one of {in_words(options)}: {chance} is no "
        f"preference. Each of the {len(params.values)} values is offered in {offered:,} questions; one answer to each "
        f"then leaves a 95 % interval of about ±{half_width:.1f} points, more where answers within a scenario go "
        "together.",
        "Selection accuracy says whether a respondent sees the values that the actions were written for. It cannot be "
        "higher than the labels are right: see Validation.",
        "Compare two respondents question by question: `valact compare` takes your logs and those of config `answers`.",
        "No figure says whether an answer is good, how much anybody holds a value outside these dilemmas, what people "
        "or models would really do, or anything about the person who wrote a post.",
    ]
    return bullets(say)


def licences(params: Params) -> str:
    """The licence of each part."""
    ours = f"[{about.licence(params).name}]({about.licence(params).url})"
    code = "[Apache 2.0](https://www.apache.org/licenses/LICENSE-2.0)"
    if about.is_sample(params):
        rows = [("posts, votes, actions, questions, results (all invented)", ours)]
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
            ("questions, targets, judgements, results", ours),
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
        "with the next version, and so does everything made from it. It need not be yours, and you need not say why."
    )
