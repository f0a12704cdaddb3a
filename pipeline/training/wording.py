"""A question as a trainer's messages: as respondents are asked it, with a letter to answer; or freely, with an action.

Statements of an instrument are always our own stand-ins here, since nobody's questionnaire may go into training files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl

from pipeline import instruments, prompts
from pipeline.administer.design import Material
from pipeline.administer.permutation import rotation, shown_letter
from pipeline.administer.requests import Prompter
from pipeline.core.errors import ParamsError
from pipeline.core.seeding import seeded_hash
from pipeline.engine import Message
from pipeline.instruments.wording import stand_in
from pipeline.params import Params
from pipeline.tables import Questions

LETTERS, TEXT = "letter", "text"
WORDINGS = 5
LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Shown:
    """How a question is shown: in which wording and order; drawn by its id, so that no letter is right more often."""

    wording: int
    order: str


def shown(question: str, options: int, seed: int) -> Shown:
    return Shown(
        seeded_hash(seed, "training wording", question) % WORDINGS + 1,
        rotation(seeded_hash(seed, "training order", question) % options, options),
    )


class Wording:
    """Messages and answers for rows of ``preference``; ``answer`` is LETTERS or TEXT, ``mode`` one of administer."""

    def __init__(
        self, tables: dict[str, pl.DataFrame], params: Params, answer: str, mode: str, seed: int
    ) -> None:
        self._answer, self._mode, self._seed = answer, mode, seed
        self._texts = dict(tables["scenarios"].select("scenario_id", "text").iter_rows())
        self._actions = dict(tables["actions"].select("action_id", "text").iter_rows())
        self._values = params.values.texts(LANGUAGE)
        self._size = tables["options"].select(pl.len().over("question_id").max()).item()
        wordings = {
            (name, LANGUAGE): stand_in(instruments.load(name), LANGUAGE) for name in params.instruments
        }
        if mode in ("selection", "adoption") and answer == LETTERS and not wordings:
            raise ParamsError(
                f"mode {mode} shows statements of an instrument",
                where="instruments",
                remedy="name one in params",
            )
        # Options of a release have a text of their own, the action's.
        options = tables["options"].drop("text")
        material = Material(Questions.create_empty(), options, tables["scenarios"], tables["actions"])
        self._prompter = Prompter(material, params, wordings)

    def prompt(self, row: dict[str, Any]) -> list[dict[str, str]]:
        """What is asked, as messages with role and content."""
        target = row["target_value"] if self._mode in ("selection", "adoption") else None
        if self._answer == LETTERS:
            how = shown(row["question_id"], self._size, self._seed)
            said = self._prompter.question(
                self._mode, LANGUAGE, how.wording, row["question_id"], row["scenario_id"], how.order, target
            )
        else:
            said = self._freely(row["scenario_id"], target)
        return [{"role": message.role, "content": message.content} for message in said]

    def answer(self, row: dict[str, Any], ending: str = "") -> str:
        """The answer that takes the option of the row; ``ending`` names the columns of the rejected one."""
        if self._answer == TEXT:
            return str(self._actions[row[f"action_id{ending}"]])
        order = shown(row["question_id"], self._size, self._seed).order
        return msgspec.json.encode({"answer": shown_letter(order, row[f"position{ending}"])}).decode()

    def _freely(self, scenario: str, target: str | None) -> list[Message]:
        fields = {}
        if target is not None:
            fields = dict(zip(("value", "definition"), self._values[target], strict=True))
        found = prompts.load("training/act" if target is None else "training/act_as")
        system, user = found.fill(text=self._texts[scenario], **fields)
        return [Message("system", system), Message("user", user)]
