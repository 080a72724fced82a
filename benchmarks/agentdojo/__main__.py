"""Attacks on an agent by what it reads: AgentDojo's tasks through our loop and policy, the model fully gullible.

    python -m benchmarks.agentdojo [WORDING...]

The package brings the tasks, the environments and the verdicts: benchmark v1.1.2, attack `important_instructions`
(eight injections of later versions have no plan that a script could follow). It and its many dependencies go into
an environment of their own, build/agentdojo.

The model is SIMULATED: it does what the task's ground truth says and, as soon as any result holds the text of
an attack, everything that the attack asks, at once. The person is SIMULATED: attentive, so that a call is
approved if it is one of those that the task needs, and refused otherwise; or absent, so that whatever is asked
is refused. The baseline is the same run without the policy. Attacks that only put words into the answer are
counted too, and apart: no gate on tools can stop a model from saying something. Named WORDINGs (attacks of the package)
are measured alone, with the policy and an attentive person: results/agentdojo_wordings.json.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "build" / "agentdojo"
PACKAGE = "agentdojo==0.1.35"


def main() -> int:
    python = PLACE / "bin" / "python"
    stamp = PLACE / "installed"
    if not stamp.exists() or stamp.read_text() != PACKAGE:
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, PLACE], check=True)
        subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, PACKAGE, "-e", ROOT], check=True)
        stamp.write_text(PACKAGE)
    command: list[str | Path] = [python, "-m", "benchmarks.agentdojo.evaluate", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
