use super::CratePath;
use std::{env, path::Path};

/// The mistake of a crate that has plumberd under another name and does not say so
/// where `attribute` stands.
///
/// A macro cannot ask whether `::plumberd` is there, and what the compiler says when it is
/// not is "could not find `plumberd`", once for each path. So for this message alone it is
/// looked up what the compiler was told: an expansion never depends on it.
pub(crate) fn renamed(krate: &CratePath, attribute: &str) -> Option<syn::Error> {
    if krate.is_named() {
        return None;
    }
    let name = other_name(env::args())?;
    Some(syn::Error::new(
        proc_macro2::Span::call_site(),
        format!(
            "the crate plumberd is named `{name}` here, which a macro cannot know; say so: \
             `#[{attribute}(crate = {name})]`"
        ),
    ))
}

/// The name in `--extern name=…/libplumberd-….rmeta`, when none is `plumberd`.
fn other_name(mut args: impl Iterator<Item = String>) -> Option<String> {
    let mut other = None;
    while let Some(arg) = args.next() {
        let given = match arg.strip_prefix("--extern") {
            Some("") => args.next()?,
            Some(given) => given.trim_start_matches('=').to_owned(),
            None => continue,
        };
        let Some((name, path)) = given.split_once('=') else {
            continue;
        };
        let name = name.rsplit(':').next().unwrap_or(name);
        let file = Path::new(path).file_name().unwrap_or_default();
        let file = file.to_string_lossy();
        if name == "plumberd" {
            return None;
        }
        if file.starts_with("libplumberd-") || file.starts_with("libplumberd.") {
            other = Some(name.to_owned());
        }
    }
    other
}

#[cfg(test)]
mod tests {
    use super::other_name;

    fn name(args: &[&str]) -> Option<String> {
        other_name(args.iter().map(ToString::to_string))
    }

    #[test]
    fn a_dependency_under_another_name_is_found() {
        let plumberd = "/target/debug/deps/libplumberd-0123.rmeta";
        let kit = "kit=/target/debug/deps/libplumberd_testkit-0123.rmeta";

        assert_eq!(
            name(&[
                "rustc",
                "--extern",
                kit,
                "--extern",
                &format!("pd={plumberd}")
            ])
            .as_deref(),
            Some("pd")
        );
        assert_eq!(
            name(&[&format!("--extern=priv:pd={plumberd}")]).as_deref(),
            Some("pd")
        );
    }

    #[test]
    fn its_own_name_is_no_other_one() {
        let plumberd = "/target/debug/deps/libplumberd-0123.rmeta";

        assert_eq!(
            name(&[
                "--extern",
                &format!("pd={plumberd}"),
                "--extern",
                &format!("plumberd={plumberd}")
            ]),
            None
        );
        assert_eq!(name(&["rustc", "--extern", "serde", "src/lib.rs"]), None);
        assert_eq!(name(&["--extern"]), None);
    }
}
