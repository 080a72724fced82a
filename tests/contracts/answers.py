"""What every store of answers must do, wherever it keeps them."""

import pytest

from orchestrator.kernel.clock import ManualClock
from orchestrator.llm.cache.base import Kept, Store

ODD = ["t", "t:1", "t*", "", "é\n", "T"]


class StoreContract:
    """Inherit, and give fixtures `store` and `clock`, by which its time goes."""

    async def test_what_was_kept_is_found(self, store: Store, clock: ManualClock) -> None:
        assert await store.get("t", "k") is None
        await store.put("t", "k", Kept(b"\x00one", clock.now() + 10))
        assert await store.get("t", "k") == Kept(b"\x00one", clock.now() + 10)
        await store.put("t", "k", Kept(b"two", clock.now() + 20))
        assert await store.get("t", "k") == Kept(b"two", clock.now() + 20)
        await store.remove("t", "k")
        await store.remove("t", "k")
        assert await store.get("t", "k") is None

    async def test_nothing_is_found_after_its_time(self, store: Store, clock: ManualClock) -> None:
        await store.put("t", "k", Kept(b"x", clock.now() + 10), scope="s", question="q")
        clock.advance(9.9)
        assert await store.get("t", "k") is not None
        clock.advance(0.2)
        assert await store.get("t", "k") is None
        assert await store.questions("t", "s", 10) == []

    async def test_tenants_are_strangers(self, store: Store, clock: ManualClock) -> None:
        for tenant in ODD:
            await store.put(tenant, "k", Kept(tenant.encode(), clock.now() + 10), scope="s", question=tenant)
        for tenant in ODD:
            assert await store.get(tenant, "k") == Kept(tenant.encode(), clock.now() + 10)
            assert [found.text for found in await store.questions(tenant, "s", 10)] == [tenant]
            assert (await store.stock(tenant)).entries == 1
        assert await store.clear("t") == 1
        assert await store.clear("t") == 0
        assert await store.get("t", "k") is None
        assert await store.questions("t", "s", 10) == []
        for tenant in ODD[1:]:
            assert await store.get(tenant, "k") is not None

    async def test_questions_are_found_by_their_scope(self, store: Store, clock: ManualClock) -> None:
        for number in range(5):
            await store.put("t", f"k{number}", Kept(b"x", clock.now() + 10 + number), scope="s", question=f"q{number}")
        await store.put("t", "other", Kept(b"x", clock.now() + 10), scope="z", question="qz")
        await store.put("t", "none", Kept(b"x", clock.now() + 10))
        found = await store.questions("t", "s", 3)
        assert [question.text for question in found] == ["q4", "q3", "q2"]
        assert found[0].key == "k4"
        assert await store.questions("t", "", 3) == []
        await store.put("t", "k4", Kept(b"y", clock.now() + 20))
        assert (await store.get("t", "k4")) == Kept(b"y", clock.now() + 20)

    async def test_it_says_what_it_holds(self, store: Store, clock: ManualClock) -> None:
        assert (await store.stock("t")).entries == 0
        await store.put("t", "a", Kept(b"x" * 100, clock.now() + 10))
        await store.put("t", "b", Kept(b"x" * 50, clock.now() + 10))
        await store.put("u", "c", Kept(b"x" * 50, clock.now() + 10))
        stock = await store.stock("t")
        assert stock.entries == 2
        assert stock.size >= 150

    @pytest.mark.parametrize("size", [0, 1, 200_000])
    async def test_any_bytes_are_kept(self, store: Store, clock: ManualClock, size: int) -> None:
        data = bytes(range(256)) * (size // 256) + b"\xff" * (size % 256)
        await store.put("t", "k", Kept(data, clock.now() + 10))
        found = await store.get("t", "k")
        assert found is not None
        assert found.data == data
