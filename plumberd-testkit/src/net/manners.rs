use super::SPEAKS_WITHIN;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::{Instant, Sleep};

/// The length of the words that a client says it speaks HTTP/2 with.
const PREFACE: usize = 24;

/// The length of what a frame begins with.
const HEAD: usize = 9;

const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Whether a client goes on with what it has begun to say: its greeting, up to
/// the end of its first frame; then every frame, and headers up to the last of
/// the frames that they are spread over. Each has its time all together,
/// however often a byte of it comes.
///
/// Between frames a client may be silent: pings find out whether it is there.
#[derive(Debug)]
pub(crate) struct Manners {
    place: Place,
    /// Headers have begun, and not ended.
    in_headers: bool,
    /// Until when what has begun must be over.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Where in the bytes of a connection it is.
#[derive(Debug)]
enum Place {
    Preface {
        missing: usize,
    },
    /// Before the end of the next frame's head.
    Head {
        bytes: [u8; HEAD],
        known: usize,
    },
    Payload {
        missing: usize,
        last: bool,
    },
}

impl Manners {
    /// Of a client that has just come.
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Preface { missing: PREFACE },
            in_headers: false,
            deadline: Some(deadline()),
        }
    }

    /// Takes in what was read.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while let Some((first, _)) = bytes.split_first() {
            let first = *first;
            let taken = match &mut self.place {
                Place::Preface { missing } => {
                    let taken = bytes.len().min(*missing);
                    *missing -= taken;
                    if *missing == 0 {
                        self.place = Place::head();
                    }
                    taken
                }
                Place::Head { bytes: head, known } => {
                    head[*known] = first;
                    *known += 1;
                    if *known == HEAD {
                        let head = *head;
                        self.frame(head);
                    } else if self.deadline.is_none() {
                        self.deadline = Some(deadline());
                    }
                    1
                }
                Place::Payload { missing, last } => {
                    let taken = bytes.len().min(*missing);
                    *missing -= taken;
                    if *missing == 0 {
                        let last = *last;
                        self.ends(last);
                    }
                    taken
                }
            };
            bytes = &bytes[taken..];
        }
    }

    /// A frame has this head.
    fn frame(&mut self, head: [u8; HEAD]) {
        let [a, b, c, kind, flags, ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]);
        let opens = matches!(kind, HEADERS | PUSH_PROMISE | CONTINUATION);
        if opens {
            self.in_headers = flags & END_HEADERS == 0;
        }
        let last = !self.in_headers;
        match usize::try_from(length).unwrap_or(usize::MAX) {
            0 => self.ends(last),
            missing => self.place = Place::Payload { missing, last },
        }
    }

    /// A frame is over, and what it is a part of if it is the last one of it.
    fn ends(&mut self, last: bool) {
        self.place = Place::head();
        if last {
            self.deadline = None;
        }
    }

    /// Whether the client has taken too long.
    pub(crate) fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl Place {
    const fn head() -> Self {
        Self::Head {
            bytes: [0; HEAD],
            known: 0,
        }
    }
}

fn deadline() -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep_until(Instant::now() + SPEAKS_WITHIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::time::{advance, timeout};

    const GREETING: [u8; PREFACE + HEAD] = {
        let mut greeting = [b'x'; PREFACE + HEAD];
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let mut at = 0;
        while at < HEAD {
            greeting[PREFACE + at] = settings[at];
            at += 1;
        }
        greeting
    };

    async fn is_overdue(manners: &mut Manners) -> bool {
        let over = poll_fn(|cx| manners.poll_overdue(cx));
        timeout(std::time::Duration::ZERO, over).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_dribbled_has_its_time_all_together() {
        let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        // Headers over three frames, of which the last one says so.
        let headers = [
            [0, 0, 1, HEADERS, 0, 0, 0, 0, 1, b'a'],
            [0, 0, 1, CONTINUATION, 0, 0, 0, 0, 1, b'b'],
            [0, 0, 1, CONTINUATION, END_HEADERS, 0, 0, 0, 1, b'c'],
        ];
        for (greeted, said) in [
            (false, GREETING.as_slice()),
            (true, &ping),
            (true, headers.as_flattened()),
        ] {
            let mut manners = Manners::new();
            if greeted {
                manners.read(&GREETING);
                advance(SPEAKS_WITHIN * 100).await;
                assert!(!is_overdue(&mut manners).await, "silence is no offence");
            }
            let (last, first) = said.split_last().unwrap();
            let pause = SPEAKS_WITHIN / u32::try_from(first.len()).unwrap();
            for byte in first {
                assert!(!is_overdue(&mut manners).await);
                manners.read(&[*byte]);
                advance(pause).await;
            }
            let mut in_time = Manners::new();
            if greeted {
                in_time.read(&GREETING);
            }
            in_time.read(said);
            // A timer rounds up to whole milliseconds.
            advance(SPEAKS_WITHIN + std::time::Duration::from_millis(1)).await;

            assert!(is_overdue(&mut manners).await, "{said:?}");
            assert!(!is_overdue(&mut in_time).await, "{said:?}");
            manners.read(&[*last]);
            assert!(!is_overdue(&mut manners).await, "it is over");
        }
    }
}
