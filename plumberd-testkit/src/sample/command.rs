/// Opens an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Whose it is to be.
    pub owner: String,
}

/// Puts an amount on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credit {
    /// How much.
    pub amount: u64,
}

/// Takes an amount off an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Debit {
    /// How much.
    pub amount: u64,
}

/// Closes an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close;
