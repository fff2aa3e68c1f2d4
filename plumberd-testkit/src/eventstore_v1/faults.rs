use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tonic::{Code, Status};

/// What becomes of one append. The numbers are gRPC's codes: 13 is `INTERNAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendFault {
    /// It is carried out, and its connection is cut before the answer.
    CutAfterCommit,
    /// It is carried out, and answered with this code.
    AnswerAfterCommit(i32),
    /// It is not carried out, and answered with this code.
    Refuse(i32),
}

/// What is to go wrong, and what is counted meanwhile.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// So many appends are carried out and not answered.
    cuts: AtomicUsize,
    /// So many calls wait for ever.
    silences: AtomicUsize,
    /// What becomes of the next appends.
    appends: Mutex<VecDeque<AppendFault>>,
    /// So many reads are answered with this code.
    reads: Mutex<(usize, i32)>,
    /// How many events subscriptions were told of.
    told: AtomicUsize,
    /// How many reads there were.
    asked: AtomicUsize,
    /// How many calls there were.
    calls: AtomicUsize,
}

impl Faults {
    pub(super) fn cut_appends(&self, count: usize) {
        self.cuts.store(count, Ordering::SeqCst);
    }

    pub(super) fn silence_calls(&self, count: usize) {
        self.silences.store(count, Ordering::SeqCst);
    }

    pub(super) fn fail_appends(&self, faults: impl IntoIterator<Item = AppendFault>) {
        *lock(&self.appends) = faults.into_iter().collect();
    }

    pub(super) fn refuse_reads(&self, count: usize, code: i32) {
        *lock(&self.reads) = (count, code);
    }

    pub(super) fn cuts_append(&self) -> bool {
        take(&self.cuts)
    }

    pub(super) fn silences_call(&self) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst);
        take(&self.silences)
    }

    /// What becomes of the append that has come.
    pub(super) fn next_append(&self) -> Option<AppendFault> {
        lock(&self.appends).pop_front()
    }

    pub(super) fn check_read(&self) -> Result<(), Status> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut reads = lock(&self.reads);
        match reads.0.checked_sub(1) {
            None => Ok(()),
            Some(left) => {
                reads.0 = left;
                Err(on_cue(reads.1))
            }
        }
    }

    pub(super) fn tell(&self) {
        self.told.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(super) fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }
}

/// An answer that was asked for.
pub(super) fn on_cue(code: i32) -> Status {
    Status::new(Code::from_i32(code), "on cue")
}

fn take(count: &AtomicUsize) -> bool {
    let one_less = |count: usize| count.checked_sub(1);
    count
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
        .is_ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
