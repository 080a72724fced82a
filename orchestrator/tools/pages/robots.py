"""What a site lets robots read (robots.txt, RFC 9309), asked once an hour."""

from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from orchestrator.kernel.errors import ToolFailed
from orchestrator.tools.base import Context
from orchestrator.tools.pages.engines import AGENT
from orchestrator.tools.web import fetch

ROBOT = "AI-Orchestrator"
_AGE = 3600.0  # seconds
_KEPT = 256  # sites
_LIMIT = 512_000  # characters that are read


class Robots:
    def __init__(self) -> None:
        self._known: dict[str, tuple[float, RobotFileParser]] = {}

    async def allows(self, url: str, context: Context) -> bool:
        """A site that has no rules allows; one whose server fails is left alone. Raises as a request does."""
        parts = urlsplit(url)
        site, now = f"{parts.scheme}://{parts.netloc}", context.clock.monotonic()
        known = self._known.get(site)
        if known is None or now - known[0] > _AGE:
            known = (now, await self._asked(site, context))
            if len(self._known) >= _KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[site] = known
        return known[1].can_fetch(ROBOT, url)

    async def _asked(self, site: str, context: Context) -> RobotFileParser:
        answer = await fetch(f"{site}/robots.txt", "GET", {"User-Agent": AGENT}, None, context.allow_loopback)
        if answer.status >= 500:
            raise ToolFailed(f"{site} does not say now what robots may read (HTTP {answer.status}).")
        rules = RobotFileParser()
        rules.parse(answer.body[:_LIMIT].splitlines() if answer.status == 200 else [])
        return rules
