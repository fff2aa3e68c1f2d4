use super::status;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use plumberd::{BoxError, clock::Clock};
use ring::{
    pbkdf2,
    rand::{SecureRandom, SystemRandom},
};
use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tonic::{Status, codegen::http::HeaderMap};

/// Its members may manage users.
const ADMINS: &str = "$admins";

/// Its members may manage persistent subscriptions and projections, as
/// admins may.
const OPERATORS: &str = "$ops";

/// The password of the users that are there from the beginning.
const INITIAL: &str = "changeit";

const ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;

/// Few, because every call of a client is checked; what is kept here protects
/// a password that a developer uses elsewhere too, not a production system.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

/// A password on its way. It is never printed.
#[derive(Clone)]
pub(super) struct Password(pub(super) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Who may call.
#[derive(Debug, Clone, Default)]
pub(super) struct AuthConfig {
    pub(super) required: bool,
    pub(super) users: Vec<(String, Password)>,
}

/// Who calls; it is among the extensions of every request that was let in.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// None where no password is asked for.
    pub(super) login: Option<String>,
    pub(super) admin: bool,
    pub(super) operator: bool,
}

/// A user of the server.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) full_name: String,
    pub(super) groups: Vec<String>,
    pub(super) disabled: bool,
    pub(super) updated: DateTime<Utc>,
    secret: Secret,
}

/// What is kept of a password.
#[derive(Clone)]
struct Secret {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    fn new(password: &str) -> Result<Self, ring::error::Unspecified> {
        let (mut salt, mut hash) = ([0; 16], [0; 32]);
        SystemRandom::new().fill(&mut salt)?;
        pbkdf2::derive(ALGORITHM, ITERATIONS, &salt, password.as_bytes(), &mut hash);
        Ok(Self { salt, hash })
    }

    fn is(&self, password: &str) -> bool {
        let password = password.as_bytes();
        pbkdf2::verify(ALGORITHM, ITERATIONS, &self.salt, password, &self.hash).is_ok()
    }
}

/// The users of a server; they outlive its restarts, not the server.
#[derive(Debug, Clone)]
pub(super) struct Users {
    required: bool,
    clock: Clock,
    known: Arc<Mutex<BTreeMap<String, User>>>,
}

impl Users {
    pub(super) fn new(config: &AuthConfig, clock: Clock) -> Result<Self, BoxError> {
        let users = Self {
            required: config.required,
            clock,
            known: Arc::default(),
        };
        let initial = [("admin", ADMINS), ("ops", OPERATORS)];
        for (login, group) in initial {
            let user = users.user(INITIAL, login, vec![group.to_owned()])?;
            users.all().insert(login.to_owned(), user);
        }
        for (login, password) in &config.users {
            // A user of the beginning who gets another password stays what he is.
            let groups = users
                .all()
                .get(login)
                .map_or_else(Vec::new, |known| known.groups.clone());
            let user = users.user(&password.0, login, groups)?;
            users.all().insert(login.clone(), user);
        }
        Ok(users)
    }

    /// A user as he is when he is made.
    pub(super) fn user(
        &self,
        password: &str,
        full_name: &str,
        groups: Vec<String>,
    ) -> Result<User, BoxError> {
        let secret = Secret::new(password).map_err(|_| "there is no randomness for a salt")?;
        Ok(User {
            full_name: full_name.to_owned(),
            groups,
            disabled: false,
            updated: self.clock.now(),
            secret,
        })
    }

    pub(super) fn all(&self) -> MutexGuard<'_, BTreeMap<String, User>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Who sends a request with these headers.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` when the caller gives no user, or a false one.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Status> {
        if !self.required {
            return Ok(Caller {
                login: None,
                admin: true,
                operator: true,
            });
        }
        let (login, password) = credentials(headers).ok_or_else(status::unauthenticated)?;
        // The lock is not held while the password is checked: that takes a while.
        let user = self.all().get(&login).cloned();
        user.filter(|user| !user.disabled && user.has_password(&password))
            .map(|user| Caller {
                login: Some(login),
                admin: user.is_in(ADMINS),
                operator: user.is_in(OPERATORS),
            })
            .ok_or_else(status::unauthenticated)
    }
}

impl User {
    fn is_in(&self, wanted: &str) -> bool {
        self.groups.iter().any(|group| group == wanted)
    }

    pub(super) fn has_password(&self, password: &str) -> bool {
        self.secret.is(password)
    }

    /// This user with that one's password.
    pub(super) fn take_password(&mut self, from: &Self) {
        self.secret = from.secret.clone();
        self.updated = from.updated;
    }
}

/// The name and the password of `authorization: Basic ...`.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let header = headers.get("authorization")?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    let (login, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}
