"""What a pipeline looks like, here one of a manifest, and what its nodes counted."""

from remotemedia import Pipeline

MANIFEST = {
    "version": "v1",
    "metadata": {"name": "metrics"},
    "nodes": [
        {"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
        {"id": "add", "node_type": "Add", "params": {"addend": 1}},
    ],
    "connections": [{"from": "double", "to": "add"}],
}

p = Pipeline.from_manifest(MANIFEST)
print(p.inspect())

p.run([1, 2, 3])
for node in p.get_metrics()["nodes"]:
    print(f"{node['id']}: {node['items_in']} in, {node['items_out']} out")
