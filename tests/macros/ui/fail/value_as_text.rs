use plumberd::{Event, EventValue};
use std::{fmt, str::FromStr};

struct NotDisplayed;

impl FromStr for NotDisplayed {
    type Err = fmt::Error;

    fn from_str(_: &str) -> Result<Self, fmt::Error> {
        Err(fmt::Error)
    }
}

#[derive(EventValue)]
#[event(as_text)]
struct ReadOnly(String);

impl FromStr for ReadOnly {
    type Err = fmt::Error;

    fn from_str(_: &str) -> Result<Self, fmt::Error> {
        Err(fmt::Error)
    }
}

struct HalfOfIt;

impl fmt::Display for HalfOfIt {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

struct NoReason;

impl fmt::Display for NoReason {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl FromStr for NoReason {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Ok(Self)
    }
}

#[derive(Event)]
struct Opened {
    #[event(as_text)]
    owner: NotDisplayed,
    #[event(as_text)]
    half: Option<HalfOfIt>,
    #[event(as_text)]
    more: Vec<NoReason>,
}

fn main() {}
