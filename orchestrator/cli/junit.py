"""What came of evaluations as JUnit XML, which build servers read."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from orchestrator.kernel.messages import Json

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def report(trials: list[Json], names: dict[str, str]) -> bytes:
    """A suite a trial, a case an evaluation; a check that did not pass is a failure, a case not tried an error."""
    root = Element("testsuites", name="evaluations")
    for trial in trials:
        results = trial["results"]
        errors = sum(bool(one["problem"]) for one in results)
        suite = SubElement(
            root,
            "testsuite",
            name=_text(trial["model"] or "recorded models"),
            tests=str(len(results)),
            failures=str(trial["failed"] - errors),
            errors=str(errors),
            time=f"{trial['seconds']:.3f}",
            timestamp=trial["at"][:19],
        )
        for one in results:
            _case(suite, one, _text(names.get(one["evaluation_id"], one["evaluation_id"])))
    text: bytes = tostring(root, "utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: Element, one: Json, name: str) -> None:
    case = SubElement(suite, "testcase", classname=one["evaluation_id"], name=name, time=f"{one['seconds']:.3f}")
    case.set("assertions", str(len(one["checks"])))
    if one["problem"]:
        SubElement(case, "error", message=_text(one["problem"]))
    for check in one["checks"]:
        if not check["passed"]:
            SubElement(case, "failure", type=check["kind"], message=_text(check["detail"]))
    SubElement(case, "system-out").text = _text(f"run {one['run_id']}: {one['status']}, {one['steps']} steps")


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
