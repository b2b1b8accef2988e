//! What nodes would like better than it is here: gathered, and told once for all nodes it holds for.

use std::collections::HashMap;

/// Collects shortcomings of a manifest's nodes.
#[derive(Default)]
pub(super) struct Shortcomings {
    found: Vec<Shortcoming>,
    /// The index in `found` by what is said.
    known: HashMap<String, usize>,
    /// How many different ones did not fit in `found`.
    more: usize,
}

struct Shortcoming {
    /// Where it was found first, and what it is.
    first: String,
    nodes: usize,
}

impl Shortcomings {
    /// Adds what was found at `at`.
    pub(super) fn add(&mut self, at: impl std::fmt::Display, what: String) {
        if let Some(index) = self.known.get(&what) {
            self.found[*index].nodes += 1;
        } else if self.found.len() == MAX_REPORTED {
            self.more += 1;
        } else {
            self.found.push(Shortcoming { first: format!("{at}.{what}"), nodes: 1 });
            self.known.insert(what, self.found.len() - 1);
        }
    }

    /// One line for each.
    pub(super) fn into_warnings(self) -> impl Iterator<Item = String> {
        let each = self.found.into_iter().map(|one| match one.nodes {
            1 => one.first,
            nodes => format!("{}; so on {nodes} nodes", one.first),
        });
        each.chain((self.more > 0).then(|| format!("{} more nodes ask for more than this machine has", self.more)))
    }
}

/// How many different ones are reported.
const MAX_REPORTED: usize = 100;
