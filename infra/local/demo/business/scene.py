"""The scene for all makers of rows: the shop, randomness, and the present time."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from .shops import Shop

_SEED = "2026-04-01"
_OPENED_DAYS_AGO = 240


class Dice(Random):
    """Randomness that is the same in every run."""

    def happens(self, share: float) -> bool:
        return self.random() < share

    def days(self, most: float) -> timedelta:
        return timedelta(days=self.uniform(0, most))


class Scene(NamedTuple):
    shop: Shop
    dice: Dice
    now: datetime

    @property
    def opened(self) -> datetime:
        """When the shop began to use Nexus."""
        return self.now - timedelta(days=_OPENED_DAYS_AGO)

    def apart(self, name: str) -> "Scene":
        """Return the same scene with its own randomness."""
        return self._replace(dice=Dice(f"{_SEED} {self.shop.key} {name}"))


def set_scene(shop: Shop, now: datetime) -> Scene:
    return Scene(shop, Dice(f"{_SEED} {shop.key}"), now)
