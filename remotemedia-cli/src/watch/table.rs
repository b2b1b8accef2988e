//! The live table: one line per node, and one per port to the caller.

use remotemedia::metrics::{EdgeMetrics, NodeMetrics, SessionMetrics};

use super::rates::handled;
use super::words::{clock, count, fit, rate, time};
use crate::paint::{Paint, Tone};

/// Where and how a table is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The width of the terminal.
    pub(super) columns: usize,
    /// The height of the terminal.
    pub(super) rows: usize,
    /// Its colours.
    pub(super) paint: Paint,
}

/// The table in lines that fit into `frame`; `state` says what the session is at, such as `running`.
pub(super) fn table(metrics: &SessionMetrics, rates: &[f64], state: &str, frame: Frame) -> Vec<String> {
    let nodes = metrics.nodes.iter().zip(rates).map(|(node, rate)| node_row(node, *rate, metrics.elapsed_ns));
    let callers = metrics.edges.iter().filter(|edge| edge.to == "caller").map(caller_row);
    let mut rows: Vec<Row> = nodes.chain(callers).collect();
    // The title, the heads, and the line that the cursor stands on.
    let room = frame.rows.saturating_sub(3).max(1);
    let left_out = if rows.len() > room { rows.len() - (room - 1) } else { 0 };
    rows.truncate(rows.len() - left_out);

    let columns = columns(&rows, frame.columns);
    let title = format!("{} · {state} · {}", fit(&metrics.pipeline, frame.columns / 2), clock(metrics.elapsed_ns));
    let mut lines = vec![frame.paint.tone(Tone::Strong, &fit(&title, frame.columns))];
    let heads: Vec<Cell> =
        HEADS.iter().map(|head| Cell { text: (*head).to_owned(), tone: Some(Tone::Faint) }).collect();
    lines.push(line(&heads, &columns, frame.paint));
    lines.extend(rows.iter().map(|row| line(row, &columns, frame.paint)));
    if left_out > 0 {
        lines.push(frame.paint.tone(Tone::Faint, &format!("… {left_out} more")));
    }
    lines
}

type Row = [Cell; HEADS.len()];

#[derive(Clone, Debug, Default)]
struct Cell {
    text: String,
    tone: Option<Tone>,
}

const HEADS: [&str; 9] = ["node", "rate/s", "items", "queue", "drops", "errors", "p50", "p99", "busy"];
/// The least width of each column, so that the table does not jump when a number grows.
const WIDTHS: [usize; HEADS.len()] = [12, 6, 6, QUEUE_WIDTH, 5, 6, 7, 7, 4];
/// Which columns are left out first where the terminal is narrow.
const DISPENSABLE: [usize; 7] = [8, 2, 5, 6, 4, 1, 7];
const QUEUE_WIDTH: usize = BAR_WIDTH + 6;
const BAR_WIDTH: usize = 5;
const GAP: &str = "  ";

fn node_row(node: &NodeMetrics, per_second: f64, elapsed_ns: u64) -> Row {
    let latency = |nanos: u64| if node.latency.count == 0 { Cell::none() } else { Cell::plain(time(nanos)) };
    let busy = 100.0 * node.busy_ns as f64 / elapsed_ns.max(1) as f64;
    [
        Cell::plain(node.id.clone()),
        Cell::plain(rate(per_second)),
        Cell::plain(count(handled(node))),
        queue(node.queue_depth, node.queue_capacity),
        Cell::alarming(node.dropped, Tone::Warning),
        Cell::alarming(node.errors, Tone::Bad),
        latency(node.latency.p50_ns),
        latency(node.latency.p99_ns),
        Cell::plain(format!("{busy:.0}%")),
    ]
}

fn caller_row(edge: &EdgeMetrics) -> Row {
    let mut row = <[Cell; HEADS.len()]>::default();
    row[0] = Cell { text: format!("{} →", edge.from), tone: Some(Tone::Faint) };
    row[3] = queue(edge.depth, edge.capacity);
    row[4] = Cell::alarming(edge.dropped, Tone::Warning);
    row
}

/// How full a queue is, as a bar and in numbers.
fn queue(depth: usize, capacity: usize) -> Cell {
    if capacity == 0 {
        return Cell::none();
    }
    let full = (BAR_WIDTH * depth).div_ceil(capacity).min(BAR_WIDTH);
    let bar = "█".repeat(full) + &"░".repeat(BAR_WIDTH - full);
    let tone = if depth >= capacity { Some(Tone::Warning) } else { None };
    Cell { text: format!("{bar} {:>5}", format!("{depth}/{capacity}")), tone }
}

impl Cell {
    fn plain(text: String) -> Self {
        Self { text, tone: None }
    }

    fn none() -> Self {
        Self { text: "–".to_owned(), tone: Some(Tone::Faint) }
    }

    /// A number that should be zero.
    fn alarming(number: u64, tone: Tone) -> Self {
        Self { text: count(number), tone: Some(if number == 0 { Tone::Faint } else { tone }) }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Which columns fit into `room`, and how wide each is.
fn columns(rows: &[Row], room: usize) -> Vec<(usize, usize)> {
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0).max(WIDTHS[column]);
    let mut columns: Vec<(usize, usize)> = (0..HEADS.len()).map(|column| (column, widest(column))).collect();
    let total = |columns: &[(usize, usize)]| -> usize {
        columns.iter().map(|(_, width)| width + GAP.len()).sum::<usize>() - GAP.len()
    };
    let mut dispensable = DISPENSABLE.iter();
    while total(&columns) > room {
        // Long names give way first, but not below what still tells them apart.
        let over = total(&columns) - room;
        let name = &mut columns[0].1;
        if over <= name.saturating_sub(NAME_WIDTH) {
            *name -= over;
            break;
        }
        let Some(column) = dispensable.next() else {
            *name = name.saturating_sub(over).max(1);
            break;
        };
        columns.retain(|(other, _)| other != column);
    }
    columns
}

/// The width below which names are not cut while there are columns to leave out.
const NAME_WIDTH: usize = 20;

fn line(row: &[Cell], columns: &[(usize, usize)], paint: Paint) -> String {
    let cells = columns.iter().map(|(column, width)| {
        let cell = &row[*column];
        let text = fit(&cell.text, *width);
        let padded = if *column == 0 { format!("{text:width$}") } else { format!("{text:>width$}") };
        cell.tone.map_or(padded.clone(), |tone| paint.tone(tone, &padded))
    });
    cells.collect::<Vec<_>>().join(GAP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use remotemedia::metrics::LatencyMetrics;

    fn node(id: &str, depth: usize) -> NodeMetrics {
        let latency = LatencyMetrics {
            count: 5,
            min_ns: 1_000,
            mean_ns: 2_000.0,
            p50_ns: 2_000,
            p90_ns: 3_000,
            p99_ns: 1_250_000,
            max_ns: 9_000_000,
            buckets: Vec::new(),
        };
        NodeMetrics {
            id: id.to_owned(),
            node_type: "Gain".to_owned(),
            backend: "native".to_owned(),
            stage: 0,
            items_in: 120,
            items_out: 120,
            dropped: 3,
            errors: 0,
            skipped: 0,
            retries: 0,
            queue_depth: depth,
            queue_capacity: 64,
            busy_ns: 500_000_000,
            latency,
        }
    }

    fn metrics(nodes: Vec<NodeMetrics>) -> SessionMetrics {
        let edge = EdgeMetrics {
            from: "last.out".to_owned(),
            to: "caller".to_owned(),
            depth: 64,
            capacity: 64,
            policy: Default::default(),
            dropped: 0,
        };
        SessionMetrics { pipeline: "notes".to_owned(), session: 1, elapsed_ns: 2_000_000_000, nodes, edges: vec![edge] }
    }

    fn frame(columns: usize, rows: usize) -> Frame {
        Frame { columns, rows, paint: Paint::default() }
    }

    #[test]
    fn a_wide_terminal_shows_everything() {
        let lines = table(&metrics(vec![node("gain", 13)]), &[60.0], "running", frame(100, 24));
        let expected = [
            "notes · running · 2.0 s",
            "node          rate/s   items        queue  drops  errors      p50      p99  busy",
            "gain            60.0     120  ██░░░ 13/64      3       0  2.00 µs  1.25 ms   25%",
            "last.out →                    █████ 64/64      0                                ",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_the_queue_is_always_there() {
        let metrics = metrics(vec![node(&"long".repeat(30), 0), node("b", 64)]);
        for columns in 20..200 {
            let lines = table(&metrics, &[1.0, 2.0], "running", frame(columns, 24));
            assert!(lines.iter().all(|line| line.chars().count() <= columns), "{columns}: {lines:#?}");
            assert!(lines[3].contains("64/64"), "{columns}");
        }
    }

    #[test]
    fn a_low_terminal_shows_how_many_nodes_it_leaves_out() {
        let nodes: Vec<NodeMetrics> = (0..50).map(|index| node(&format!("n{index}"), 0)).collect();
        let lines = table(&metrics(nodes), &[0.0; 50], "running", frame(80, 10));
        assert_eq!(lines.len(), 9);
        assert_eq!(lines[8], "… 45 more");
    }
}
