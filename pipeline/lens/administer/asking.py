"""Asking a model: every row of its design comes back with a status."""

from __future__ import annotations

from pipeline.administer.parsing import raw_of, read_letter, read_scale
from pipeline.engine import Answerer, Response
from pipeline.lens.administer.answers import Chosen, Rated
from pipeline.lens.administer.design import Design
from pipeline.lens.administer.requests import OPTIONS, SCALE, Material, Requests, letters
from pipeline.lens.params import Params


class Read:
    """Answers as they come, in the places of their rows; ``served`` are the ids of models that answered."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.ratings: list[Rated] = [()] * design.ratings.height
        self.choices: list[Chosen] = [("failed", None, None, None, None)] * design.choices.height
        self.served: set[str] = set()
        self._values = design.ratings["values"]
        self._abstain = design.choices["abstain"].to_list()

    def take(self, kind: str, index: int, response: Response) -> None:
        if response.served_model:
            self.served.add(response.served_model)
        if kind == "choices":
            offered = letters(abstain=self._abstain[index])
            status, letter = read_letter(response, offered, OPTIONS)
            self.choices[index] = (status, letter, raw_of(response), response.key, response.origin)
        else:
            fields = self._values[index].to_list()
            self.ratings[index] = [
                (*answer, response.key, response.origin) for answer in read_scale(response, fields, SCALE)
            ]


def ask(
    engine: Answerer, params: Params, design: Design, material: Material, *, model: str, temperature: float
) -> Read:
    """Asks a model of params; raises what ``Engine.stream`` raises."""
    requests = Requests(engine, params, design, material, model=model, temperature=temperature)
    read, failed = Read(design), dict[str, str]()
    for request, response in engine.stream(requests):
        if response.status == "failed":
            failed[request.key] = str(response.error)
        read.take(*requests.places[request.key], response)
    engine.check_failed(failed)
    return read
