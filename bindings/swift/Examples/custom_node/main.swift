// Nodes of the program: one that answers at once, and one that finishes later in a task of its own.
import RemoteMedia

let manifest = """
    {"version": "v1", "metadata": {"name": "custom_node"},
     "nodes": [{"id": "upper", "node_type": "Upper"}, {"id": "repeat", "node_type": "Repeat"}],
     "connections": [{"from": "upper", "to": "repeat"}]}
    """

/// Makes text upper case.
final class Upper: Node {
    func process(_ packet: Packet, _ outputs: Outputs) throws {
        try outputs.emit(Packet(packet.text().uppercased()))
    }
}

/// Emits everything twice.
final class Repeat: AsyncNode {
    func process(_ packet: Packet, _ outputs: AsyncOutputs) async throws {
        try await outputs.emit(packet)
        try await outputs.emit(packet)
    }
}

let runtime = try Runtime()
try runtime.addNode("Upper") { _ in Upper() }
try runtime.addAsyncNode("Repeat") { _ in Repeat() }
let session = try runtime.openPipeline(manifest).openSession()

for word in ["hello", "world"] {
    try await session.send(Packet(word))
}
try session.close()
for try await packet in session.packets() {
    print(try packet.text())
}
