"""Every Python snippet in the guides and the README runs, and prints what its comments say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "bindings" / "python" / "README.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRINT = re.compile(r"^\s*print\(.*\)  # (.+)$")


def snippets():
    for document in DOCUMENTS:
        for number, block in enumerate(BLOCK.findall(document.read_text(encoding="utf-8")), start=1):
            yield pytest.param(block, id=f"{document.relative_to(ROOT)}:{number}")


@pytest.mark.parametrize("source", list(snippets()))
def test_snippet_prints_what_its_comments_say(source, tmp_path, recording):
    script = tmp_path / "snippet.py"
    script.write_text(source.replace("meeting.wav", str(recording)), encoding="utf-8")
    home = {**os.environ, "REMOTEMEDIA_HOME": str(tmp_path / "home")}
    run = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=home, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    expected = [match.group(1) for line in source.splitlines() if (match := PRINT.match(line))]
    if expected:
        assert run.stdout.splitlines() == expected


@pytest.fixture(scope="session")
def recording(tmp_path_factory):
    """A short spoken recording for snippets that read a file."""
    file = tmp_path_factory.mktemp("recording") / "meeting.wav"
    subprocess.run([ROOT / "scripts" / "make_speech.sh", file], check=True)
    return file
