"""Declared values: a respondent's means over administrations of an instrument, and the higher-order values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from scipy import stats

from pipeline.analyse.answers import Array
from pipeline.analyse.notes import EVERYTHING, Notebook, finite
from pipeline.instruments import Instrument, load
from pipeline.params.analysis import Analysis
from pipeline.statistics.resampling import Index, generator, resample
from pipeline.tables import DeclaredProfiles, conform
from pipeline.values import Inventory


@dataclass(frozen=True, slots=True)
class Items:
    """Answers in the direction "like me" (administrations x items; nan: none), and the value of each item."""

    answers: Array
    value: Index


@dataclass(frozen=True)
class Declared:
    """One respondent's administrations of one instrument that count.

    ``means`` and ``centred`` (administrations x values of ``inventory``; for an instrument that is not centred the two
    are one); ``facets`` (administration, shuffle, wording: one unit an administration each). ``weights`` (draws x
    administrations) draws with replacement one administration fewer than there are, which gives the mean of a few the
    variance that it has (J. N. K. Rao and C. F. J. Wu, JASA 83, 1988); it is None where there is only one.
    """

    respondent: str
    instrument: Instrument
    inventory: Inventory
    means: Array
    centred: Array
    facets: dict[str, list[str]]
    weights: Array | None
    # None where only scores came.
    items: Items | None
    # Only centred scores are known: ``means`` are these, whose correlations are the same.
    only_centred: bool = False

    @cached_property
    def mean(self) -> Array:
        return np.asarray(self.means.mean(axis=0))

    def drawn(self, per_administration: Array) -> Array | None:
        """Means over the administrations of each draw (draws x k)."""
        return None if self.weights is None else self.weights @ per_administration

    def on(self, inventory: Inventory) -> Declared | None:
        """The same in the values of an inventory: itself where it is the instrument's, means of the values within each
        where it is the coarser one; None where the two do not compare."""
        if inventory.name == self.inventory.name:
            return self
        members = self.inventory.members(inventory)
        if members is None or not all(members.values()):
            return None
        weights = np.zeros((len(self.inventory), len(inventory)))
        for column, fine in enumerate(members.values()):
            weights[[self.inventory.index[slug] for slug in fine], column] = 1 / len(fine)
        items = self.items and Items(self.items.answers, weights.argmax(axis=1)[self.items.value])
        means, centred = self.means @ weights, self.centred @ weights
        return replace(self, inventory=inventory, means=means, centred=centred, items=items)


# By instrument and respondent.
Declarations = dict[str, dict[str, Declared]]


def comparable(declared: Declarations, inventory: Inventory, table: str, notes: Notebook) -> Declarations:
    """What is declared in the values of the questions; a note on each instrument that asks for others."""
    found = {}
    for name, of in declared.items():
        found[name] = {who: one for who, every in of.items() if (one := every.on(inventory)) is not None}
        if of and not found[name]:
            asked = load(name)
            notes.add(
                table,
                EVERYTHING,
                f"other_values_{name}",
                f"The {asked.title} asks for {asked.inventory.title}, which do not compare with {inventory.title} of "
                "the questions.",
            )
    return found


def administrations(
    scores: pl.DataFrame, answers: pl.DataFrame, settings: Analysis, seed: int, notes: Notebook
) -> Declarations:
    """The administrations of every respondent who has one that counts, from tables InstrumentScores and
    InstrumentAnswers, by instrument.

    Left out, with a note: administrations that the instrument's rules exclude or in which a value has no answer.
    """
    return {
        str(name): _of_one(part, answers.filter(instrument=name), load(str(name)), settings, seed, notes)
        for (name,), part in sorted(scores.partition_by("instrument", as_dict=True).items())
    }


def _of_one(
    scores: pl.DataFrame,
    answers: pl.DataFrame,
    instrument: Instrument,
    settings: Analysis,
    seed: int,
    notes: Notebook,
) -> dict[str, Declared]:
    slugs = instrument.inventory.slugs
    design = answers.group_by("respondent", "administration").agg(
        pl.col("language", "wording", "shuffle").first()
    )
    wide = (
        scores.pivot(
            on="value", index=["respondent", "administration"], values=["mean", "centred"], on_columns=slugs
        )
        .join(design, on=["respondent", "administration"], how="left", validate="1:1")
        .sort("respondent", "administration")
    )
    means, centred = ([f"{which}_{slug}" for slug in slugs] for which in ("mean", "centred"))
    complete = pl.all_horizontal(pl.col(means).is_not_null())
    all_centred = pl.all_horizontal(pl.col(centred).is_not_null())
    found = {}
    for (who,), all_of in wide.partition_by("respondent", as_dict=True, maintain_order=True).items():
        respondent = str(who)
        # Scores that came without answers may be centred only.
        only_centred = instrument.centred and not all_of.select(complete.any()).item()
        rows = all_of.filter(all_centred if only_centred else complete)
        if left_out := all_of.height - rows.height:
            notes.add(
                "declared",
                respondent,
                f"administrations_left_out_{instrument.name}",
                f"{left_out} of {all_of.height} {instrument.title} administrations of {respondent} do not count: the "
                "instrument's rules exclude them, or no item of a value was answered.",
            )
        if rows.is_empty():
            continue
        rng = generator(seed, f"administrations of {respondent}")
        found[respondent] = Declared(
            respondent,
            instrument,
            instrument.inventory,
            rows.select(centred if only_centred else means).to_numpy(),
            rows.select(centred if instrument.centred else means).to_numpy(),
            {
                "administrations": [str(n) for n in rows["administration"]],
                "shuffles": [str(n) for n in rows["shuffle"]],
                "wordings": [
                    f"{language} {n}" for language, n in rows.select("language", "wording").iter_rows()
                ],
            },
            _weights(rows.height, settings.draws, rng) if rows.height > 1 else None,
            _items(answers.filter(respondent=respondent), rows, instrument),
            only_centred,
        )
    return found


def _items(answers: pl.DataFrame, counted: pl.DataFrame, instrument: Instrument) -> Items | None:
    """The answers behind the administrations that count; None where an item has none at all."""
    if answers["item"].n_unique() < len(instrument.items):
        return None
    wide = counted.select("administration").join(
        answers.pivot(on="item", index="administration", values="answer", on_columns=list(instrument.items)),
        on="administration",
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    found = wide.drop("administration").cast(pl.Float64).to_numpy()
    if instrument.reversed:
        found = instrument.low + instrument.high - found
    place = instrument.inventory.index
    return Items(found, np.array([place[instrument.value_of[n]] for n in instrument.items]))


def _weights(administrations: int, draws: int, rng: np.random.Generator) -> Array:
    return np.asarray(resample(administrations, draws, rng, administrations - 1) / (administrations - 1))


def declared_profiles(declared: Declarations, settings: Analysis, notes: Notebook) -> pl.DataFrame:
    """Table DeclaredProfiles. A respondent with one administration has no interval."""
    rows = [row for of in declared.values() for one in of.values() for row in _rows(one, settings)]
    for name, of in declared.items():
        if alone := sum(one.weights is None for one in of.values()):
            notes.add(
                "declared",
                EVERYTHING,
                f"one_administration_{name}",
                f"{alone} respondents took the {load(name).title} once, so that there are no intervals for what they "
                "declare.",
            )
    if not any(declared.values()):
        notes.add(
            "declared",
            EVERYTHING,
            "no_instrument",
            "Nobody has an administration of an instrument that counts, so that nothing is known of declared values.",
        )
    return conform(DeclaredProfiles, rows, where="declared profiles")


def _rows(one: Declared, settings: Analysis) -> Iterator[dict[str, object]]:
    inventory = one.inventory
    turn = np.column_stack([np.eye(len(inventory)), higher_order(inventory)])
    low, high = _interval(one, one.means @ turn, settings)
    centred_low, centred_high = _interval(one, one.centred @ turn, settings)
    means, centred = (one.means @ turn).mean(axis=0), (one.centred @ turn).mean(axis=0)
    is_centred = one.instrument.centred
    for n, value in enumerate((*inventory.slugs, *inventory.higher_order)):
        yield {
            "respondent": one.respondent,
            "instrument": one.instrument.name,
            "value": value,
            "level": "basic" if n < len(inventory) else "higher_order",
            "administrations": len(one.means),
            "mean": None if one.only_centred else means[n],
            "low": None if one.only_centred else finite(low[n]),
            "high": None if one.only_centred else finite(high[n]),
            "centred": centred[n] if is_centred else None,
            "centred_low": finite(centred_low[n]) if is_centred else None,
            "centred_high": finite(centred_high[n]) if is_centred else None,
        }


def higher_order(inventory: Inventory) -> Array:
    """Weights (values x groups) that turn values into the higher-order ones: the mean of their values.

    A value on a border counts where the inventory says so: in two groups, in one (Hedonism of the ten, in openness to
    change), or in none.
    """
    member = np.array(
        [[group in value.higher_order for group in inventory.higher_order] for value in inventory.values],
        dtype=float,
    )
    return np.asarray(member / member.sum(axis=0))


def _interval(one: Declared, per_administration: Array, settings: Analysis) -> tuple[Array, Array]:
    """Percentiles as far out as Student's t asks for so many administrations."""
    drawn = one.drawn(per_administration)
    if drawn is None:
        nothing = np.full(per_administration.shape[1], np.nan)
        return nothing, nothing
    t = stats.t.ppf((1 - settings.confidence) / 2, len(per_administration) - 1)
    tail = stats.norm.cdf(t)
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return low, high
