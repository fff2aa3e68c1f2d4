//! plumberd and the Python clients on one server: what one writes the other
//! reads, byte for byte.
//!
//! `PLUMBERD_TEST_PYTHON_MICRO` names a Python with py-micro-plumberd,
//! `PLUMBERD_TEST_PYTHON_KURRENT` one with kurrentdbclient. Without them the
//! tests are ignored and say why; with `PLUMBERD_TEST_REQUIRE=1` they fail.

mod commands;
mod kurrent;
mod micro;
mod python;

use libtest_mimic::{Arguments, Failed, Trial};
use python::Python;

/// A test that takes a Python.
type Job = fn(&Python);

fn trial(name: &str, variable: &'static str, job: Job) -> Trial {
    let found = std::env::var_os(variable);
    let required = std::env::var_os("PLUMBERD_TEST_REQUIRE").is_some_and(|value| value == "1");
    let reason = match (&found, required) {
        (None, false) => format!("{name} (ignored: {variable} is not set)"),
        _ => name.to_owned(),
    };
    let ignored = found.is_none() && !required;
    Trial::test(reason, move || {
        let Some(python) = found else {
            return Err(Failed::from(format!("{variable} is not set")));
        };
        job(&Python::new(python));
        Ok(())
    })
    .with_ignored_flag(ignored)
}

fn main() {
    let arguments = Arguments::from_args();
    let micro = micro::TESTS
        .iter()
        .chain(commands::TESTS)
        .map(|(name, job)| trial(name, "PLUMBERD_TEST_PYTHON_MICRO", *job));
    let kurrent = kurrent::TESTS
        .iter()
        .map(|(name, job)| trial(name, "PLUMBERD_TEST_PYTHON_KURRENT", *job));
    libtest_mimic::run(&arguments, micro.chain(kurrent).collect()).exit();
}
