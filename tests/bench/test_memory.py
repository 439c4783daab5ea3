import json
import subprocess
import sys
from pathlib import Path

from bench.memory import peak_memory

ROOT = Path(__file__).parents[2]
ASK = "import json; from bench.memory import peak_memory; print(json.dumps(peak_memory()))"


def asked(program: str) -> float:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(done.stdout))


def test_the_peak_stays_when_the_memory_is_given_back() -> None:
    before = peak_memory()
    assert asked(f"kept = b'x' * 50_000_000; del kept; {ASK}") > asked(ASK) + 45
    assert peak_memory() >= before > 0


def test_a_process_is_not_charged_with_the_memory_of_the_one_that_started_it() -> None:
    held = b"x" * 100_000_000
    assert asked(ASK) < 100 < peak_memory()
    assert len(held) == 100_000_000
