//! Inboxes: the bounded queues of the edges that lead to one reader, and the order in which it takes from them.

use std::collections::VecDeque;

use crate::manifest::QueuePolicy;
use crate::packet::Packet;

/// The edges that lead to one reader: a stage, or the caller.
pub(crate) struct Inbox {
    queues: Vec<EdgeQueue>,
    arrivals: u64,
    waiting: usize,
}

/// One edge's packets in waiting.
pub(crate) struct EdgeQueue {
    items: VecDeque<(u64, Packet)>,
    capacity: usize,
    policy: QueuePolicy,
    pushed: u64,
    dropped: u64,
    closed: bool,
    producer_waits: bool,
}

/// What became of a pushed packet. What is given up with it is dropped by whoever pushed, after the inbox is unlocked:
/// the memory of a host may call the session when it is let go of.
#[derive(Debug)]
pub(crate) enum Pushed {
    /// It waits for the reader; others may have made room for it.
    Taken {
        /// With `drop_oldest` and `latest`, the one before.
        #[expect(dead_code, reason = "only dropped")]
        displaced: Option<Packet>,
        /// Those whose epoch is over.
        #[cfg_attr(not(test), expect(dead_code, reason = "only dropped"))]
        stale: Vec<(u64, Packet)>,
    },
    /// The policy drops it.
    Dropped(#[expect(dead_code, reason = "only dropped")] Packet),
    /// There is no room; the producer is woken when there is.
    Full(Packet),
    /// The reader takes nothing any more.
    Closed(Packet),
}

/// What the reader found.
#[derive(Debug)]
pub(crate) enum Popped {
    /// The oldest packet, the queue it waited in, and whether that queue's producer should be woken.
    Packet { queue: usize, packet: Packet, wake_producer: bool },
    /// Nothing waits, but more may come.
    Empty,
    /// Nothing waits and nothing more will come.
    Ended,
}

impl Inbox {
    pub(crate) fn new(queues: Vec<EdgeQueue>) -> Self {
        Self { queues, arrivals: 0, waiting: 0 }
    }

    pub(crate) fn push(&mut self, queue: usize, packet: Packet, epoch: u64) -> Pushed {
        let edge = &mut self.queues[queue];
        if edge.closed {
            return Pushed::Closed(packet);
        }
        let mut stale = Vec::new();
        if edge.is_full() {
            stale = edge.take_stale(epoch);
            self.waiting -= stale.len();
        }
        let mut displaced = None;
        if edge.is_full() {
            match edge.policy {
                QueuePolicy::Block => {
                    edge.producer_waits = true;
                    return Pushed::Full(packet);
                }
                QueuePolicy::DropNewest => {
                    edge.dropped += 1;
                    return Pushed::Dropped(packet);
                }
                QueuePolicy::DropOldest | QueuePolicy::Latest => {
                    edge.dropped += 1;
                    displaced = edge.items.pop_front().map(|(_, oldest)| oldest);
                    self.waiting -= 1;
                }
            }
        }
        edge.pushed += 1;
        edge.items.push_back((self.arrivals, packet));
        self.arrivals += 1;
        self.waiting += 1;
        Pushed::Taken { displaced, stale }
    }

    /// Takes the packet that has waited longest, on any queue.
    pub(crate) fn pop(&mut self) -> Popped {
        match self.longest_waiting() {
            Some(queue) => self.pop_from(queue),
            None if self.queues.iter().all(|edge| edge.closed) => Popped::Ended,
            None => Popped::Empty,
        }
    }

    /// Takes the packet that has waited longest on `queue`.
    pub(crate) fn pop_from(&mut self, queue: usize) -> Popped {
        let edge = &mut self.queues[queue];
        let Some((_, packet)) = edge.items.pop_front() else {
            return if edge.closed { Popped::Ended } else { Popped::Empty };
        };
        self.waiting -= 1;
        Popped::Packet { queue, packet, wake_producer: edge.has_room_for_producer() }
    }

    /// Takes no more on `queue`; what waits there stays. Gives whether it was open.
    pub(crate) fn close(&mut self, queue: usize) -> bool {
        !std::mem::replace(&mut self.queues[queue].closed, true)
    }

    /// Takes no more, and gives up what waits.
    pub(crate) fn close_and_clear(&mut self) -> Vec<(u64, Packet)> {
        self.waiting = 0;
        self.queues
            .iter_mut()
            .flat_map(|edge| {
                edge.closed = true;
                std::mem::take(&mut edge.items)
            })
            .collect()
    }

    /// Gives up what waits, for a reader that has no use for it.
    pub(crate) fn discard(&mut self, epoch: u64) -> Vec<(u64, Packet)> {
        self.waiting = 0;
        let discard = |edge: &mut EdgeQueue| {
            let mut given_up = edge.take_stale(epoch);
            given_up.extend(edge.items.drain(..));
            given_up
        };
        self.queues.iter_mut().flat_map(discard).collect()
    }

    /// The queues whose producers wait although there is some room: for a reader that is held up itself.
    pub(crate) fn take_waiting_with_room(&mut self) -> Vec<usize> {
        let edges = self.queues.iter_mut().enumerate();
        let ready = edges.filter(|(_, edge)| edge.producer_waits && !edge.is_full());
        ready
            .map(|(queue, edge)| {
                edge.producer_waits = false;
                queue
            })
            .collect()
    }

    pub(crate) fn queue(&self, queue: usize) -> &EdgeQueue {
        &self.queues[queue]
    }

    /// Counts a packet that was taken but belongs to an epoch that is over.
    pub(crate) fn count_stale(&mut self, queue: usize) {
        self.queues[queue].dropped += 1;
    }

    fn longest_waiting(&self) -> Option<usize> {
        if self.waiting == 0 {
            return None;
        }
        if self.queues.len() == 1 {
            return Some(0);
        }
        let heads = self.queues.iter().enumerate().filter_map(|(at, edge)| Some((edge.items.front()?.0, at)));
        heads.min().map(|(_, at)| at)
    }
}

impl EdgeQueue {
    pub(crate) fn new(capacity: usize, policy: QueuePolicy) -> Self {
        let capacity = if policy == QueuePolicy::Latest { 1 } else { capacity.max(1) };
        Self { items: VecDeque::new(), capacity, policy, pushed: 0, dropped: 0, closed: false, producer_waits: false }
    }

    pub(crate) fn depth(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many packets were ever taken into the queue.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_full(&self) -> bool {
        self.items.len() >= self.capacity
    }

    /// Takes the packets at the front whose epoch is over.
    fn take_stale(&mut self, epoch: u64) -> Vec<(u64, Packet)> {
        let count = self.items.iter().take_while(|(_, packet)| packet.is_stale(epoch)).count();
        self.dropped += count as u64;
        self.items.drain(..count).collect()
    }

    /// Whether a producer that found the queue full should be woken: once, when half of the queue is free, so that it
    /// is not woken for every packet.
    fn has_room_for_producer(&mut self) -> bool {
        let wake = self.producer_waits && self.items.len() <= self.capacity / 2;
        self.producer_waits &= !wake;
        wake
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(capacity: usize, policy: QueuePolicy) -> Inbox {
        Inbox::new(vec![EdgeQueue::new(capacity, policy)])
    }

    fn push_numbers(inbox: &mut Inbox, numbers: std::ops::Range<i64>) -> usize {
        numbers.filter(|n| matches!(inbox.push(0, Packet::new(*n), 0), Pushed::Taken { .. })).count()
    }

    fn drain(inbox: &mut Inbox) -> Vec<String> {
        std::iter::from_fn(|| match inbox.pop() {
            Popped::Packet { packet, .. } => Some(packet.to_string()),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn full_queue_blocks_push_and_gives_the_packet_back() {
        let mut inbox = inbox(2, QueuePolicy::Block);
        assert_eq!(push_numbers(&mut inbox, 0..2), 2);
        let Pushed::Full(packet) = inbox.push(0, Packet::new(2i64), 0) else { panic!("the queue is full") };
        assert_eq!(packet.to_string(), "2");
        assert_eq!(drain(&mut inbox), ["0", "1"]);
    }

    #[test]
    fn each_dropping_policy_keeps_what_it_says_and_counts_the_rest() {
        let cases = [
            (QueuePolicy::DropOldest, vec!["7", "8", "9"], 7),
            (QueuePolicy::DropNewest, vec!["0", "1", "2"], 7),
            (QueuePolicy::Latest, vec!["9"], 9),
        ];
        for (policy, kept, dropped) in cases {
            let mut inbox = inbox(3, policy);
            push_numbers(&mut inbox, 0..10);
            assert_eq!(inbox.queue(0).dropped(), dropped, "{policy:?}");
            assert_eq!(drain(&mut inbox), kept, "{policy:?}");
        }
    }

    #[test]
    fn the_reader_takes_in_the_order_of_arrival_over_all_queues() {
        let queues = (0..3).map(|_| EdgeQueue::new(4, QueuePolicy::Block)).collect();
        let mut inbox = Inbox::new(queues);
        for (queue, value) in [(2, "a"), (0, "b"), (1, "c"), (0, "d")] {
            inbox.push(queue, Packet::new(value), 0);
        }
        assert_eq!(drain(&mut inbox), ["a", "b", "c", "d"]);
    }

    #[test]
    fn packets_of_an_epoch_that_is_over_make_room() {
        let mut inbox = inbox(2, QueuePolicy::Block);
        push_numbers(&mut inbox, 0..2);
        let mut fresh = Packet::new(5i64);
        fresh.epoch = 1;
        let Pushed::Taken { stale, .. } = inbox.push(0, fresh, 1) else { panic!("there is room") };
        assert_eq!(stale.len(), 2, "they are not dropped while the inbox is locked");
        assert_eq!(drain(&mut inbox), ["5"]);
        assert_eq!(inbox.queue(0).dropped(), 2);
    }

    #[test]
    fn what_is_discarded_is_dropped_only_if_its_epoch_is_over() {
        let mut inbox = inbox(2, QueuePolicy::Block);
        push_numbers(&mut inbox, 0..1);
        let mut fresh = Packet::new(1i64);
        fresh.epoch = 1;
        inbox.push(0, fresh, 1);
        assert_eq!(inbox.discard(1).len(), 2);
        assert_eq!((inbox.queue(0).dropped(), inbox.queue(0).depth()), (1, 0));
        assert!(matches!(inbox.pop(), Popped::Empty));
        assert_eq!(push_numbers(&mut inbox, 0..3), 2, "the queue takes what comes then");
    }

    #[test]
    fn a_waiting_producer_is_woken_once_when_half_is_free() {
        let mut inbox = inbox(4, QueuePolicy::Block);
        push_numbers(&mut inbox, 0..5);
        let woken: Vec<bool> = std::iter::from_fn(|| match inbox.pop() {
            Popped::Packet { wake_producer, .. } => Some(wake_producer),
            _ => None,
        })
        .collect();
        assert_eq!(woken, [false, true, false, false]);
    }

    #[test]
    fn a_closed_queue_gives_what_waits_and_then_ends() {
        let mut inbox = inbox(4, QueuePolicy::Block);
        push_numbers(&mut inbox, 0..1);
        inbox.close(0);
        assert!(matches!(inbox.push(0, Packet::new(9i64), 0), Pushed::Closed(_)));
        assert_eq!(drain(&mut inbox), ["0"]);
        assert!(matches!(inbox.pop(), Popped::Ended));
    }
}
