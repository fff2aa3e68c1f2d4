use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

/// Who waits in this process, and the thread that wakes them.
static TIMER: Timer = Timer {
    state: Mutex::new(State {
        waiting: BTreeMap::new(),
        next: 0,
        running: false,
    }),
    changed: Condvar::new(),
};

/// The thread ends when no task has waited for so long.
const IDLE: Duration = Duration::from_secs(10);

struct Timer {
    // No waker is called under it.
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: BTreeMap<TimerKey, Waker>,
    next: u64,
    running: bool,
}

/// When, and what tells those of one moment apart.
type TimerKey = (Instant, u64);

/// A wait in real time.
pub(super) struct RealSleep {
    /// `None` is never.
    until: Option<Instant>,
    asked: Option<(TimerKey, Waker)>,
}

impl RealSleep {
    pub(super) fn new(duration: Duration) -> Self {
        Self {
            until: Instant::now().checked_add(duration),
            asked: None,
        }
    }

    fn forget(&mut self) {
        if let Some((place, _)) = self.asked.take() {
            TIMER.lock().waiting.remove(&place);
        }
    }
}

impl Future for RealSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else {
            return Poll::Pending;
        };
        if Instant::now() >= until {
            self.forget();
            return Poll::Ready(());
        }
        let waker = cx.waker();
        if let Some((_, asked)) = &self.asked
            && asked.will_wake(waker)
        {
            return Poll::Pending;
        }
        self.forget();
        match TIMER.wake(until, waker) {
            Some(place) => self.asked = Some((place, waker.clone())),
            // Without a thread, the task that polls looks at the clock itself.
            None => waker.wake_by_ref(),
        }
        Poll::Pending
    }
}

impl Drop for RealSleep {
    fn drop(&mut self) {
        self.forget();
    }
}

impl Timer {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `waker` woken at `until`; `None` when there can be no thread for it.
    fn wake(&'static self, until: Instant, waker: &Waker) -> Option<TimerKey> {
        let mut state = self.lock();
        if !state.running {
            let started = thread::Builder::new()
                .name("plumberd-timer".into())
                .spawn(|| self.run());
            state.running = started.is_ok();
        }
        if !state.running {
            return None;
        }
        let place = (until, state.next);
        state.next = state.next.wrapping_add(1);
        state.waiting.insert(place, waker.clone());
        let is_next = state
            .waiting
            .first_key_value()
            .is_some_and(|(first, _)| *first == place);
        drop(state);
        if is_next {
            self.changed.notify_one();
        }
        Some(place)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let later = state.waiting.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut state.waiting, later);
            if !due.is_empty() {
                drop(state);
                for waker in due.into_values() {
                    waker.wake();
                }
                state = self.lock();
                continue;
            }
            let next = state.waiting.first_key_value().map(|((at, _), _)| *at);
            let pause = next.map_or(IDLE, |at| at.saturating_duration_since(now));
            let (woken, waited) = self
                .changed
                .wait_timeout(state, pause)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if next.is_none() && waited.timed_out() && state.waiting.is_empty() {
                state.running = false;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    struct Told(AtomicBool, thread::Thread);

    impl std::task::Wake for Told {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Release);
            self.1.unpark();
        }
    }

    fn poll(sleep: &mut RealSleep, told: &Arc<Told>) -> Poll<()> {
        let waker = Waker::from(Arc::clone(told));
        Pin::new(sleep).poll(&mut Context::from_waker(&waker))
    }

    fn told() -> Arc<Told> {
        Arc::new(Told(AtomicBool::new(false), thread::current()))
    }

    #[test]
    fn a_waiter_is_woken_without_a_runtime_and_not_before_the_time() {
        let begun = Instant::now();
        let time = Duration::from_millis(20);
        let (mut late, mut early) = (
            RealSleep::new(Duration::from_secs(3_600)),
            RealSleep::new(time),
        );
        let (told_late, told_early) = (told(), told());

        assert!(poll(&mut late, &told_late).is_pending());
        assert!(poll(&mut early, &told_early).is_pending());
        while !told_early.0.load(Ordering::Acquire) {
            thread::park();
        }

        assert!(poll(&mut early, &told_early).is_ready());
        assert!(begun.elapsed() >= time);
        assert!(!told_late.0.load(Ordering::Acquire));
    }

    #[test]
    fn a_wait_that_is_dropped_is_forgotten() {
        let mut sleep = RealSleep::new(Duration::from_secs(3_600));
        assert!(poll(&mut sleep, &told()).is_pending());
        let place = sleep.asked.as_ref().map(|(place, _)| *place).unwrap();
        assert!(TIMER.lock().waiting.contains_key(&place));

        drop(sleep);

        assert!(!TIMER.lock().waiting.contains_key(&place));
    }

    #[test]
    fn a_time_that_no_clock_reaches_is_never() {
        let told = told();

        assert!(poll(&mut RealSleep::new(Duration::MAX), &told).is_pending());
    }
}
