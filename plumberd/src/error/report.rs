use crate::BoxError;
use std::{error::Error, fmt, iter};

/// More causes than any error has; one that names itself has no end.
const MOST_CAUSES: usize = 64;

/// Any error, on its way out of `main`.
///
/// Every `std::error::Error` becomes one with `?`, and so does a text. The error
/// of a command is one where the decision's error is; `String` and [`BoxError`]
/// are none.
///
/// Its `Debug`, which is what Rust prints when `main` fails, says what happened
/// and why, a line a cause. `Display` is the first line alone, and with `{:#}`
/// the causes follow on the same line.
///
/// It is not an error itself, and no error to match on: a library returns its
/// own.
///
/// # Examples
///
/// ```
/// use plumberd::prelude::*;
///
/// async fn run(url: &str) -> Result<(), Report> {
///     let store = plumberd::connect(url).await?;
///     store.close().await;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let report = run("postgresq://localhost").await.unwrap_err();
/// assert!(report.to_string().starts_with("no store has the scheme `postgresq:`"));
/// # }
/// ```
///
/// A program whose `main` returns it ends like this:
///
/// ```text
/// Error: the store cannot be opened
///   caused by: there is no database `bank.db`; open it with `create=true` to make one
/// ```
pub struct Report(BoxError);

impl Report {
    /// A report of `error`, which may be a text too.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self(error.into())
    }

    /// The error; `downcast_ref` tells whether it is one of a type.
    pub fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    /// The error, to be passed on as one.
    pub fn into_error(self) -> BoxError {
        self.0
    }

    /// What happened and each cause that says something more: errors of other
    /// crates may have the text of their cause in their own.
    fn lines(&self) -> impl Iterator<Item = String> {
        let first: &(dyn Error + 'static) = &*self.0;
        let mut said = String::new();
        iter::successors(Some(first), cause_of)
            .take(MOST_CAUSES)
            .map(ToString::to_string)
            .filter(move |text| {
                let is_new = !said.contains(text.as_str());
                if is_new {
                    said.clone_from(text);
                }
                is_new
            })
    }
}

fn cause_of<'a>(error: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // Of the error itself, not of the reference, which is an error too.
    (**error).source()
}

impl<E: Into<BoxError>> From<E> for Report {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.lines().enumerate() {
            let lead = if at == 0 { "" } else { "\n  caused by: " };
            write!(f, "{lead}{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{}", self.0);
        }
        for (at, line) in self.lines().enumerate() {
            let lead = if at == 0 { "" } else { ": " };
            write!(f, "{lead}{line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Said(&'static str, Option<Box<Said>>);

    impl fmt::Display for Said {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Said {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_ref().map(|cause| &**cause as _)
        }
    }

    /// An error with these causes, the innermost last.
    fn chain(texts: &[&'static str]) -> Said {
        let mut rest = texts.iter().rev();
        let last = Said(rest.next().unwrap(), None);
        rest.fold(last, |cause, text| Said(text, Some(Box::new(cause))))
    }

    #[derive(Debug)]
    struct OfItself;

    impl fmt::Display for OfItself {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("of itself")
        }
    }

    impl Error for OfItself {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }

    #[test]
    fn a_report_says_what_happened_and_each_cause_on_a_line() {
        let report = Report::from(chain(&["it is not done", "the disk is full", "code 13"]));

        assert_eq!(
            format!("{report:?}"),
            "it is not done\n  caused by: the disk is full\n  caused by: code 13"
        );
        assert_eq!(format!("{report}"), "it is not done");
        assert_eq!(
            format!("{report:#}"),
            "it is not done: the disk is full: code 13"
        );
    }

    #[test]
    fn a_cause_that_was_said_with_its_effect_is_not_said_again() {
        let told_twice = chain(&["no: full disk (13)", "full disk", "full disk", "13", "why"]);

        assert_eq!(
            format!("{:?}", Report::from(told_twice)),
            "no: full disk (13)\n  caused by: why"
        );
        assert_eq!(format!("{:?}", Report::from(OfItself)), "of itself");
    }

    #[test]
    fn texts_and_boxed_errors_are_reported_too() {
        fn text() -> Result<(), Report> {
            None.ok_or("nothing")?
        }
        fn owned() -> Result<(), Report> {
            Err(format!("{} of {}", 1, 2))?
        }
        fn boxed() -> Result<(), Report> {
            Err(BoxError::from(chain(&["boxed"])))?
        }

        assert_eq!(format!("{:?}", text().unwrap_err()), "nothing");
        assert_eq!(format!("{:?}", owned().unwrap_err()), "1 of 2");
        let boxed = boxed().unwrap_err();
        assert!(boxed.as_error().is::<Said>());
        assert!(boxed.into_error().downcast::<Said>().is_ok());
    }
}
