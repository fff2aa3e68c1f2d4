use crate::store::{EventStream, Page, StoreError, toolkit::rules::ReadWindow};
use futures_util::stream::unfold;
use tokio::{
    runtime::{Handle, Id},
    task::JoinHandle,
};

/// A page, and what is left to read after it. No page: there was nothing left.
type Turned = (Result<Option<Page>, StoreError>, ReadWindow);

/// A page that is read before it is asked for; the reader gave it up when
/// this is dropped.
struct Prefetch {
    task: JoinHandle<Turned>,
    runtime: Id,
}

impl Prefetch {
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

impl Drop for Prefetch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How far a read has come.
struct PageCursor {
    window: ReadWindow,
    begun: bool,
    prefetched: Option<Prefetch>,
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
    let cursor = PageCursor {
        window,
        begun: false,
        prefetched: None,
    };
    EventStream::from_pages(unfold((cursor, read), |(mut cursor, read)| async move {
        let prefetched = match cursor.prefetched.take() {
            Some(prefetched) => prefetched.page().await,
            None => None,
        };
        let (page, window) = match prefetched {
            Some(turned) => turned,
            None => read(cursor.window, cursor.begun).await,
        };
        let page = page.transpose()?;
        if cursor.begun && page.is_ok() && window.bounds().is_some() {
            cursor.prefetched = Prefetch::begin(read(window, true));
        }
        cursor.window = window;
        cursor.begun = true;
        Some((page, (cursor, read)))
    }))
}
