"""The schema cache as a process keeps it: loaded once at first use, served until a newer one is there."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.platform.rest.schema import SchemaCache


class CacheHolder:
    def __init__(self, load: Callable[[], Awaitable[SchemaCache]]) -> None:
        self._load = load
        self._cache: SchemaCache | None = None
        self._loading: asyncio.Task[SchemaCache] | None = None
        self._outdated = False

    async def current(self) -> SchemaCache:
        """What is there, although a newer one may be on its way.

        Raises:
            Whatever the first load does; the next call tries again.
        """
        return self._cache if self._cache is not None else await self._shared()

    async def reload(self) -> SchemaCache:
        """A cache that was read after this call. Who asks while one is being read shares the one after that."""
        self._outdated = True
        return await self._shared()

    async def _shared(self) -> SchemaCache:
        if self._loading is None or self._loading.done():
            self._outdated = True
            self._loading = asyncio.create_task(self._read())
        # A request that is given up must not stop the load that others wait for.
        return await asyncio.shield(self._loading)

    async def _read(self) -> SchemaCache:
        while self._outdated:
            self._outdated = False
            self._cache = await self._load()
        if self._cache is None:
            raise AssertionError("a load that neither answered nor raised")
        return self._cache
