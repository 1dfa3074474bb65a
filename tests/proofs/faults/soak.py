"""Faults on a fifth of the requests and no kills: one run and some resumes end with every row accepted.

python tests/proofs/faults/soak.py --cases 2000 --seed 1
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from harness import plan
from simulation import SandboxProcess, environment, examine, importer, write_sheet


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, SandboxProcess(Path(name)) as sandbox:
        folder = Path(name)
        sandbox.faults(plan(chosen.seed))
        write_sheet(folder / "cases.csv", range(chosen.cases))
        env = environment(sandbox.url, timeout_seconds=0.5)
        done = importer(folder, env, "run", "cases.csv", "--yes", "--new-ledger", timeout=900)
        resumes = 0
        while done.returncode and resumes < 50:
            time.sleep(0.6)  # the settle time of the tests
            done = importer(folder, env, "resume", timeout=900)
            resumes += 1
        wanted = {f"C{number}" for number in range(chosen.cases)}
        verdict = examine(sandbox.state(), folder / "ledger.db", wanted, finished=True)
        faulted = sum(sandbox.ask("/_sandbox/state")["faulted"].values())
    result = "all well" if verdict.good else verdict
    print(f"{chosen.cases} cases with vouchers, {faulted} faults, 1 run and {resumes} resumes: {result}")
    sys.exit(not verdict.good)


if __name__ == "__main__":
    main()
