//! Subscriptions for backends that are read page by page.
