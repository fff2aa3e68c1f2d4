use std::collections::{HashMap, VecDeque};

/// A queue of jobs: those of one key run one after another, and at most `limit`
/// of all at once.
#[derive(Debug)]
pub(super) struct KeyedQueue<J> {
    limit: usize,
    running: usize,
    waiting: usize,
    /// The first job of each key that may run.
    ready: VecDeque<(String, J)>,
    /// The keys with a job that is ready or runs, and the jobs behind it.
    behind: HashMap<String, VecDeque<J>>,
}

impl<J> KeyedQueue<J> {
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

    /// Puts a job behind the others of its key.
    pub(super) fn push(&mut self, key: String, job: J) {
        self.waiting += 1;
        if let Some(behind) = self.behind.get_mut(&key) {
            behind.push_back(job);
        } else {
            self.behind.insert(key.clone(), VecDeque::new());
            self.ready.push_back((key, job));
        }
    }

    /// The next job that may run; no other of its key runs until it has finished.
    pub(super) fn next(&mut self) -> Option<(String, J)> {
        if self.running >= self.limit {
            return None;
        }
        let next = self.ready.pop_front()?;
        self.waiting -= 1;
        self.running += 1;
        Some(next)
    }

    /// The job of this key has finished.
    pub(super) fn finished(&mut self, key: String) {
        self.running = self.running.saturating_sub(1);
        if let Some(behind) = self.behind.get_mut(&key) {
            match behind.pop_front() {
                Some(job) => self.ready.push_back((key, job)),
                None => drop(self.behind.remove(&key)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_order_and_others_go_past_it() {
        let mut queue = KeyedQueue::new(2);
        for (key, job) in [("a", 1), ("a", 2), ("b", 3), ("c", 4)] {
            queue.push(key.to_owned(), job);
        }
        let next = |queue: &mut KeyedQueue<_>| queue.next().map(|(_, job)| job);

        assert_eq!((next(&mut queue), next(&mut queue)), (Some(1), Some(3)));
        assert_eq!(next(&mut queue), None, "two run");
        queue.finished("a".to_owned());
        assert_eq!(
            next(&mut queue),
            Some(4),
            "it came before the second of `a`"
        );
        queue.finished("b".to_owned());
        assert_eq!(next(&mut queue), Some(2));
        queue.finished("a".to_owned());
        queue.finished("c".to_owned());
        assert!(queue.behind.is_empty() && queue.waiting() == 0);
    }
}
