//! Waiting, also where there is no runtime with a clock.

use std::{
    future::poll_fn,
    sync::{Mutex, PoisonError},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

/// How often [`tick`] comes.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Waits so long: by Tokio's clock inside its runtimes, else by the machine's.
pub(crate) async fn pause(time: Duration) {
    if tokio::runtime::Handle::try_current().is_ok() {
        tokio::time::sleep(time).await;
        return;
    }
    let begun = Instant::now();
    while begun.elapsed() < time {
        tick().await;
    }
}

/// Those who wait for the next tick, and whether a thread will wake them.
static WAITING: Mutex<(Vec<Waker>, bool)> = Mutex::new((Vec::new(), false));

/// Waits for [`TICK`], by the machine's clock.
///
/// A thread of its own wakes whoever waits, and ends when nobody does. So it
/// comes in a runtime whose clock stands still: one that is paused, or whose
/// only thread is blocked.
pub(crate) async fn tick() {
    let begun = Instant::now();
    poll_fn(|context| {
        if begun.elapsed() >= TICK {
            return Poll::Ready(());
        }
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.0.push(context.waker().clone());
        if !waiting.1 {
            let thread = std::thread::Builder::new().name("plumberd-tick".to_owned());
            // A machine that has no thread left is not made to wait either.
            if thread.spawn(wake).is_err() {
                return Poll::Ready(());
            }
            waiting.1 = true;
        }
        Poll::Pending
    })
    .await;
}

/// Wakes all who wait, tick by tick, until nobody does.
fn wake() {
    loop {
        std::thread::sleep(TICK);
        let woken = {
            let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.1 = !waiting.0.is_empty();
            std::mem::take(&mut waiting.0)
        };
        if woken.is_empty() {
            return;
        }
        woken.into_iter().for_each(Waker::wake);
    }
}
