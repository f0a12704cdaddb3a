"""Several servers of one model, and one model at several addresses: its answers stay, and who is down is gone round."""

import asyncio
from collections import Counter

import pytest
from services.chat import ChatServer
from services.runs import ask, chat_model, example_request, run_params

from pipeline.core.errors import ParamsError
from pipeline.engine import Engine
from pipeline.engine.response import Reply, Usage
from pipeline.engine.wire.outcomes import Throttled, TryAgain
from pipeline.engine.wire.servers import BUSIER, Servers

NAME = "http://models.example/v1"


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


def run(folder, model, *questions, **responses):
    """The texts of the answers, and the keys."""
    with Engine(run_params(folder, {"m": model}, **responses), "judge") as engine:
        requests = [ask(engine, question) for question in questions]
        answers = engine.answer(requests)
        return [answers[request.key].text for request in requests], [request.key for request in requests]


def test_a_model_that_moved_keeps_its_answers(tmp_path):
    with ChatServer() as one, ChatServer() as other:
        first = run(tmp_path, chat_model(one.base_url, key_url=NAME), "a", "b")
        moved = run(tmp_path, chat_model(other.base_url, key_url=f"{NAME}/"), "a", "b", "c")
        assert (len(one.bodies), len(other.bodies)) == (2, 1)
    assert moved[1][:2] == first[1]
    # Without a name of its own the address is one, as it always was.
    with ChatServer() as third:
        assert run(tmp_path, chat_model(third.base_url), "a")[1] != first[1][:1]
        assert run(tmp_path, chat_model(NAME), "a", mode="replay") == (first[0][:1], first[1][:1])


def test_many_servers_share_the_work_and_one_that_is_down_costs_no_answer(tmp_path):
    down = ChatServer()
    with down:
        gone = down.base_url
    with (
        ChatServer() as one,
        ChatServer(lambda body, n: (503, {"message": "loading"})) as loading,
        ChatServer() as three,
    ):
        model = chat_model(None, key_url=NAME, servers=[gone, one.base_url, loading.base_url, three.base_url])
        texts, _ = run(tmp_path, model, *(f"q{n}" for n in range(60)))
        assert texts == [f"answer to q{n}" for n in range(60)]
        assert len(one.bodies) + len(three.bodies) == 60
        assert min(len(one.bodies), len(three.bodies)) > 5
        # Its first calls come at once; then it rests.
        assert len(loading.bodies) < 60


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"servers": ["http://a/v1"]}, "servers needs key_url"),
        ({"servers": ["http://a/v1"], "key_url": NAME, "base_url": "http://b/v1"}, "two ways"),
        ({"servers": ["http://a/v1"], "key_url": NAME, "batch_above": 3}, "batch_above"),
        ({"servers": ["a/v1"], "key_url": NAME}, "servers.0"),
        ({"key_url": "http://user:pass@a/v1"}, "must not carry a user"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, given, message):
    with pytest.raises(ParamsError) as caught:
        run(tmp_path, {"provider": "openai", "model": "m", **given}, "q")
    assert message in str(caught.value)
    assert "user:pass" not in str(caught.value)


class Server:
    """Answers, or raises what it is told; counts the calls of each subject."""

    def __init__(self):
        self.error = None
        self.asked = Counter()
        self.gate = None

    async def ask(self, request, attempt):
        self.asked[request.subject] += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return Reply(text="yes")

    async def close(self):
        self.gate = None


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def farm():
    servers = {f"http://{name}/v1": Server() for name in "abc"}
    clock = Clock()
    return list(servers.values()), Servers(servers, clock), clock


def about(subject):
    return example_request(subject=subject)


def calls(servers):
    return [server.asked.total() for server in servers]


def test_what_is_about_one_scenario_goes_to_one_server_and_scenarios_to_all(farm):
    servers, provider, _ = farm

    async def go():
        for scenario in range(60):
            for question in range(5):
                await provider.ask(about(f"s{scenario}.q{question}"), 1)

    asyncio.run(go())
    for scenario in range(60):
        mine = [sum(server.asked[f"s{scenario}.q{n}"] for n in range(5)) for server in servers]
        assert sorted(mine) == [0, 0, 5]
    assert min(calls(servers)) >= 50


def test_a_scenario_with_many_calls_at_once_is_spread(farm):
    servers, provider, _ = farm

    async def go():
        for server in servers:
            server.gate = asyncio.Event()
        tasks = [asyncio.create_task(provider.ask(about("s1.q1"), 1)) for _ in range(30)]
        for _ in range(3):
            await asyncio.sleep(0)
        most = max(calls(servers))
        for server in servers:
            server.gate.set()
        await asyncio.gather(*tasks)
        return most

    assert asyncio.run(go()) <= BUSIER * 31 / 3 + 1
    assert min(calls(servers)) > 0


def test_who_breaks_rests_is_looked_at_by_one_call_and_comes_back(farm):
    servers, provider, clock = farm
    first = servers[0]
    first.error = TryAgain("broken", asked=10)

    async def ask(count):
        return await asyncio.gather(*(provider.ask(about(f"s{n}"), 1) for n in range(count)))

    asyncio.run(ask(30))
    broke = first.asked.total()
    assert sum(calls(servers)) == 30 + broke
    asyncio.run(ask(30))
    assert first.asked.total() == broke, "it rests"
    clock.now += 11

    async def look():
        first.gate = asyncio.Event()
        looking = asyncio.create_task(ask(30))
        for _ in range(5):
            await asyncio.sleep(0)
        first.gate.set()
        await looking

    asyncio.run(look())
    assert first.asked.total() == broke + 1, "one call looks"
    first.error, first.gate = None, None
    clock.now += 11
    asyncio.run(ask(30))
    assert first.asked.total() > broke + 3


def test_where_nobody_takes_a_call_the_last_word_is_passed_on(farm):
    servers, provider, _ = farm
    for server in servers:
        server.error = Throttled("too many", asked=7)
    with pytest.raises(Throttled, match="too many"):
        asyncio.run(provider.ask(about("s"), 1))
    assert calls(servers) == [1, 1, 1]
    with pytest.raises(TryAgain, match="all 3 servers rest") as caught:
        asyncio.run(provider.ask(about("s"), 2))
    assert caught.value.asked == 7
    assert caught.value.usage is None
    assert calls(servers) == [1, 1, 1]


@pytest.mark.parametrize("error", [TimeoutError("slow"), TryAgain("cut off", usage=Usage())])
def test_a_call_that_may_have_been_billed_is_made_by_nobody_else(farm, error):
    servers, provider, _ = farm
    for server in servers:
        server.error = error
    with pytest.raises(type(error)):
        asyncio.run(provider.ask(about("s"), 1))
    assert sum(calls(servers)) == 1
