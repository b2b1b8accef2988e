//! The matcher: finds the items of several streams that belong together by their keys.

use std::collections::VecDeque;

/// Joins streams whose keys rise. What it finds depends on the order within each stream alone, not on how the streams
/// arrived beside each other, as long as none is more than `most` items ahead of another.
#[derive(Debug)]
pub(super) struct Matcher<T> {
    queues: Vec<VecDeque<(u64, T)>>,
    tolerance: u64,
    most: usize,
}

/// What the matcher found.
#[derive(Debug, PartialEq)]
pub(super) enum Found<T> {
    /// One item of each stream, in the order of the streams.
    Set(Vec<T>),
    /// An item that belongs to none of what the other streams can still give, and its stream.
    Single(usize, T),
}

impl<T> Matcher<T> {
    /// A matcher of `streams`, of which up to `most` items each wait for the others; keys that differ by at most
    /// `tolerance` belong together.
    pub(super) fn new(streams: usize, tolerance: u64, most: usize) -> Self {
        Self { queues: (0..streams).map(|_| VecDeque::new()).collect(), tolerance, most }
    }

    /// Takes the next item of a stream. Call [`next`](Self::next) until it gives `None`.
    pub(super) fn push(&mut self, stream: usize, key: u64, item: T) {
        self.queues[stream].push_back((key, item));
    }

    /// What can be told by now.
    pub(super) fn next(&mut self) -> Option<Found<T>> {
        let heads: Option<Vec<u64>> = self.queues.iter().map(|queue| queue.front().map(|(key, _)| *key)).collect();
        let Some(heads) = heads else { return self.overdue() };
        let latest = heads.iter().max()?;
        match heads.iter().position(|head| head.saturating_add(self.tolerance) < *latest) {
            Some(early) => self.single(early),
            None => {
                Some(Found::Set(self.queues.iter_mut().filter_map(VecDeque::pop_front).map(|(_, item)| item).collect()))
            }
        }
    }

    /// The next item that is left at the end, the earliest first.
    pub(super) fn leftover(&mut self) -> Option<Found<T>> {
        let heads = self.queues.iter().enumerate().filter_map(|(stream, queue)| Some((queue.front()?.0, stream)));
        let (_, earliest) = heads.min()?;
        self.single(earliest)
    }

    /// Forgets every item.
    pub(super) fn clear(&mut self) {
        self.queues.iter_mut().for_each(VecDeque::clear);
    }

    fn overdue(&mut self) -> Option<Found<T>> {
        let full = self.queues.iter().position(|queue| queue.len() > self.most)?;
        self.single(full)
    }

    fn single(&mut self, stream: usize) -> Option<Found<T>> {
        self.queues[stream].pop_front().map(|(_, item)| Found::Single(stream, item))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `items` (stream, key) in this order; each item is its key.
    fn found(matcher: &mut Matcher<u64>, items: &[(usize, u64)]) -> Vec<Found<u64>> {
        let mut all = Vec::new();
        for &(stream, key) in items {
            matcher.push(stream, key, key);
            all.extend(std::iter::from_fn(|| matcher.next()));
        }
        all.extend(std::iter::from_fn(|| matcher.leftover()));
        all
    }

    #[test]
    fn items_within_the_tolerance_belong_together() {
        let all = found(&mut Matcher::new(2, 5, 10), &[(0, 10), (0, 20), (1, 14), (1, 26), (0, 30)]);
        assert_eq!(all, [Found::Set(vec![10, 14]), Found::Single(0, 20), Found::Set(vec![30, 26])]);
    }

    #[test]
    fn a_stream_that_runs_ahead_gives_up_its_oldest() {
        let mut matcher = Matcher::new(2, 0, 2);
        matcher.push(0, 1, 1);
        matcher.push(0, 2, 2);
        assert_eq!(matcher.next(), None);
        matcher.push(0, 3, 3);
        assert_eq!(matcher.next(), Some(Found::Single(0, 1)));
        assert_eq!(matcher.next(), None);
    }

    proptest! {
        #[test]
        fn how_the_streams_arrive_beside_each_other_makes_no_difference(
            mut left in prop::collection::vec(0u64..100, 0..20),
            mut right in prop::collection::vec(0u64..100, 0..20),
            tolerance in 0u64..10,
            choices in prop::collection::vec(any::<bool>(), 40),
        ) {
            left.sort_unstable();
            right.sort_unstable();
            let one_after_the_other: Vec<_> =
                left.iter().map(|&key| (0, key)).chain(right.iter().map(|&key| (1, key))).collect();
            let (mut l, mut r) = (left.iter().peekable(), right.iter().peekable());
            let mut mixed = Vec::new();
            let mut choices = choices.into_iter().cycle();
            while l.peek().is_some() || r.peek().is_some() {
                let take_left = r.peek().is_none() || (l.peek().is_some() && choices.next() == Some(true));
                let (stream, key) = if take_left { (0, l.next()) } else { (1, r.next()) };
                mixed.extend(key.map(|&key| (stream, key)));
            }
            let sets = |items: &[(usize, u64)]| {
                let mut all = found(&mut Matcher::new(2, tolerance, 100), items);
                all.retain(|found| matches!(found, Found::Set(_)));
                all
            };
            let found_sets = sets(&mixed);
            for found in &found_sets {
                if let Found::Set(keys) = found {
                    prop_assert!(keys[0].abs_diff(keys[1]) <= tolerance);
                }
            }
            prop_assert_eq!(found_sets, sets(&one_after_the_other));
        }
    }
}
