"""Levers that no real tenant has: the clock, the truth and the labels."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.mail.instant import moment_of, parse_instant
from simulator.reply import json_reply
from simulator.world.tenant import SimulatedTenant


class ClockOrder(msgspec.Struct, frozen=True):
    """Either an instant or a step."""

    now: str | None = None
    advance_seconds: float | None = None


class ControlRoutes:
    """Answers below `/control`, without a token."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Routes relative to the prefix."""
        return [
            Route("/clock", self.read_clock),
            Route("/clock", self.set_clock, methods=["POST"]),
            Route("/truth", self.truth),
            Route("/labels", self.labels),
            Route("/invoice", self.invoice),
            Route("/readiness", self.readiness),
        ]

    async def read_clock(self, _: Request) -> Response:
        """`{"now": ...}`."""
        return json_reply({"now": self._tenant.now})

    async def set_clock(self, request: Request) -> Response:
        """Moves the clock forward; 400 for a step back or an unreadable order."""
        try:
            order = msgspec.json.decode(await request.body(), type=ClockOrder)
            if order.now is not None:
                self._tenant.move_to(moment_of(parse_instant(order.now)))
            if order.advance_seconds is not None:
                self._tenant.advance(timedelta(seconds=order.advance_seconds))
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            return json_reply({"error": str(error)}, 400)
        return json_reply({"now": self._tenant.now})

    def truth(self, _: Request) -> Response:
        """Counts per account and day at the clock."""
        return json_reply(self._tenant.truth())

    def labels(self, _: Request) -> Response:
        """Injected incidents that have begun."""
        return json_reply(self._tenant.labels())

    def invoice(self, _: Request) -> Response:
        """What was drawn for the subscription and charged per day."""
        return json_reply(self._tenant.azure.truth())

    def readiness(self, _: Request) -> Response:
        """What a checklist must find per account."""
        return json_reply(self._tenant.readiness.truth())
