"""Whose Python nodes run: one's own, those of others only where that is trusted, and none before all is verified."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packing import build, command, unpacked, write

import remotemedia
from remotemedia import Node, Package, PackageError, Pipeline

LOUD = """
    from pathlib import Path
    import {helper}
    from remotemedia import Node, Pipeline

    class Talk(Node):
        def process(self, item):
            return {helper}.talk(item)

    p = Pipeline("talk").add(Talk())
"""

#: A module that leaves a mark where it is executed.
MARKING = """
    import os

    with open(os.environ["MARK"], "a") as file:
        file.write("executed")

    def talk(item):
        return item + 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def package(folder):
    write("marking.py", MARKING)
    write("talk.py", LOUD.format(helper="marking"))
    package = build("talk.py")
    (folder / "mark").unlink()
    for file in folder.glob("*.py"):
        file.unlink()
    return package


@pytest.fixture
def somebody_else(folder, monkeypatch):
    """From now on another user acts, who trusts the first one's key."""
    key = command("keys", "export").stdout
    monkeypatch.setenv("REMOTEMEDIA_HOME", str(folder / "other"))
    Path("alice.pem").write_text(key, encoding="utf-8")


def trust_alice():
    assert command("trust", "add", "alice.pem").returncode == 0


def executed():
    return Path(os.environ["MARK"]).exists()


def test_ones_own_package_runs_and_then_its_code_is_executed(package):
    assert not executed()
    ran = command("run", package, "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, "2\n"), ran.stderr
    assert executed()


@pytest.mark.parametrize("what", ["inspect", "verify", "validate"])
def test_looking_at_a_package_executes_nothing(package, what):
    done = command(what, package)
    assert done.returncode == 0, done.stderr
    assert not executed()


def test_a_package_of_a_stranger_is_refused_and_nothing_is_executed(package, somebody_else):
    for done in (command("run", package, "--input", "1"), command("run", "--trust-native", package, "--input", "1")):
        assert done.returncode == 1 and "is not trusted" in done.stderr, done.stderr
    with pytest.raises(PackageError, match="is not trusted"):
        Pipeline.from_package(package, trust_native=True)
    assert not executed()


def test_a_package_of_somebody_else_needs_native_trust_for_its_python_nodes(package, somebody_else):
    trust_alice()
    refused = command("run", package, "--input", "1")
    told = " ".join(refused.stderr.split())
    assert refused.returncode == 1
    assert '"Talk_0" (Talk) runs Python code of the package' in told and "--trust-native" in told
    with pytest.raises(PackageError, match=re.escape('"Talk_0" (Talk) runs Python code of the package')):
        Pipeline.from_package(package)
    assert not executed()
    ran = command("run", package, "--trust-native", "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, "2\n"), ran.stderr


def test_native_trust_in_the_program_lets_the_nodes_of_somebody_else_run(package, somebody_else):
    trust_alice()
    script = (
        f"from remotemedia import Pipeline\nprint(Pipeline.from_package({str(package)!r}, trust_native=True).run(1))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "2\n" and executed()


@pytest.mark.parametrize("place", ["modules/", "manifest.json"])
def test_a_changed_package_is_refused_and_nothing_is_executed(package, place):
    content = package.read_bytes()
    (path,) = [path for path in unpacked(package).rglob("*") if place in str(path) and path.is_file()]
    at = content.index(path.read_bytes()[:200]) + 100
    package.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    done = command("run", package, "--input", "1")
    assert done.returncode == 1 and "changed" in done.stderr, done.stderr
    assert not executed()


def test_a_python_node_cannot_hide_as_a_pipeline(package, somebody_else):
    """Whoever makes a package by hand may write a harmless pipeline where a Python node has its parameters."""
    from remotemedia._native import export_package

    trust_alice()
    os.environ["REMOTEMEDIA_HOME"] = str(Path("home").absolute())
    harmless = {"version": "v1", "metadata": {"name": "x"}, "connections": []}
    harmless["nodes"] = [{"id": "a", "node_type": "Add", "params": {"addend": 1}}]
    module = json.loads(next((unpacked(package) / "modules").iterdir()).read_text())
    python = {"class": "talk:Talk", "module": {"$file": "modules/talk.pynode"}}
    entry = {"id": "t", "node_type": "Talk", "params": {"manifest": harmless}, "python": python}
    manifest = {"version": "v1", "metadata": {"name": "talk"}, "nodes": [entry], "connections": []}
    files = [("python", "modules/talk.pynode", json.dumps(module).encode())]

    class Talk(Node):
        def process(self, item):
            return item

    text = json.dumps(manifest)
    hiding = export_package((text, text), [("t", Talk(), False, False, None)], files, None, "hiding.rmpkg")[0]
    os.environ["REMOTEMEDIA_HOME"] = str(Path("other").absolute())
    with pytest.raises(PackageError, match=re.escape('"t" (Talk) runs Python code of the package')):
        Pipeline.from_package(hiding)
    assert not executed()


def needing(folder, monkeypatch, name, version):
    """A package that needs a distribution of that name and version, which was there when it was built."""
    site = folder / "site-packages"
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{name}.py,,\n{name}-{version}.dist-info/METADATA,,\n")
    (site / f"{name}.py").write_text("def talk(item):\n    return item + 1\n")
    write(f"uses_{name}.py", LOUD.format(helper=name))
    with monkeypatch.context() as there:
        there.setenv("PYTHONPATH", str(site))
        package = build(f"uses_{name}.py", f"{name}.rmpkg")
        ran = command("run", package, "--input", "1")
        assert (ran.returncode, ran.stdout) == (0, "2\n"), ran.stderr
    return package, site


def test_all_distributions_that_are_missing_are_named_with_the_command_that_installs_them(folder, monkeypatch):
    package, site = needing(folder, monkeypatch, "parrot", "2.3.1")
    ran = command("run", package, "--input", "1")
    assert ran.returncode == 1
    assert "the Python nodes need parrot 2.3.1 (not installed)" in ran.stderr, ran.stderr
    assert "pip install 'parrot>=2.3.1,<3'" in ran.stderr
    info = site / "parrot-2.3.1.dist-info"
    for found, runs in (("2.3.0", False), ("2.9", True), ("3.0", False), ("2.3.1", True)):
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: parrot\nVersion: {found}\n")
        monkeypatch.setenv("PYTHONPATH", str(site))
        ran = command("run", package, "--input", "1")
        assert (ran.returncode == 0) is runs, (found, ran.stderr)
        assert runs or f"need parrot 2.3.1 ({found} is installed)" in ran.stderr


def test_a_node_of_a_distribution_is_imported_from_there(folder, monkeypatch):
    _, site = needing(folder, monkeypatch, "parrot", "2.3.1")
    (site / "parrot.py").write_text(
        "from remotemedia import Node\nclass Parrot(Node):\n    def process(self, item):\n        return [item, item]\n"
    )
    write("uses.py", "from parrot import Parrot\nfrom remotemedia import Pipeline\np = Pipeline('p').add(Parrot())\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    package = build("uses.py", "uses.rmpkg")
    (module,) = (json.loads(path.read_text()) for path in unpacked(package).glob("modules/*"))
    assert (module["nodes"], module["sources"]) == ([{"class": "parrot:Parrot", "node_type": "Parrot"}], {})
    assert module["requires"] == {"parrot": "2.3.1"}
    ran = command("run", package, "--input", "1")
    assert (ran.returncode, ran.stdout) == (0, "[1,1]\n"), ran.stderr


def test_inspection_and_the_documents_tell_what_the_nodes_need(folder, monkeypatch):
    package, _ = needing(folder, monkeypatch, "parrot", "0.4.2")
    version = remotemedia.__version__
    shown = command("inspect", package).stdout
    assert f"needs     Python >=3.{sys.version_info.minor},<4, parrot 0.4.2, remotemedia {version}\n" in shown, shown
    assert "Talk_0" in shown and "modules/talk.pynode" in shown
    told = json.loads(command("inspect", package, "--format", "json").stdout)["package"]
    assert told["python"]["requires"] == {"parrot": "0.4.2", "remotemedia": version}
    folder = unpacked(package)
    runtime = json.loads((folder / "meta/runtime.json").read_text())
    assert runtime["python"]["requires"]["parrot"] == "0.4.2" and runtime["python"]["node_types"] == ["Talk"]
    provenance = json.loads((folder / "meta/provenance.json").read_text())
    depends = provenance["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert {"name": "parrot", "uri": "pkg:pypi/parrot@0.4.2"} in depends
    assert depends[0]["name"] == "uses_parrot.py" and len(depends[0]["digest"]["sha256"]) == 64


def test_exporting_gives_what_was_written(folder):
    write("exporting.py", """
        from remotemedia import Node, Pipeline

        class Talk(Node):
            def process(self, item):
                return item + 1

        if __name__ == "__main__":
            package = Pipeline("talk").add(Talk()).export("out")
            print(package.path, package.name, package.digest, sorted(package.files))
    """)  # fmt: skip
    ran = subprocess.run([sys.executable, "exporting.py"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    path, name, digest, files = ran.stdout.split(maxsplit=3)
    assert path == f"out/talk-{digest.removeprefix('sha256:')}.rmpkg" and name == "talk"
    assert files.strip() == "['meta/runtime.json', 'modules/talk.pynode']"
    Path("exporting.py").unlink()
    assert Pipeline.from_package(path).run(1) == 2


def test_a_package_is_a_path():
    package = Package("a.rmpkg", "a", "sha256:0", {})
    assert os.fspath(package) == "a.rmpkg"


def test_a_saved_manifest_with_python_nodes_and_blobs_becomes_a_package(folder):
    write("table.py", """
        from remotemedia import Node

        class Table(Node):
            def __init__(self, table, **kwargs):
                super().__init__(table=table, **kwargs)
                self.table = table

            def process(self, item):
                return float(self.table[item])
    """)  # fmt: skip
    script = (
        "import numpy as np\nfrom table import Table\nfrom remotemedia import Pipeline\n"
        "Pipeline('t').add(Table(np.arange(50_000.0))).save('t.json')"
    )
    here = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-c", script], check=True, env=here)
    assert len(list((folder / "blobs/sha256").iterdir())) == 1
    built = command("build", "t.json", "-o", "t.rmpkg", env=here)
    assert built.returncode == 0, built.stderr
    (folder / "table.py").unlink()
    ran = command("run", "t.rmpkg", "--input", "7")
    assert (ran.returncode, ran.stdout) == (0, "7.0\n"), ran.stderr


def test_a_wasm_module_travels_and_running_it_names_what_is_missing(folder):
    Path("filter.wasm").write_bytes(b"\0asm\x01\0\0\0")
    write("filtering.py", """
        from remotemedia import Pipeline, WasmNode

        p = Pipeline("filtering").add(WasmNode("filter.wasm"))
    """)  # fmt: skip
    package = build("filtering.py")
    assert (unpacked(package) / "modules/filter.wasm").read_bytes() == b"\0asm\x01\0\0\0"
    ran = command("run", package, "--input", "7")
    assert ran.returncode == 1
    assert "filter.wasm needs the WebAssembly sandbox, which this build lacks" in ran.stderr, ran.stderr


def test_files_that_a_node_names_travel(folder):
    Path("voice.bin").write_bytes(b"model")
    write("talk.py", """
        from pathlib import Path
        from remotemedia import Node, Pipeline

        class Talk(Node):
            file_parameters = ("model",)

            def __init__(self, model, **kwargs):
                super().__init__(model=model, **kwargs)
                self.model = model

            def process(self, item):
                return Path(self.model).read_text()

        p = Pipeline("talk").add(Talk(Path("voice.bin")))
    """)  # fmt: skip
    package = build("talk.py")
    assert (unpacked(package) / "models/voice.bin").read_bytes() == b"model"
    Path("voice.bin").unlink()
    assert Pipeline.from_package(package).run([0]) == "model"


def test_what_is_wrong_with_a_package_names_its_file(package, somebody_else):
    with pytest.raises(PackageError, match=r"^none\.rmpkg: cannot open the package"):
        Pipeline.from_package("none.rmpkg")
    trust_alice()
    with pytest.raises(PackageError, match=r"p\.rmpkg: nodes of a package .*trust_native in a program"):
        Pipeline.from_package(package)


@pytest.mark.parametrize("trust_native", [False, True])
def test_a_native_node_of_a_package_that_names_a_class_imports_nothing(folder, trust_native):
    write("marking.py", MARKING)
    named = {"$class": "marking:Talk"}
    node = {"id": "equal", "node_type": "Filter", "params": {"equals": named}}
    manifest = {"version": "v1", "metadata": {"name": "equal"}, "connections": [], "nodes": [node]}
    write("equal.json", json.dumps(manifest))
    package = build("equal.json")
    code = (
        "from remotemedia import Pipeline\n"
        f"print(Pipeline.from_package({str(package)!r}, trust_native={trust_native}).run([{named}, 1, {named}]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, f"[{named}, {named}]\n"), ran.stderr
    assert not executed()
