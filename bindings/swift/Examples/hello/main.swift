// One value through a native pipeline.
import RemoteMedia

let manifest = """
    {"version": "v1", "metadata": {"name": "hello"}, "connections": [],
     "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}]}
    """

let session = try Runtime().openPipeline(manifest).openSession()
try session.push(Packet(Int64(21)))
if let answer = try session.poll() {
    print("21 went in, \(try answer.int()) came out")
}
