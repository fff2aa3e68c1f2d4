//! Who may know whom: words < ports < services < edges, and among them one order.

use crate::{assert_kept, source, source::Source, text};
use std::collections::{BTreeMap, BTreeSet};

/// Modules that only re-export the others, or tell of them.
const OUTSIDE: [&str; 3] = ["__private", "docs", "prelude"];

/// Every module, each before those that may use it: it can be read with only what
/// is before it in mind.
const ORDER: [&str; 20] = [
    // Words.
    "error",
    "json",
    "retry",
    "clock",
    "value",
    "codec",
    "stream",
    "context",
    "event",
    "telemetry",
    // Ports.
    "timer",
    "store",
    // Services.
    "aggregate",
    "snapshot",
    "repository",
    "command",
    "server_projection",
    "micro_plumberd",
    // Edges: backends, and what opens them.
    "backend",
    "connect",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Words,
    Ports,
    Services,
    Edges,
}

/// What `lib.rs` says: which module is in which layer, and which module the
/// names at the root of the crate come from.
#[derive(Debug, Default)]
struct Map {
    layers: BTreeMap<String, Layer>,
    outside: BTreeSet<String>,
    names: BTreeMap<String, String>,
    broken: Vec<String>,
}

impl Map {
    fn read(lib: &str) -> Self {
        let mut map = Self::default();
        let mut layer = None;
        for line in lib.lines() {
            layer = match line {
                _ if line.starts_with("// Words") => Some(Layer::Words),
                _ if line.starts_with("// Ports") => Some(Layer::Ports),
                _ if line.starts_with("// Services") => Some(Layer::Services),
                _ if line.starts_with("// Edges") => Some(Layer::Edges),
                "" => None,
                _ => layer,
            };
            if let Some(name) = module(line) {
                if OUTSIDE.contains(&name) {
                    map.outside.insert(name.to_owned());
                } else if let Some(layer) = layer {
                    map.layers.insert(name.to_owned(), layer);
                } else {
                    map.broken
                        .push(format!("`mod {name}` is in no layer of lib.rs"));
                }
            }
        }
        let code = Source::new("lib.rs", lib).code();
        for statement in code.split("pub use ").skip(1) {
            let statement = statement.split(';').next().unwrap_or_default();
            let path = statement.trim().trim_start_matches("crate::");
            if let Some((module, names)) = path.split_once("::") {
                for name in names.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
                    map.names.insert(name.to_owned(), module.to_owned());
                }
            }
        }
        map
    }

    /// The module that `crate::{name}` is in.
    fn home<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let known = |name: &str| self.layers.contains_key(name) || self.outside.contains(name);
        if known(name) {
            return Some(name);
        }
        self.names
            .get(name)
            .map(String::as_str)
            .filter(|name| known(name))
    }
}

fn module(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// The names directly below the crate that this code uses: `a`, `b` for
/// `crate::a::X`, `use crate::{a, b::Y}`; with `super::` as far up as `depth`.
fn imports(code: &str, depth: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let root = "super::".repeat(depth);
    for prefix in ["crate::", &root] {
        for (at, _) in code.match_indices(prefix) {
            let before = code[..at].chars().last();
            if before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let path = &code[at + prefix.len()..];
            match path.strip_prefix('{') {
                Some(group) => names.extend(first_names(group)),
                None => names.extend(identifier(path)),
            }
        }
    }
    names
}

/// The first name of each branch of a use tree, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 1;
    let mut begins = true;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => begins = true,
            _ if character.is_whitespace() => {}
            _ if begins => {
                names.extend(identifier(&group[at..]));
                begins = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn identifier(code: &str) -> Option<String> {
    let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    let name = &code[..end.unwrap_or(code.len())];
    (!name.is_empty()).then(|| name.to_owned())
}

/// `store` and 2 for `plumberd/src/store/read.rs`: the module at the root, and
/// how many `super::` lead out of the file's own module to the root.
fn place(path: &str) -> Option<(&str, usize)> {
    let path = path.strip_prefix("plumberd/src/")?.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let top = path.split('/').next()?;
    Some((top, path.split('/').count()))
}

fn check(lib: &str, sources: &[Source]) -> Vec<String> {
    let map = Map::read(lib);
    let mut broken = map.broken.clone();
    for source in sources.iter().filter(|source| !source.is_test()) {
        let path = &source.path;
        let code = source.code();
        let Some((top, depth)) = place(path) else {
            continue;
        };
        let own = map.layers.get(top).copied();
        if own == Some(Layer::Words) && code.contains("tokio") {
            broken.push(format!(
                "{path}: a word knows no runtime, and it names tokio"
            ));
        }
        if code.contains("feature =") && !["backend", "lib"].contains(&top) {
            broken.push(format!(
                "{path}: cfg(feature) outside lib.rs and backend/mod.rs"
            ));
        }
        if top == "backend" && depth > 1 && code.contains("feature =") {
            broken.push(format!(
                "{path}: cfg(feature) in a backend; one line in backend/mod.rs"
            ));
        }
        broken.extend(other_backends(path, &code));
        let Some(own) = own else { continue };
        for name in imports(&code, depth) {
            let Some(home) = map.home(&name).filter(|home| *home != top) else {
                continue;
            };
            let is_before = rank(home) < rank(top);
            let is_allowed = match map.layers.get(home) {
                // A backend implements ports; applications bring services to it.
                Some(Layer::Services) => top != "backend" && is_before,
                Some(_) => is_before,
                None => false,
            };
            if !is_allowed {
                broken.push(format!("{path}: {own:?} may not use `{home}`"));
            }
        }
    }
    broken
}

/// A backend names no other backend.
fn other_backends(path: &str, code: &str) -> Option<String> {
    let own = path
        .strip_prefix("plumberd/src/backend/")?
        .split('/')
        .next()?;
    let own = own.trim_end_matches(".rs");
    let other = code.match_indices("backend::").find_map(|(at, prefix)| {
        identifier(&code[at + prefix.len()..]).filter(|other| other != own && own != "mod")
    })?;
    Some(format!("{path}: a backend may not use another, `{other}`"))
}

/// Where a module stands in the order; one that it does not have stands last.
fn rank(module: &str) -> usize {
    let at = ORDER.iter().position(|name| *name == module);
    at.unwrap_or(ORDER.len())
}

/// What keeps the order from being one of the layers and of every module.
fn unordered(map: &Map, order: &[&str]) -> Vec<String> {
    let mut broken = Vec::new();
    let layers: Vec<_> = order.iter().map(|name| map.layers.get(*name)).collect();
    if !layers.is_sorted() {
        broken.push("the order mixes layers, or has a module that lib.rs has not".to_owned());
    }
    let missing = map
        .layers
        .keys()
        .filter(|name| !order.contains(&name.as_str()));
    broken.extend(missing.map(|name| format!("`{name}` has no place in the order")));
    broken
}

#[test]
fn every_module_uses_only_what_is_below_it() {
    let sources = source::below("plumberd/src");
    let lib = text("plumberd/src/lib.rs");

    assert_kept("layers of plumberd", &check(&lib, &sources));
    assert_kept("the order", &unordered(&Map::read(&lib), &ORDER));
}

#[cfg(test)]
mod can_fail {
    use super::*;

    const LIB: &str = "pub mod prelude;\n\n// Words: x\npub mod clock;\npub mod event;\npub mod stream;\n\n\
        // Ports: x\npub mod store;\n\n// Services: x\npub mod repository;\n\n// Edges: x\npub mod backend;\n\n\
        pub use event::{Event, Other};\npub use repository::Repository;\n";

    #[track_caller]
    fn assert_broken(path: &str, code: &str, expected: &str) {
        let broken = check(LIB, &[Source::new(path, code)]).join("\n");
        assert!(
            broken.contains(expected),
            "`{broken}` does not say `{expected}`"
        );
    }

    #[track_caller]
    fn assert_fine(path: &str, code: &str) {
        assert_eq!(check(LIB, &[Source::new(path, code)]), [""; 0]);
    }

    #[test]
    fn a_module_that_uses_one_above_it() {
        let path = "plumberd/src/event/mod.rs";
        assert_broken(
            path,
            "use crate::store::EventStore;",
            "Words may not use `store`",
        );
        assert_broken(
            path,
            "use crate::{stream, store};",
            "Words may not use `store`",
        );
        assert_broken(path, "use super::store::X;", "Words may not use `store`");
        assert_broken(
            path,
            "fn f() -> crate::Repository {}",
            "may not use `repository`",
        );
        assert_fine(
            path,
            "use crate::{stream::{self, store}, clock}; // crate::store",
        );
    }

    #[test]
    fn a_word_that_knows_tokio() {
        assert_broken(
            "plumberd/src/event/id.rs",
            "use tokio::sync;",
            "names tokio",
        );
        assert_fine("plumberd/src/store/mod.rs", "use tokio::sync;");
        assert_fine(
            "plumberd/src/event/id.rs",
            "#[cfg(test)] mod tests { use tokio::test; }",
        );
    }

    #[test]
    fn a_backend_that_uses_a_service_or_another_backend() {
        let path = "plumberd/src/backend/sqlite/store.rs";
        assert_broken(
            path,
            "use crate::repository::X;",
            "Edges may not use `repository`",
        );
        assert_broken(
            path,
            "use crate::backend::memory::Memory;",
            "not use another, `memory`",
        );
        assert_fine(
            path,
            "use crate::{store::EventStore, event::X}; use crate::backend::sqlite::Y;",
        );
    }

    #[test]
    fn a_backend_that_others_use() {
        let path = "plumberd/src/repository/mod.rs";
        assert_broken(
            path,
            "use crate::backend::memory::M;",
            "Services may not use `backend`",
        );
    }

    #[test]
    fn a_feature_that_is_asked_for_in_passing() {
        let cfg = "#[cfg(feature = \"sqlite\")] mod x;";
        assert_broken("plumberd/src/store/mod.rs", cfg, "outside lib.rs");
        assert_broken("plumberd/src/backend/sqlite/mod.rs", cfg, "in a backend");
        assert_fine("plumberd/src/backend/mod.rs", cfg);
    }

    #[test]
    fn a_module_that_uses_a_later_one_of_its_layer() {
        let (clock, stream) = ("plumberd/src/clock/mod.rs", "plumberd/src/stream/mod.rs");
        assert_broken(clock, "use crate::stream;", "Words may not use `stream`");
        assert_fine(stream, "use crate::clock;");
    }

    #[test]
    fn a_backend_that_knows_what_opens_it() {
        let lib = LIB.replace("pub mod backend;", "pub mod backend;\npub mod connect;");
        let backend = Source::new("plumberd/src/backend/mod.rs", "use crate::connect::Store;");
        let connect = Source::new(
            "plumberd/src/connect/mod.rs",
            "use crate::backend::DRIVERS;",
        );

        assert_eq!(
            check(&lib, &[backend, connect]),
            ["plumberd/src/backend/mod.rs: Edges may not use `connect`"]
        );
    }

    #[test]
    fn an_order_that_is_none() {
        let map = Map::read(LIB);
        let order = ["clock", "stream", "event", "store", "repository", "backend"];
        let mixed = ["clock", "stream", "store", "event", "repository", "backend"];

        assert_eq!(unordered(&map, &order), [""; 0]);
        assert!(unordered(&map, &mixed)[0].contains("mixes layers"));
        assert_eq!(
            unordered(&map, &order[..5]),
            ["`backend` has no place in the order"]
        );
    }

    #[test]
    fn a_module_in_no_layer() {
        let broken = check("// Words\npub mod event;\n\npub mod drawer;\n", &[]);

        assert_eq!(broken, ["`mod drawer` is in no layer of lib.rs"]);
    }
}
