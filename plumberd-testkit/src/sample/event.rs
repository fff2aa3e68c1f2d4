use plumberd::Event;

/// An account was opened.
#[derive(Event, Debug, Clone, PartialEq, Eq)]
pub struct AccountOpened {
    /// Whose it is.
    pub owner: String,
}

/// An amount was put on an account.
#[derive(Event, Debug, Clone, PartialEq, Eq)]
pub struct AccountCredited {
    /// How much.
    pub amount: u64,
    /// What is on it now.
    pub balance: u64,
}

/// An amount was taken off an account.
#[derive(Event, Debug, Clone, PartialEq, Eq)]
pub struct AccountDebited {
    /// How much.
    pub amount: u64,
    /// What is on it now.
    pub balance: u64,
}

/// An account was closed.
#[derive(Event, Debug, Clone, PartialEq, Eq)]
pub struct AccountClosed;
