package remotemedia

import "time"

// Metrics is what a session counted until one moment. The numbers come from counters that are never reset.
type Metrics struct {
	// Pipeline is the pipeline's name.
	Pipeline string `json:"pipeline"`
	// Session is the session's number, unique within the process.
	Session uint64 `json:"session"`
	// Elapsed is the time since the session was started.
	Elapsed time.Duration `json:"elapsed_ns"`
	// Nodes has one entry per node, in the order in which packets pass them.
	Nodes []NodeMetrics `json:"nodes"`
	// Edges has one entry per connection, and per port of the session.
	Edges []EdgeMetrics `json:"edges"`
}

// NodeMetrics is what one node did.
type NodeMetrics struct {
	// ID is the node's id in the manifest.
	ID string `json:"id"`
	// Type is the name that its type is registered under.
	Type string `json:"node_type"`
	// Backend tells what made it: "native", "host", …
	Backend string `json:"backend"`
	// Stage is the number of the stage it runs in.
	Stage int `json:"stage"`
	// ItemsIn counts packets taken, and ItemsOut packets emitted.
	ItemsIn  uint64 `json:"items_in"`
	ItemsOut uint64 `json:"items_out"`
	// Dropped counts packets lost to queue policies on the way in, or to interrupts.
	Dropped uint64 `json:"dropped"`
	// Errors counts errors, Skipped the items left out because of them, and Retries further tries.
	Errors  uint64 `json:"errors"`
	Skipped uint64 `json:"skipped"`
	Retries uint64 `json:"retries"`
	// QueueDepth tells how many packets wait on the node's inputs, and QueueCapacity how many may.
	QueueDepth    int `json:"queue_depth"`
	QueueCapacity int `json:"queue_capacity"`
	// Busy is the time spent in the node's own code, estimated where calls are sampled.
	Busy time.Duration `json:"busy_ns"`
	// Latency is how long calls took, without the nodes behind.
	Latency LatencyMetrics `json:"latency"`
}

// LatencyMetrics is the distribution of a node's call times, as far as calls are measured.
type LatencyMetrics struct {
	// Count tells how many calls were measured.
	Count uint64        `json:"count"`
	Min   time.Duration `json:"min_ns"`
	// MeanNS is the mean, in nanoseconds.
	MeanNS float64       `json:"mean_ns"`
	P50    time.Duration `json:"p50_ns"`
	P90    time.Duration `json:"p90_ns"`
	P99    time.Duration `json:"p99_ns"`
	Max    time.Duration `json:"max_ns"`
}

// EdgeMetrics is what one connection holds.
type EdgeMetrics struct {
	// From is the output it comes from, "node.port".
	From string `json:"from"`
	// To is the input it leads to, "node.port", or "caller".
	To string `json:"to"`
	// Depth tells how many packets wait, and Capacity how many may; both are 0 inside a stage.
	Depth    int `json:"depth"`
	Capacity int `json:"capacity"`
	// Policy tells what happens when it is full.
	Policy string `json:"policy"`
	// Dropped counts packets lost to the policy or to interrupts.
	Dropped uint64 `json:"dropped"`
}
