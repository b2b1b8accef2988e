// What a pipeline looks like, and what its nodes counted.
import Foundation
import RemoteMedia

let manifest = """
    {"version": "v1", "metadata": {"name": "metrics"},
     "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
               {"id": "add", "node_type": "Add", "params": {"addend": 1}}],
     "connections": [{"from": "double", "to": "add"}]}
    """

struct Metrics: Decodable {
    struct Node: Decodable {
        let id: String
        let items_in: Int
        let items_out: Int
    }

    let nodes: [Node]
}

let pipeline = try Runtime().openPipeline(manifest)
print(try pipeline.inspect())

let session = try pipeline.openSession()
for number in Int64(1)...3 {
    try session.push(Packet(number))
}
try session.drain()

let metrics = try JSONDecoder().decode(Metrics.self, from: Data(session.metrics().utf8))
for node in metrics.nodes {
    print("\(node.id): \(node.items_in) in, \(node.items_out) out")
}
