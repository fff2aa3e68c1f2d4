use super::BACKEND;
use crate::store::{EventStream, Page, StoreError, rules::ReadWindow};
use futures_util::stream::unfold;
use tokio::task::JoinHandle;

/// A page, and what is left to read after it. No page: there was nothing left.
type Turned = (Result<Option<Page>, StoreError>, ReadWindow);

/// A page that is read before it is asked for; nobody wants it any more when
/// this is dropped.
struct Ahead(JoinHandle<Turned>);

impl Ahead {
    async fn page(mut self, window: ReadWindow) -> Turned {
        (&mut self.0).await.unwrap_or_else(|error| {
            // The runtime is shutting down.
            let error = StoreError::Unavailable {
                backend: BACKEND,
                source: error.into(),
            };
            (Err(error), window)
        })
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
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
        let (page, window) = match place.ahead.take() {
            Some(ahead) => ahead.page(place.window).await,
            None => read(place.window, place.begun).await,
        };
        let page = page.transpose()?;
        if place.begun && page.is_ok() && window.bounds().is_some() {
            place.ahead = Some(Ahead(tokio::spawn(read(window, true))));
        }
        place.window = window;
        place.begun = true;
        Some((page, (place, read)))
    }))
}
