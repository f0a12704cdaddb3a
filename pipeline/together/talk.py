"""The turns of a discussion: in each round everybody is asked about every question, and hears the round before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import polars as pl

from pipeline import prompts
from pipeline.administer.design import Material, respondent_of
from pipeline.administer.parsing import read_letter
from pipeline.administer.permutation import dealt_position, option_orders
from pipeline.administer.requests import MANY, choice_schema, letters_of
from pipeline.administer.respondents import model
from pipeline.core.errors import ParamsError
from pipeline.engine import Answerer, Message, Request, Response
from pipeline.engine.reading import readable
from pipeline.params import Params
from pipeline.params.evaluation import ENGLISH
from pipeline.tables import Turns, conform
from pipeline.tables.columns import LETTERS

TOGETHER, ALONE = "together", "alone"
# Characters of a reason that others are shown.
HEARD = 600
# What stands above the choices of others, and in the place of a choice that could not be read.
HEARD_FROM = {"en": "What others who read the post chose:", "zh": "其他读过这篇帖子的人的选择："}
UNREAD = {"en": "none that could be read", "zh": "无法读取"}
# By respondent and question: letter and reason of the round before, None without a valid answer.
Said = Mapping[tuple[str, str], tuple[str, str] | None]


class Talk:
    """A discussion of ``respondents`` (models of params) about the questions of ``material``, in the one language in
    which they all are asked."""

    def __init__(self, respondents: Sequence[str], params: Params, material: Material) -> None:
        self.respondents, self._params, self._material = list(respondents), params, material
        self._asked = [self._model(name) for name in self.respondents]
        self._language = self._spoken()
        self._texts = dict(material.scenarios.select("scenario_id", "text").iter_rows())
        options = material.options.join(
            material.actions.select("action_id", "text"), on="action_id", validate="1:1"
        )
        self._options: dict[str, list[str]] = {}
        for question, text in (
            options.sort("question_id", "position").select("question_id", "text").iter_rows()
        ):
            self._options.setdefault(question, []).append(text)
        names = material.questions["question_id"].sort().to_list()
        orders = option_orders(names, [1], params.administer.order, params.seed, material.size)
        self._order = dict(
            orders.unique("question_id", keep="first").select("question_id", "order").iter_rows()
        )
        self._scenario = dict(material.questions.select("question_id", "scenario_id").iter_rows())

    def _model(self, name: str) -> model.Settings:
        settings = respondent_of(self._params, name)
        if not isinstance(settings, model.Settings):
            raise ParamsError("only a model can be talked with", where=f"respondents.{name}")
        return settings

    def _spoken(self) -> str:
        languages = {settings.language or ENGLISH for settings in self._asked}
        if len(languages) > 1:
            raise ParamsError(
                f"they are asked in {' and '.join(sorted(languages))}, and a discussion is held in one language",
                where=", ".join(f"respondents.{name}.language" for name in self.respondents),
            )
        return languages.pop()

    def hold(self, engine: Answerer, rounds: int) -> pl.DataFrame:
        """Table Turns: round 0, which both settings share, and ``rounds`` more of each; raises what ``Engine.answer``
        raises."""
        first, said = self._round(engine, 0, None, TOGETHER)
        rows = first + [row | {"setting": ALONE} for row in first]
        for setting in (TOGETHER, ALONE):
            before: Said = said
            for number in range(1, rounds + 1):
                more, before = self._round(engine, number, before, setting)
                rows += more
        table = pl.DataFrame(
            rows, schema_overrides={"letter": pl.String, "reason": pl.String, "origin": pl.String}
        )
        table = table.with_columns(position=dealt_position(pl.col("order"), pl.col("letter")))
        values = self._material.options.select("question_id", "position", "value")
        return conform(
            Turns,
            table.join(values, on=["question_id", "position"], how="left", validate="m:1"),
            where="turns",
        )

    def ask_first(self, engine: Answerer) -> None:
        """Round 0 alone, for an engine that counts."""
        self._round(engine, 0, None, TOGETHER)

    def _round(
        self, engine: Answerer, number: int, before: Said | None, setting: str
    ) -> tuple[list[dict[str, Any]], Said]:
        places: list[tuple[str, str, Request]] = []
        for name, settings in zip(self.respondents, self._asked, strict=True):
            for question in self._order:
                places.append(
                    (name, question, self._request(engine, name, settings, question, before, setting))
                )
        found = engine.answer(request for *_, request in places)
        rows, said = [], {}
        for name, question, request in places:
            response = found[request.key]
            row = self._row(response, question) | {"setting": setting, "round": number, "respondent": name}
            rows.append(row)
            said[name, question] = None if row["letter"] is None else (row["letter"], row["reason"] or "")
        return rows, said

    def _request(
        self,
        engine: Answerer,
        name: str,
        settings: model.Settings,
        question: str,
        before: Said | None,
        setting: str,
    ) -> Request:
        dealt, order = self._options[question], self._order[question]
        fields = {
            "text": self._texts[self._scenario[question]],
            "options": "\n".join(
                f"{letter}. {dealt[int(p) - 1]}" for letter, p in zip(LETTERS, order, strict=False)
            ),
            "many": MANY[self._language][len(dealt) - 2],
        }
        if before is not None:
            others = [other for other in self.respondents if other != name] if setting == TOGETHER else []
            heard = [self._shown(said) for other in others if (said := before[other, question])]
            fields["own"] = self._shown(before[name, question])
            fields["others"] = "\n".join(["", HEARD_FROM[self._language], *heard, ""]) if heard else ""
        turn = "first" if before is None else "again"
        system, user = prompts.load(f"together/{self._language}-{turn}").fill(**fields)
        schema = choice_schema(letters_of("default", len(dealt)))["schema"]["properties"]["answer"]
        return engine.request(
            model=settings.model,
            messages=[Message("system", system), Message("user", user)],
            schema=_schema(schema),
            temperature=model.temperature_of(settings, self._params.administer.temperature),
            subject=question,
        )

    def _shown(self, said: tuple[str, str] | None) -> str:
        return f"- {UNREAD[self._language]}" if said is None else f"- {said[0]}: {said[1][:HEARD]}"

    def _row(self, response: Response, question: str) -> dict[str, Any]:
        size = len(self._order[question])
        status, letter = read_letter(response, letters_of("default", size), size)
        return {
            "question_id": question,
            "scenario_id": self._scenario[question],
            "order": self._order[question],
            "status": status,
            "letter": letter,
            "reason": _reason(response) if letter else None,
            "request_key": response.key,
            "origin": response.origin,
        }


def _schema(answer: dict[str, Any]) -> dict[str, Any]:
    properties = {"reason": {"type": "string"}, "answer": answer}
    body = {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }
    return {"name": "reason_and_choice", "schema": body}


def _reason(response: Response) -> str | None:
    try:
        found = msgspec.json.decode(readable(response.text))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    reason = found.get("reason") if isinstance(found, dict) else None
    return reason if isinstance(reason, str) else None
