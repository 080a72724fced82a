"""When something is to happen: once, again and again, or whenever a file changes."""

import datetime
import zoneinfo

from msgspec import Struct

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Timing(Struct, frozen=True):
    """One of: `at`; `every`; `hour` and `minute` (on `days` of the week, or on a `date` of the month); `path`."""

    at: float = 0.0  # once: seconds since the Unix epoch
    every: float = 0.0  # seconds, reckoned from when it was set
    days: tuple[int, ...] = ()  # Monday is 0; empty: every day
    date: int = 0  # of every month; a month that has no such day ends with it
    hour: int = -1
    minute: int = 0
    zone: str = ""  # as in the tz database; empty: the machine's
    path: str = ""  # of a file in the workspace: whenever it changes

    def following(self, after: float, since: float) -> float | None:
        """The first time later than `after` of what was set at `since`; None when there is none to foresee."""
        if self.at:
            return self.at if self.at > after else None
        if self.every:
            return since + self.every * (max(0, int((after - since) // self.every)) + 1)
        if self.hour < 0:
            return None
        zone = zoneinfo.ZoneInfo(self.zone) if self.zone else None
        day = datetime.datetime.fromtimestamp(after, zone).date()
        for _ in range(63):
            moment = datetime.datetime.combine(day, datetime.time(self.hour, self.minute), zone).timestamp()
            if moment > after and self._is_meant(day):
                return moment
            day += datetime.timedelta(days=1)
        return None

    def _is_meant(self, day: datetime.date) -> bool:
        if self.date:
            following = day + datetime.timedelta(days=1)
            return day.day == self.date or (following.day == 1 and day.day < self.date)
        return not self.days or day.weekday() in self.days

    def __str__(self) -> str:
        if self.path:
            return f"whenever {self.path} changes"
        if self.at:
            moment = datetime.datetime.fromtimestamp(self.at, zoneinfo.ZoneInfo(self.zone) if self.zone else None)
            return f"on {moment:%Y-%m-%d at %H:%M}"
        if self.every:
            return f"every {_span(self.every)}"
        time = f"at {self.hour:02}:{self.minute:02}"
        if self.date:
            return f"every month on day {self.date} {time}"
        days = " and ".join(DAYS[day] for day in self.days) or "day"
        return f"every {days} {time}"


def _span(seconds: float) -> str:
    for length, unit in ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % length == 0:
            count = int(seconds // length)
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds:g} seconds"
