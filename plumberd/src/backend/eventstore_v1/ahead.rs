use crate::store::{EventStream, Page, StoreError, rules::ReadWindow};
use futures_util::stream::unfold;
use tokio::{
    runtime::{Handle, Id},
    task::JoinHandle,
};

/// A page, and what is left to read after it. No page: there was nothing left.
type Turned = (Result<Option<Page>, StoreError>, ReadWindow);

/// A page that is read before it is asked for; the reader gave it up when
/// this is dropped.
struct Ahead {
    task: JoinHandle<Turned>,
    runtime: Id,
}

impl Ahead {
    fn begin(reading: impl Future<Output = Turned> + Send + 'static) -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        Some(Self {
            task: runtime.spawn(reading),
            runtime: runtime.id(),
        })
    }

    /// `None` when the runtime it is read in is another one, which may not be
    /// run, or has ended.
    async fn page(mut self) -> Option<Turned> {
        let here = Handle::try_current().ok()?;
        if here.id() != self.runtime {
            return None;
        }
        (&mut self.task).await.ok()
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How far a read has come.
struct Place {
    window: ReadWindow,
    begun: bool,
    ahead: Option<Ahead>,
}

/// The pages of a read through `window`. `read` reads one, and is told whether
/// one was read before.
///
/// Who asks for a second page mostly wants all of them: from then on the next
/// page is on its way while a page is taken in.
pub(super) fn pages<F, R>(window: ReadWindow, read: F) -> EventStream
where
    F: Fn(ReadWindow, bool) -> R + Send + 'static,
    R: Future<Output = Turned> + Send + 'static,
{
    let place = Place {
        window,
        begun: false,
        ahead: None,
    };
    EventStream::from_pages(unfold((place, read), |(mut place, read)| async move {
        let ahead = match place.ahead.take() {
            Some(ahead) => ahead.page().await,
            None => None,
        };
        let (page, window) = match ahead {
            Some(turned) => turned,
            None => read(place.window, place.begun).await,
        };
        let page = page.transpose()?;
        if place.begun && page.is_ok() && window.bounds().is_some() {
            place.ahead = Ahead::begin(read(window, true));
        }
        place.window = window;
        place.begun = true;
        Some((page, (place, read)))
    }))
}
