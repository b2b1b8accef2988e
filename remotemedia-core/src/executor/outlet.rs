//! The outlet: delivery from stages to other stages and to the caller, and the caller's side of both ends.

use std::collections::VecDeque;

use super::inbox::{Popped, Pushed};
use super::plan::Target;
use super::{SessionCore, lock};
use crate::packet::Packet;

/// What the caller found on its side.
#[derive(Debug)]
pub(crate) enum Taken {
    /// A packet and the session output it came from.
    Packet(usize, Packet),
    /// Nothing now.
    Empty,
    /// Nothing ever again.
    Ended,
}

impl SessionCore {
    /// Puts a packet into a queue on behalf of the stage `from`. Gives it back if the queue is full.
    pub(super) fn deliver(&self, target: Target, packet: Packet, from: usize) -> Result<(), Packet> {
        match target {
            Target::Stage { stage, queue } => {
                let pushed = lock(&self.stages[stage].inbox).push(queue, packet, self.epoch());
                if let Pushed::Full(packet) = pushed {
                    return Err(packet);
                }
                if matches!(pushed, Pushed::Taken { .. }) {
                    self.notify_from(stage, from);
                }
            }
            Target::Caller { output } => {
                // The outlet is unlocked before what is given up is dropped.
                let pushed = lock(&self.outlet).push(output, packet, self.epoch());
                if let Pushed::Full(packet) = pushed {
                    return Err(packet);
                }
                self.callers.wake();
            }
        }
        Ok(())
    }

    /// Delivers what found no room before, in order; gives whether nothing is left. A target that is still full holds
    /// back only what goes there.
    pub(super) fn deliver_all(&self, pending: &mut VecDeque<(Target, Packet)>, from: usize) -> bool {
        let mut full: Vec<Target> = Vec::new();
        let mut kept = Vec::new();
        while full.len() < self.plan.stages[from].exits
            && let Some((target, packet)) = pending.pop_front()
        {
            if full.contains(&target) {
                kept.push((target, packet));
            } else if let Err(packet) = self.deliver(target, packet, from) {
                full.push(target);
                kept.push((target, packet));
            }
        }
        kept.into_iter().rev().for_each(|waiting| pending.push_front(waiting));
        pending.is_empty()
    }

    /// Ends a queue on behalf of the stage that filled it.
    pub(super) fn close_target(&self, target: Target) {
        match target {
            Target::Stage { stage, queue } => {
                lock(&self.stages[stage].inbox).close(queue);
                self.notify(stage);
            }
            Target::Caller { output } => {
                lock(&self.outlet).close(output);
                self.callers.wake();
            }
        }
    }

    /// Takes the next packet of a stage's inbox that an interrupt has not made worthless.
    pub(super) fn take_input(&self, stage: usize) -> Popped {
        loop {
            let popped = lock(&self.stages[stage].inbox).pop();
            let Popped::Packet { queue, packet, wake_producer } = popped else { return popped };
            let input = self.plan.stages[stage].inputs[queue];
            if wake_producer {
                match input.producer {
                    Some(producer) => self.notify_from(producer, stage),
                    None => self.callers.wake(),
                }
            }
            if !packet.is_stale(self.epoch()) {
                return Popped::Packet { queue: input.port, packet, wake_producer };
            }
            lock(&self.stages[stage].inbox).count_stale(queue);
        }
    }

    /// Ends a stage's inbox: what waits is given up, and producers that wait for room hear of it.
    pub(super) fn close_inbox(&self, stage: usize) {
        let given_up = lock(&self.stages[stage].inbox).close_and_clear();
        drop(given_up);
        for input in &self.plan.stages[stage].inputs {
            match input.producer {
                Some(producer) => {
                    self.notify(producer);
                }
                None => self.callers.wake(),
            }
        }
    }

    /// Puts the caller's packet into the queue behind a session input.
    pub(crate) fn push_input(&self, input: usize, mut packet: Packet) -> Pushed {
        let (stage, queue) = self.plan.session_input(&self.graph, input);
        packet.epoch = self.epoch();
        let numbered = packet.seq.is_some();
        let pushed = {
            let mut inbox = lock(&self.stages[stage].inbox);
            packet.seq.get_or_insert(inbox.queue(queue).pushed() + 1);
            inbox.push(queue, packet, self.epoch())
        };
        if matches!(pushed, Pushed::Taken { .. }) {
            self.notify(stage);
        }
        match pushed {
            // It will be numbered when it is taken.
            Pushed::Full(packet) if !numbered => Pushed::Full(Packet { seq: None, ..packet }),
            Pushed::Closed(packet) if !numbered => Pushed::Closed(Packet { seq: None, ..packet }),
            pushed => pushed,
        }
    }

    /// Wakes the producers that wait for room in a stage's inbox and have some: a stage that is held up itself takes
    /// nothing meanwhile, so half of the queue may never become free.
    pub(super) fn use_room_of_inbox(&self, stage: usize) {
        let queues = lock(&self.stages[stage].inbox).take_waiting_with_room();
        for queue in queues {
            match self.plan.stages[stage].inputs[queue].producer {
                Some(producer) => self.notify_from(producer, stage),
                None => self.callers.wake(),
            }
        }
    }

    /// Wakes the stages that wait for room on the caller's side and have some: a caller that waits to send takes
    /// nothing meanwhile, so half of the queue may never become free.
    pub(crate) fn use_room_for_outputs(&self) {
        let queues = lock(&self.outlet).take_waiting_with_room();
        for queue in queues {
            self.notify(self.plan.caller_producers[queue]);
        }
    }

    pub(crate) fn close_input(&self, input: usize) {
        let (stage, queue) = self.plan.session_input(&self.graph, input);
        let was_open = lock(&self.stages[stage].inbox).close(queue);
        if was_open {
            self.notify(stage);
        }
    }

    pub(super) fn close_session_inputs(&self) {
        for input in 0..self.graph.inputs.len() {
            self.close_input(input);
        }
    }

    /// Takes the next packet for the caller, from one session output or from any.
    pub(crate) fn take_output(&self, output: Option<usize>) -> Taken {
        loop {
            let popped = {
                let mut outlet = lock(&self.outlet);
                match output {
                    Some(output) => outlet.pop_from(output),
                    None => outlet.pop(),
                }
            };
            match popped {
                Popped::Empty => return Taken::Empty,
                Popped::Ended => return Taken::Ended,
                Popped::Packet { queue, packet, wake_producer } => {
                    if wake_producer {
                        self.notify(self.plan.caller_producers[queue]);
                    }
                    if !packet.is_stale(self.epoch()) {
                        return Taken::Packet(queue, packet);
                    }
                    lock(&self.outlet).count_stale(queue);
                }
            }
        }
    }

    /// Discards what waits for the caller now, and lets stages use the room. Gives whether the session was over before,
    /// so that nothing more comes.
    pub(crate) fn discard_outputs(&self) -> bool {
        let is_over = self.is_over();
        let given_up = lock(&self.outlet).discard(self.epoch());
        drop(given_up);
        self.use_room_for_outputs();
        is_over
    }

    pub(super) fn clear_outlet(&self) {
        let given_up = lock(&self.outlet).close_and_clear();
        drop(given_up);
        self.callers.wake();
    }

    /// Depth, capacity and drops of the queue on an edge, if the edge has one.
    pub(crate) fn edge_queue(&self, edge: usize) -> Option<(usize, usize, u64)> {
        let to = self.plan.placement[self.graph.edges[edge].to.node].stage;
        let queue = self.plan.stages[to].inputs.iter().position(|input| input.edge == Some(edge))?;
        let inbox = lock(&self.stages[to].inbox);
        let queue = inbox.queue(queue);
        Some((queue.depth(), queue.capacity(), queue.dropped()))
    }

    /// Depth, capacity and drops of the queue to the caller behind a session output.
    pub(crate) fn output_queue(&self, output: usize) -> (usize, usize, u64) {
        let outlet = lock(&self.outlet);
        let queue = outlet.queue(output);
        (queue.depth(), queue.capacity(), queue.dropped())
    }

    /// Depth, capacity and drops of the queue behind a session input.
    pub(crate) fn input_queue(&self, input: usize) -> (usize, usize, u64) {
        let (stage, queue) = self.plan.session_input(&self.graph, input);
        let inbox = lock(&self.stages[stage].inbox);
        let queue = inbox.queue(queue);
        (queue.depth(), queue.capacity(), queue.dropped())
    }
}
