"""Having the actions of scenarios written: drafts, repairs, and a request of its own for what no repair brings.

After arXiv 2601.07972, a generator is asked for all values in one call. What fails a check is told to it in a further
request of the same conversation (``generate.max_repairs`` of them), which asks for the failed actions only; what holds
stays. An action that still fails is asked for alone, in a conversation of its own (``generate.last_resort``). Only then
is the scenario lost. Actions that raters rejected are asked for once more (``repairs``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pipeline.engine import Answerer, Request, Response
from pipeline.generate.checks import check_action
from pipeline.generate.personal import find
from pipeline.generate.work import REPAIR_TURN, Case, Row, Work, ask_again, next_request, request_alone
from pipeline.params.build import Generate
from pipeline.repairs.asked import REASON, Repair, text_hash
from pipeline.tables import ACTION_CHECKS
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about a work of a case, for the values ``wanted``."""

    case: Case
    work: Work
    wanted: tuple[str, ...]
    request: Request


@dataclass(slots=True)
class Writer:
    """Asks all generators for the actions of scenarios, some scenarios at a time; ``drafts`` has every answer."""

    engine: Answerer
    settings: Generate
    values: Inventory
    repairs: Sequence[Repair] = ()
    drafts: list[Row] = field(default_factory=list)

    def write(self, cases: Sequence[Case]) -> None:
        """Brings each case to its end: complete, lost, or without an answer."""
        for turn in range(self.settings.max_repairs + 1):
            self._converse(cases, last=turn == self.settings.max_repairs)
        if self.settings.last_resort:
            self._ask_alone([case for case in cases if case.open])
        for case in cases:
            for work in case.works:
                work.spent = work.spent or case.open

    def _converse(self, cases: Sequence[Case], *, last: bool) -> None:
        """One request of each conversation that is not at its end."""
        asked = [
            Asked(case, work, work.wanted, next_request(self.engine, work, self.settings))
            for case in cases
            if not case.lost and not case.unanswered
            for work in case.works
            if work.wanted and not work.closed
        ]
        for one, response, personal in self._answers(asked):
            work = one.work
            work.attempts += 1
            failures = self._take(one, response, personal)
            if response.status in ("ok", "invalid"):
                work.last = response
                if failures and not last:
                    ask_again(work, failures, self.settings)
            else:
                work.closed, work.spent = True, not work.kept
                work.messages = work.messages[: -len(REPAIR_TURN)] if work.kept else work.messages

    def _ask_alone(self, cases: Sequence[Case]) -> None:
        """The last resort: each action that is still wanted, in a request of its own."""
        works = [(case, work) for case in cases for work in case.works if work.wanted]
        asked = [
            Asked(case, work, (value,), request_alone(self.engine, work, value, self.settings, self.values))
            for case, work in works
            for value in work.wanted
        ]
        for _, work in works:
            work.attempts += 1
        for one, response, personal in self._answers(asked):
            self._take(one, response, personal)

    def _answers(self, asked: Sequence[Asked]) -> Iterator[tuple[Asked, Response, Mapping[str, str]]]:
        """The answers in the order of the requests, and what personal data their texts hold."""
        answers = self.engine.answer([one.request for one in asked]) if asked else {}
        personal = find(text for answer in answers.values() for text in _texts(answer).values())
        for one in asked:
            yield one, answers[one.request.key], personal

    def _take(self, one: Asked, response: Response, personal: Mapping[str, str]) -> list[Row]:
        """Keeps what passes of an answer, and returns what failed."""
        case, work = one.case, one.work
        mark = work.mark(one.request.key)
        failures: list[Row] = []
        if response.status != "ok":
            case.unanswered = case.unanswered or response.status == "failed"
            value = one.wanted[0] if len(one.wanted) == 1 else ""
            detail = response.error or f"finish reason {response.finish_reason}"
            failures.append(mark | {"value": value, "reason": response.status, "detail": detail})
        else:
            texts = _texts(response)
            for value in one.wanted:
                row, failed = self._check(case, work, value, texts[value], personal.get(texts[value]))
                row |= mark | {"origin": response.origin}
                self.drafts.append(row)
                failures += [mark | {"value": value} | failure for failure in failed]
                if not failed:
                    work.keep(value, row)
        work.failures += [failure | {"final": False} for failure in failures]
        return failures

    def _check(
        self, case: Case, work: Work, value: str, text: str, personal: str | None
    ) -> tuple[Row, list[Row]]:
        against = case.others(value)
        if value in work.rejected:
            against.append((f"{value} that readers rejected", work.rejected[value]))
        report = check_action(
            self.values.by_slug[value], text, work.text, self.settings.checks, against, personal
        )
        row: Row = {
            "value": value,
            "text": text,
            "words": report.words,
            "sentences": report.sentences,
            **{check: check not in report.problems for check in ACTION_CHECKS},
        }
        return row, [
            {"reason": check, "detail": report.problems[check]}
            for check in ACTION_CHECKS
            if check in report.problems
        ]

    def replace_rejected(self, cases: Iterable[Case]) -> None:
        """Asks anew for the texts that repairs name, one batch of repairs after the other.

        A request for a later batch continues the conversation of the earlier ones, which are thus asked as they were
        then: their answers are recorded. Where no usable text comes of it the rejected one stays, and the ledger tells.
        """
        by_batch = sorted(self.repairs, key=lambda repair: repair.batch)
        for _, batch in groupby(by_batch, key=lambda repair: repair.batch):
            wanted = {(repair.action_id, repair.text_sha256): repair for repair in batch}
            works = [(case, work) for case in cases if case.complete for work in case.works]
            named = [(case, work, found) for case, work in works if (found := _named(work, wanted))]
            reasons = {
                id(work): {value: (REASON, repair.problem(self.values)) for value, repair in found.items()}
                for _, work, found in named
            }
            turns = self.settings.max_repairs + 1
            self.replace([(case, work) for case, work, _ in named], reasons, turns)

    def replace(
        self,
        works: Sequence[tuple[Case, Work]],
        reasons: Mapping[int, Mapping[str, tuple[str, str]]],
        turns: int,
    ) -> None:
        """Has texts of complete cases written anew, in so many requests: reason and detail by value, by the id of the
        work. A text stays until another one passes the checks.
        """
        cases = list({id(case): case for case, _ in works}.values())
        for _, work in works:
            self._send_back(work, reasons[id(work)])
        for turn in range(1, turns + 1):
            self._converse(cases, last=turn == turns)
        for _, work in works:
            work.wanted, work.closed, work.spent, work.rejected = (), False, False, {}

    def _send_back(self, work: Work, reasons: Mapping[str, tuple[str, str]]) -> None:
        failures = [
            _of(work.kept[value]) | {"value": value, "reason": reason, "detail": detail}
            for value, (reason, detail) in reasons.items()
        ]
        work.failures += [failure | {"final": False} for failure in failures]
        work.wanted = tuple(reasons)
        work.rejected = {value: work.text_of(value) for value in reasons}
        ask_again(work, failures, self.settings)


def _texts(response: Response) -> dict[str, str]:
    """The actions of a response by value; none where it is no answer."""
    if response.status != "ok":
        return {}
    return {value: str(text).strip() for value, text in response.json().items()}


def _named(work: Work, wanted: Mapping[tuple[str, str], Repair]) -> dict[str, Repair]:
    """The repairs that are about texts that this work holds, by value."""
    keys = {v: (f"{work.scenario_id}.{v}.{work.generator}", text_hash(work.text_of(v))) for v in work.kept}
    return {value: wanted[key] for value, key in keys.items() if key in wanted}


def _of(row: Row) -> Row:
    return {name: row[name] for name in ("scenario_id", "generator", "attempt", "request_key")}
