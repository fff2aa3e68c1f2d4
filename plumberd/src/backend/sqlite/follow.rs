use super::read::{PageRead, Readers};
use crate::store::{
    StoreError,
    toolkit::{
        follow::{Cursor, FollowPage, PageSource},
        rules::ReadWindow,
    },
};
use std::marker::PhantomData;

/// The pages of a subscription.
pub(super) struct Following<R, C, H> {
    pub(super) read: R,
    pub(super) readers: Readers,
    pub(super) page_events: usize,
    /// What was deleted up to this position has been told.
    pub(super) told: u64,
    pub(super) window: fn(Option<C>) -> ReadWindow,
    pub(super) cursor: fn(u64) -> C,
    pub(super) number: fn(C) -> u64,
    pub(super) _open: H,
    pub(super) _cursor: PhantomData<C>,
}

impl<R: PageRead, C: Cursor, H: Send + 'static> PageSource for Following<R, C, H> {
    type Cursor = C;

    async fn read_page(&mut self, after: Option<C>) -> Result<FollowPage<C>, StoreError> {
        let (read, window) = (self.read.clone(), (self.window)(after));
        let (most, number, told) = (self.page_events, self.number, self.told);
        let page = self
            .readers
            .read(move |session| {
                let page = read.follow(session, &window, most, told)?;
                if let Some(after) = after.filter(|_| page.events.is_empty()) {
                    // Another process may have put an older file there.
                    read.check_reached(session, number(after))?;
                }
                Ok(page)
            })
            .await?;
        self.told = self.told.max(page.told);
        let considered = page.looked_at.map(self.cursor);
        let made = if page.more {
            FollowPage::followed(page.events, considered)
        } else {
            FollowPage::last(page.events, considered)
        };
        Ok(made
            .with_deleted(page.deleted)
            .passing_over(page.passed_over))
    }
}
