use std::{
    fmt,
    sync::mpsc::{Sender, channel},
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// A hold that a task keeps and never polls must not keep a runtime from
/// ending for longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Keeps Tokio's clock, where it is paused, from jumping ahead until the
/// returned value is dropped: for what works on a thread of its own, or on
/// another machine, while every task waits for it.
///
/// It does nothing where the clock is not paused, and outside of a runtime. A
/// thread that answers keeps it until after the answer was sent.
///
/// ```
/// use plumberd::timer::hold_clock;
///
/// let held = hold_clock();
/// let answer = std::thread::spawn(move || {
///     let answer = 6 * 7;
///     drop(held);
///     answer
/// });
/// # assert_eq!(answer.join().unwrap(), 42);
/// ```
#[must_use = "the clock is held as long as this lives"]
pub fn hold_clock() -> ClockHold {
    if !is_paused() {
        return ClockHold(None);
    }
    let Ok(runtime) = Handle::try_current() else {
        return ClockHold(None);
    };
    // The clock stands still while a blocking task runs.
    let (held, released) = channel::<()>();
    runtime.spawn_blocking(move || {
        let _ = released.recv_timeout(LONGEST);
    });
    ClockHold(Some(held))
}

/// What [`hold_clock`] gives.
#[derive(Default)]
pub struct ClockHold(Option<Sender<()>>);

impl fmt::Debug for ClockHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClockHold")
            .field("holds", &self.0.is_some())
            .finish()
    }
}

/// Whether Tokio's clock shows another time than the machine's: Tokio has no
/// way to ask. It also does after it was resumed; then it runs as fast.
pub(super) fn is_paused() -> bool {
    let before = Instant::now();
    let shown = tokio::time::Instant::now().into_std();
    shown < before || shown > Instant::now()
}
