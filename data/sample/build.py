"""Builds the sample dump and its recorded responses from their sources: `make sample`.

The responses are keyed by the content of the requests, so they are built again after every change of a
prompt, of the text rules or of the sample itself. README.md says who wrote the sources.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from pipeline import params as settings
from pipeline import recipe
from pipeline.core.atomic import write_bytes
from pipeline.core.documents import read_yaml
from pipeline.engine import Engine, Request
from pipeline.engine.response import Reply
from pipeline.params import Params
from pipeline.responses.written import Authors as WrittenAnswers
from pipeline.step import Job
from pipeline.tables import Transcripts, write_table
from pipeline.tables.flags import FLAGS
from pipeline.tables.ids import scenario_id
from pipeline.values import load as load_inventory

HERE = Path(__file__).parent
SOURCE = HERE / "source"
WRITTEN = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
VALUES = load_inventory("schwartz10").slugs  # those that the actions in the sources are of
ACTIONS = "The actions:\n"  # begins the list in the prompt of a reader
GIVEN_AWAY = "to somebody who has not seen the post"  # of a request to word an action anew
FIRST_PROMPT = 2  # messages; a repair request has more


class Authors(WrittenAnswers):
    """Their answers are the ones in the sources."""

    def __init__(self, engine: Engine, posts: dict[str, dict], faults: dict[str, Any]) -> None:
        super().__init__(engine, self._said, WRITTEN)
        self.posts = posts
        self.faults = faults
        self.post_of = {scenario_id(post): post for post in posts}

    def _said(self, request: Request) -> Reply:
        by_schema = {"actions": self._actions, "reading": self._labels}
        return by_schema.get(request.schema.name, self._vote)(request)

    def _vote(self, request: Request) -> Reply:
        raw = self.faults["raw_votes"].get(request.subject, {}).get(request.name)
        vote = self.posts[request.subject]["votes"].get(request.name)
        if raw is None and vote is None:
            sys.exit(f"{request.subject}: {request.name} was asked, but its vote is not in the sources")
        said = {"vote": vote, "flags": self._flags(request)}
        return Reply(text=raw or json.dumps(said), finish_reason="stop")

    def _flags(self, request: Request) -> list[str]:
        """Those of the post (``flags``: none where it names none), which every judge raises, and those that one judge
        alone does (``lone_flags`` of faults.yaml)."""
        flags = [
            *self.posts[request.subject].get("flags", []),
            *self.faults.get("lone_flags", {}).get(request.subject, {}).get(request.name, []),
        ]
        if unknown := set(flags) - set(FLAGS):
            sys.exit(
                f"{request.subject}: no such flag: {', '.join(sorted(unknown))}; known are {', '.join(FLAGS)}"
            )
        return flags

    def _actions(self, request: Request) -> Reply:
        post = self.post_of[request.subject]
        written = self.posts[post]["actions"][request.name]
        if "refusal" in written:
            return Reply(refusal=written["refusal"], finish_reason="stop")
        drafts = self.faults["first_drafts"].get(post, {}).get(request.name, {})
        wanted = json.loads(request.schema.body)["properties"]
        if len(request.messages) > FIRST_PROMPT or len(wanted) < len(VALUES):
            drafts = {}
        if "whole" in drafts:
            return Reply(text=drafts["whole"], finish_reason="stop")
        if GIVEN_AWAY in request.messages[-1].content:
            drafts = self.faults["reworded"].get(post, {}).get(request.name, {})
        texts = {value: text_of(draft) for value, draft in (written | drafts).items()}
        actions = {value: texts[value] for value in VALUES if value in wanted}
        return Reply(text=json.dumps(actions, indent=1), finish_reason="stop")

    def _labels(self, request: Request) -> Reply:
        """What a reader sees in each action of its batch: what was intended, unless the sources say otherwise."""
        shown = re.findall(r"^(a\d+)\. (.*)$", request.messages[-1].content.split(ACTIONS)[-1], re.MULTILINE)
        seen = self._seen(self.post_of[request.subject], request.name)
        return Reply(text=json.dumps({name: seen[text] for name, text in shown}), finish_reason="stop")

    def _seen(self, post: str, reader: str) -> dict[str, str]:
        """The label of each action and draft of a post by its text, as one reader gives it."""
        seen = {}
        for writer, written in self.posts[post]["actions"].items():
            drafts = self.faults["first_drafts"].get(post, {}).get(writer, {})
            otherwise = self.faults["readings"].get(post, {}).get(writer, {})
            anew = self.faults["reworded"].get(post, {}).get(writer, {})
            seen |= {
                text: label_of(otherwise.get(value, value), reader, value) for value, text in anew.items()
            }
            for value in VALUES:
                if isinstance(draft := drafts.get(value), dict):
                    seen[draft["text"]] = label_of(draft["read"], reader, value)
                if value in written:
                    seen[written[value]] = label_of(otherwise.get(value, value), reader, value)
        return seen


def text_of(draft: str | dict[str, Any]) -> str:
    return draft["text"] if isinstance(draft, dict) else draft


def label_of(read: str | dict[str, str], reader: str, intended: str) -> str:
    """One label for all readers, or a label by reader; who is not named reads what was intended."""
    return read.get(reader, intended) if isinstance(read, dict) else read


def build() -> None:
    sources = [read_yaml(path) for path in sorted(SOURCE.glob("*.yaml"))]
    posts = {post["id"]: post for source in sources for post in source.get("posts", [])}
    faults = next(source for source in sources if "dump_lines" in source)
    params = settings.load(settings.PROFILES / "sample.yaml")
    write_dump(posts, faults["dump_lines"], Path(params.scrape.sample.dump))
    rows = record(posts, faults, params)
    path = Path(params.responses.transcripts) / "sample.parquet"
    path.unlink(missing_ok=True)
    write_table(Transcripts, pl.DataFrame(rows, schema=Transcripts.create_empty().schema), path)
    print(f"{len(posts)} posts, {len(rows)} recorded responses")


def record(posts: dict[str, dict], faults: dict[str, Any], params: Params) -> list[dict[str, Any]]:
    """Runs the steps up to the actions with the authors in the place of the models."""
    with tempfile.TemporaryDirectory() as folder, Engine(_apart(params, folder), stage="sample") as engine:
        authors = Authors(engine, posts, faults)
        for step in map(recipe.step, ("scrape", "filter", "judge", "generate")):
            for part in step.parts(params):
                step.make(Job(step, params, part, authors, root=Path(folder)))
    return list(authors.rows.values())


def _apart(params: Params, folder: str) -> Params:
    """Without any recorded answer: those that are there are being made anew."""
    responses = {"store": f"{folder}/store.sqlite", "transcripts": f"{folder}/none"}
    return params.model_copy(update={"responses": params.responses.model_copy(update=responses)})


def write_dump(posts: dict[str, dict], extra: dict[str, str], path: Path) -> None:
    """The posts in the order of their dates, as one zstd frame of JSON lines."""
    lines = []
    for post in sorted(posts.values(), key=lambda post: post["created"]):
        lines.append(json.dumps(submission(post), ensure_ascii=False, sort_keys=True))
        if post["id"] in extra:
            lines.append(extra[post["id"]])
    data = ("\n".join(lines) + "\n").encode()
    write_bytes(zstandard.ZstdCompressor(level=19).compress(data), path)


def submission(post: dict[str, Any]) -> dict[str, Any]:
    """A post as a submission object of the dumps; the author's name is invented, one a post."""
    created = int(post["created"].timestamp())
    slug = "".join(c if c.isalnum() else "_" for c in post["title"].lower())[:50]
    link = f"/r/{post['subreddit']}/comments/{post['id']}/{slug}/"
    return {
        "all_awardings": [],
        "archived": False,
        "author": f"sample_writer_{post['id']}",
        "author_flair_text": None,
        "author_fullname": f"t2_{post['id']}",
        "created_utc": created,
        "crosspost_parent": None,
        "distinguished": None,
        "domain": f"self.{post['subreddit']}",
        "edited": False,
        "gilded": 0,
        "hidden": False,
        "id": post["id"],
        "is_original_content": False,
        "is_self": True,
        "is_video": False,
        "link_flair_text": post.get("flair"),
        "locked": False,
        "media": None,
        "num_comments": post["comments"],
        "num_crossposts": 0,
        "over_18": False,
        "permalink": link,
        "pinned": False,
        "quarantine": False,
        "removed_by_category": None,
        "retrieved_on": created + 86_400,
        "score": post["score"],
        "selftext": (post.get("body") or "").rstrip("\n"),
        "send_replies": True,
        "spoiler": False,
        "stickied": False,
        "subreddit": post["subreddit"],
        "subreddit_id": "t5_sample",
        "subreddit_type": "public",
        "thumbnail": "self",
        "title": post["title"],
        "upvote_ratio": 0.9,
        "url": f"https://www.reddit.com{link}",
        **{k: v for k, v in (post.get("set") or {}).items() if k != "crosspost_parent" or v},
    }


if __name__ == "__main__":
    build()
