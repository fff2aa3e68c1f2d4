use std::collections::{HashMap, VecDeque};

/// Jobs that wait for their turn: those of one lane run one after another, and
/// at most `limit` at once.
#[derive(Debug)]
pub(super) struct Lanes<J> {
    limit: usize,
    running: usize,
    waiting: usize,
    /// The first of each lane that may run.
    ready: VecDeque<(String, J)>,
    /// Lanes with a job that is ready or runs, and what comes after it.
    behind: HashMap<String, VecDeque<J>>,
}

impl<J> Lanes<J> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            running: 0,
            waiting: 0,
            ready: VecDeque::new(),
            behind: HashMap::new(),
        }
    }

    /// How many wait.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Puts a job at the end of its lane.
    pub(super) fn push(&mut self, lane: String, job: J) {
        self.waiting += 1;
        if let Some(behind) = self.behind.get_mut(&lane) {
            behind.push_back(job);
        } else {
            self.behind.insert(lane.clone(), VecDeque::new());
            self.ready.push_back((lane, job));
        }
    }

    /// The next job that may run; its lane is taken until it has finished.
    pub(super) fn next(&mut self) -> Option<(String, J)> {
        if self.running >= self.limit {
            return None;
        }
        let next = self.ready.pop_front()?;
        self.waiting -= 1;
        self.running += 1;
        Some(next)
    }

    /// The job of this lane has finished.
    pub(super) fn finished(&mut self, lane: String) {
        self.running = self.running.saturating_sub(1);
        if let Some(behind) = self.behind.get_mut(&lane) {
            match behind.pop_front() {
                Some(job) => self.ready.push_back((lane, job)),
                None => drop(self.behind.remove(&lane)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_keeps_its_order_and_others_go_past_it() {
        let mut lanes = Lanes::new(2);
        for (lane, job) in [("a", 1), ("a", 2), ("b", 3), ("c", 4)] {
            lanes.push(lane.to_owned(), job);
        }
        let next = |lanes: &mut Lanes<_>| lanes.next().map(|(_, job)| job);

        assert_eq!((next(&mut lanes), next(&mut lanes)), (Some(1), Some(3)));
        assert_eq!(next(&mut lanes), None, "two run");
        lanes.finished("a".to_owned());
        assert_eq!(
            next(&mut lanes),
            Some(4),
            "it came before the second of `a`"
        );
        lanes.finished("b".to_owned());
        assert_eq!(next(&mut lanes), Some(2));
        lanes.finished("a".to_owned());
        lanes.finished("c".to_owned());
        assert!(lanes.behind.is_empty() && lanes.waiting() == 0);
    }
}
