"""What calls cost, and the cap on it.

The cap (``responses.budget_usd``) holds for everything that the response store has recorded as spent: all stages
and runs of a dataset, this process and others beside it, refused, invalid and failed calls included. A call
starts only while what is spent and the most that the calls in the air of all processes may cost stay below the cap:
it is passed by no more than one call.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from pipeline.core.errors import BudgetError
from pipeline.engine.calls import Call
from pipeline.engine.prices import Price, PriceOf, price_of
from pipeline.engine.request import Request
from pipeline.engine.response import Usage
from pipeline.engine.spend import SUMS, Spend, spend_in
from pipeline.engine.store import Store

NOTHING = Decimal(0)
_IN_THE_AIR = "SELECT provider, model, sum(input_tokens), sum(output_tokens) FROM air GROUP BY 1, 2"
_OUT_IN_BATCHES = "SELECT reserved FROM batches WHERE ended_at IS NULL"


class Bill(msgspec.Struct, frozen=True):
    """US dollars for all calls whose price is known, and the models of which it is not."""

    amount: Decimal
    unpriced: frozenset[str]

    def __str__(self) -> str:
        unknown = f"the unknown price of {', '.join(sorted(self.unpriced))}"
        if self.unpriced:
            return f"{dollars(self.amount)} and {unknown}" if self.amount else unknown
        return dollars(self.amount)


class Budget:
    """The cap of a run, None for no cap, and what is spent of it. Amounts are US dollars."""

    def __init__(self, cap: Decimal | None, store: Store, price: PriceOf = price_of) -> None:
        self.cap = cap
        self._price = price
        self._store = store
        self._before = store.spend()
        self._bill = Bill(NOTHING, frozenset()) if cap is None else bill(self._before, self._price)
        self._held = self._in_the_air = NOTHING
        # Why lanes are stopped; one object for all of them.
        self.stop = BudgetError("the budget is spent")

    def check(self, request: Request) -> None:
        """BudgetError for a model without a known price: with a cap, nobody may ask it."""
        if self.cap is not None and self._price(request.provider, request.model) is None:
            raise BudgetError(
                f"the price of {request.model} is not known, so that its calls cannot be kept below "
                f"responses.budget_usd ({dollars(self.cap)})",
                where=f"models.{request.name}",
                remedy=f"set models.{request.name}.price, or responses.budget_usd: null",
            )

    @property
    def is_spent(self) -> bool:
        """Whether no call may start any more, whatever the calls in the air turn out to cost."""
        return self.cap is not None and self._bill.amount + self._held >= self.cap

    def fits(self, amount: Decimal) -> bool:
        """Whether there is something left after this much more."""
        return self.cap is None or self._committed + amount < self.cap

    def expect(self, provider: str, model: str, usage: Usage, *, batch: bool = False) -> Decimal:
        """What a call is expected to cost; nothing where there is no cap to keep."""
        known = None if self.cap is None else self._price(provider, model)
        return _cost(known, usage, batch=batch) if known else NOTHING

    def hold(self, amount: Decimal) -> None:
        """Sets aside what all batches that are out are expected to cost, in the place of what was held before."""
        self._held = amount
        if self.cap is not None:
            self._bill = bill(self._store.spend(), self._price)

    def look(self, connection: sqlite3.Connection) -> None:
        """Reads what is spent and set aside by now, here and by other processes."""
        if self.cap is not None:
            self._bill = bill(spend_in(connection), self._price)
            self._held = sum((Decimal(amount) for (amount,) in connection.execute(_OUT_IN_BATCHES)), NOTHING)
            self._in_the_air = sum(
                (
                    self.expect(row[0], row[1], Usage(row[2], 0, row[3]))
                    for row in connection.execute(_IN_THE_AIR)
                ),
                NOTHING,
            )

    def affordable(self, connection: sqlite3.Connection, calls: Sequence[Call]) -> int:
        """How many of the calls may start: each may as long as there is something left after the most that those
        in the air may cost."""
        if self.cap is None:
            return len(calls)
        self.look(connection)
        for count, call in enumerate(calls):
            if not self.fits(NOTHING):
                return count
            self._in_the_air += self.expect(call.request.provider, call.request.model, call.most)
        return len(calls)

    def spent(self) -> str:
        """What this run has spent, for people; empty where it made no call."""
        now = self._store.spend()
        run = bill(_since(self._before, now), self._price)
        if self.cap is None:
            return str(run) if run.amount or run.unpriced else ""
        return f"{run}, {dollars(bill(now, self._price).amount)} of {dollars(self.cap)} in all"

    def exhausted(self) -> BudgetError:
        """The error for a run that had to leave requests unasked, with what is spent by now."""
        held = f", and {dollars(self._held)} are set aside for batches that are out" if self._held else ""
        return BudgetError(
            f"{self._bill} is spent{held}, of responses.budget_usd {dollars(self.cap or NOTHING)}",
            where="responses.budget_usd",
            remedy="raise it and run again: everything answered so far is recorded and is not paid for again",
        )

    @property
    def _committed(self) -> Decimal:
        return self._bill.amount + self._held + self._in_the_air


def bill(rows: Iterable[Spend], price: PriceOf = price_of) -> Bill:
    """What recorded calls cost. Calls that may have been billed without anybody saying how much count as the most
    they may have used."""
    amount, unpriced = NOTHING, set()
    for row in rows:
        known = price(row.provider, row.model)
        if known is None:
            unpriced.add(row.model)
            continue
        amount += _cost(known, Usage(row.input_tokens, row.cached_tokens, row.output_tokens), batch=row.batch)
        amount += _cost(known, Usage(row.guessed_input, 0, row.guessed_output), batch=row.batch)
    return Bill(amount, frozenset(unpriced))


def _since(before: Iterable[Spend], now: Iterable[Spend]) -> list[Spend]:
    """What was added to the sums."""
    old = {_group(row): row for row in before}
    return [
        msgspec.structs.replace(
            row, **{name: getattr(row, name) - getattr(old[group], name) for name in SUMS}
        )
        if (group := _group(row)) in old
        else row
        for row in now
        if old.get(_group(row)) != row
    ]


def _group(row: Spend) -> tuple[object, ...]:
    return row.stage, row.provider, row.base_url, row.model, row.day, row.batch


def dollars(amount: Decimal) -> str:
    """``1.23 USD``, and ``0.0042 USD`` where cents would hide it."""
    return f"{amount:,.2f} USD" if amount >= 1 or not amount else f"{amount:.4f} USD"


def _cost(known: Price, usage: Usage, *, batch: bool = False) -> Decimal:
    return known.cost(
        usage.input_tokens or 0, usage.cached_tokens or 0, usage.output_tokens or 0, batch=batch
    )
