"""The reference client's adapter without a process of its own, and with one thing wrong."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable

from client_ref.adapter import Adapter
from client_ref.client import factory

Answer = dict
# What becomes of an answer: nothing, another, several, or octets as they are.
Spoiling = Callable[[dict, Answer], object]


class Process:
    """What `AdapterProcess` is to a connection, around an adapter in this process."""

    def __init__(self, spoil: Spoiling, heard: Callable[[bytes], None]) -> None:
        self._adapter = Adapter(factory)
        self._spoil = spoil
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._ended = ""

    def how_it_ended(self) -> str:
        return self._ended

    def last_lines(self) -> list[str]:
        return ["it fell over"]

    def send(self, octets: bytes) -> None:
        for line in octets.splitlines():
            threading.Thread(target=self._work, args=(json.loads(line),), daemon=True).start()

    def kill(self) -> None:
        self._ended = self._ended or "was killed by SIGKILL"

    async def stop(self, farewell: bytes, patience: float) -> None:
        request = json.loads(farewell) if farewell else {"message": "end of stdin"}
        self._ended = self._ended or self._spoil(request, {}) or "ended with exit code 0"

    def _work(self, request: dict) -> None:
        for name in getattr(self._spoil, "hides", ()):
            request.get("assignment", {}).pop(name, None)
        idle = request["message"] in getattr(self._spoil, "idle_at", ())
        told = self._spoil(request, {} if idle else self._adapter.answer(request))
        if isinstance(told, str):
            self._ended = told
            told = b""
        for each in told if isinstance(told, list) else [told]:
            octets = each if isinstance(each, bytes | None) else json.dumps(each).encode() + b"\n"
            if octets is not None:
                self._loop.call_soon_threadsafe(self._heard, octets)


def at(name: str, spoil: Callable[[Answer], object]) -> Spoiling:
    """Spoil the answers to one kind of request."""
    return lambda request, answer: spoil(answer) if request["message"] == name else answer or None


def with_(**changed) -> Callable[[Answer], Answer]:
    """Change members; `None` takes one away."""
    return lambda answer: {name: value for name, value in {**answer, **changed}.items() if value is not None}


def without_capabilities(*names: str) -> Spoiling:
    return at("start", lambda answer: answer | {"capabilities": [c for c in answer["capabilities"] if c not in names]})


def counted() -> Spoiling:
    """Its answers are numbered by itself, from one."""
    number = iter(range(1, 100))
    return lambda request, answer: answer | {"seq": next(number)} if answer else None


class Idle:
    """It says that a step worked, and does nothing."""

    def __init__(self, *names: str) -> None:
        self.idle_at = names

    def __call__(self, request: dict, answer: Answer) -> object:
        if request["message"] in self.idle_at:
            return {"message": "outcome", "seq": request["seq"], "kind": "signed_in"}
        return answer or None


class Unread:
    """Members of its assignment never reach the client."""

    def __init__(self, *names: str) -> None:
        self.hides = names

    def __call__(self, request: dict, answer: Answer) -> object:
        return answer or None
