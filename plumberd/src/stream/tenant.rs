use std::{fmt, str::FromStr, sync::Arc};

/// The name of a tenant: one of several customers who share a store and never
/// see each other's events.
///
/// 1 to [`TenantId::MAX_LEN`] bytes of UTF-8 without control characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The longest tenant name, in bytes.
    pub const MAX_LEN: usize = 200;

    /// Takes `name` as a tenant's.
    ///
    /// # Errors
    ///
    /// [`InvalidTenant`] when the name is empty, too long, or has control
    /// characters.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, InvalidTenant> {
        let name = name.into();
        if name.is_empty() {
            Err(InvalidTenant("it is empty"))
        } else if name.len() > Self::MAX_LEN {
            Err(InvalidTenant("it is longer than 200 bytes"))
        } else if name.chars().any(char::is_control) {
            Err(InvalidTenant("it contains a control character"))
        } else {
            Ok(Self(name))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenant;

    fn from_str(name: &str) -> Result<Self, InvalidTenant> {
        Self::new(name)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// Why a text is not a tenant's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a tenant name: {0}")]
pub struct InvalidTenant(&'static str);

crate::error::always!(Invalid: InvalidTenant);
crate::json::as_text!(TenantId: TenantId::new);
