use std::{error::Error, fmt};

/// Why an account refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountError {
    /// It was opened before.
    AlreadyOpen,
    /// It was not opened, or is closed.
    NotOpen,
    /// There is not so much on it.
    InsufficientFunds {
        /// What there is.
        balance: u64,
    },
    /// More than an account can hold.
    TooMuch,
    /// It cannot be closed with something on it.
    NotEmpty {
        /// What there is.
        balance: u64,
    },
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyOpen => f.write_str("the account is open already"),
            Self::NotOpen => f.write_str("the account is not open"),
            Self::InsufficientFunds { balance } => {
                write!(f, "there is only {balance} on the account")
            }
            Self::TooMuch => f.write_str("the account cannot hold so much"),
            Self::NotEmpty { balance } => write!(f, "there is still {balance} on the account"),
        }
    }
}

impl Error for AccountError {}
