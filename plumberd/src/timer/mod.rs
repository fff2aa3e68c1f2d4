//! Waiting for a time, on any runtime and on none.
//!
//! A store may be used from a second Tokio runtime, from one without a timer,
//! and outside of any. So nothing in plumberd waits with `tokio::time`; it
//! waits with what is here, which a thread of its own wakes.
//!
//! # Which clock
//!
//! * [`sleep`] and [`timeout`] run on real time, or on Tokio's clock where that
//!   is paused (`#[tokio::test(start_paused = true)]`): pauses between retries,
//!   how long a command may take.
//! * [`sleep_real`] and [`timeout_real`] always run on real time: what is
//!   waited for is outside the program, a server or another process.
//! * A paused clock jumps ahead as soon as every task waits, also when they
//!   wait for a thread that works. [`hold_clock`] keeps it from that. The
//!   backends of this crate hold it while they work for a call.

mod hold;
mod real;

pub use hold::{ClockHold, hold_clock};

use futures_util::future::{Either, select};
use hold::is_paused;
use real::RealSleep;
use std::{
    fmt,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

/// Waits for `duration`: on Tokio's clock where it is paused, else in real
/// time. [`Duration::MAX`] never ends.
///
/// It counts from the call, not from the first poll.
///
/// # Examples
///
/// ```
/// use plumberd::timer::sleep;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// sleep(Duration::from_millis(1)).await;
/// # }
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    if is_paused() {
        Sleep(Kind::Paused(Box::pin(tokio::time::sleep(duration))))
    } else {
        sleep_real(duration)
    }
}

/// Whether there is a Tokio runtime around the call, with a timer: what
/// connections and `tokio::time` need. Tokio panics where there is none, and has
/// no way to ask.
///
/// # Examples
///
/// ```
/// assert!(!plumberd::timer::has_timer());
///
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
/// assert!(runtime.block_on(async { plumberd::timer::has_timer() }));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn has_timer() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
        && std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok()
}

/// Waits for `duration` in real time, whatever Tokio's clock does.
pub fn sleep_real(duration: Duration) -> Sleep {
    Sleep(Kind::Real(RealSleep::new(duration)))
}

/// What `future` comes to, if it does within `duration`: on Tokio's clock where
/// it is paused, else in real time.
///
/// # Errors
///
/// [`Elapsed`]; the future is dropped.
///
/// # Cancel safety
///
/// As the future's.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    within(sleep(duration), future).await
}

/// What `future` comes to, if it does within `duration` of real time.
///
/// # Errors
///
/// [`Elapsed`]; the future is dropped.
///
/// # Cancel safety
///
/// As the future's.
pub async fn timeout_real<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    within(sleep_real(duration), future).await
}

async fn within<F: Future>(sleep: Sleep, future: F) -> Result<F::Output, Elapsed> {
    match select(pin!(future), sleep).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Elapsed),
    }
}

/// A wait that has begun.
#[must_use = "it waits only when it is awaited"]
pub struct Sleep(Kind);

enum Kind {
    Real(RealSleep),
    Paused(Pin<Box<tokio::time::Sleep>>),
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Kind::Real(sleep) => Pin::new(sleep).poll(cx),
            Kind::Paused(sleep) => sleep.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = match self.0 {
            Kind::Real(_) => "real time",
            Kind::Paused(_) => "Tokio's",
        };
        f.debug_struct("Sleep").field("clock", &clock).finish()
    }
}

/// The time was over first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it took longer than it may")]
pub struct Elapsed;

crate::error::always!(OutcomeUnknown: Elapsed);
