// An interrupt discards what is under way; what is uninterruptible survives, and the session goes on.
import RemoteMedia

let manifest = """
    {"version": "v1", "metadata": {"name": "interrupt"}, "connections": [],
     "nodes": [{"id": "pass", "node_type": "PassThrough"}]}
    """

let session = try Runtime().openPipeline(manifest).openSession()
for number in Int64(1)...10 {
    let packet = try Packet(number)
    try packet.setUninterruptible(number == 7)
    try session.push(packet)
}
print("1 to 10 are under way, 7 is uninterruptible")
try session.interrupt()
print("interrupt")
try session.push(Packet(Int64(11)))
try session.close()

while let packet = try session.poll() {
    print("\(try packet.int()) came out")
}
