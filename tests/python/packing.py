"""What the tests of packages with Python nodes share: a user's folder, and the command in it."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("remotemedia"))


def command(*args, **options):
    """Runs the command as the package installs it."""
    return subprocess.run(
        [COMMAND, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **options
    )


def write(name, text):
    """Writes a file below the working directory."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def build(program, output="p.rmpkg"):
    """The package of a Python file."""
    built = command("build", program, "-o", output)
    assert built.returncode == 0, built.stderr
    return Path(output).absolute()


def unpacked(package):
    """The folder with the files of a package."""
    folder = package.with_suffix("")
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "-xf", package, "-C", folder], check=True)
    return folder


def module_of(package):
    """The one Python module of a package."""
    (path,) = unpacked(package).glob("modules/*.pynode")
    return json.loads(path.read_text(encoding="utf-8"))
