//! The generated protocol code is what the generator makes of the `.proto`
//! files. `UPDATE_EXPECT=1` writes it anew.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is generated from which files, and where it is kept.
struct Generated {
    protos: &'static str,
    into: &'static str,
    client: bool,
    server: bool,
}

const ESDB: Generated = Generated {
    protos: "plumberd-testkit/src/esdb/proto",
    into: "plumberd-testkit/src/esdb/generated",
    client: true,
    server: true,
};

const EVENTSTORE_V1: Generated = Generated {
    protos: "plumberd/src/backend/eventstore_v1/proto",
    into: "plumberd/src/backend/eventstore_v1/generated",
    client: true,
    server: false,
};

const EVENTSTORE_V1_SERVER: Generated = Generated {
    protos: "plumberd/src/backend/eventstore_v1/proto",
    into: "plumberd-testkit/src/eventstore_v1/generated",
    client: false,
    server: true,
};

#[test]
fn the_code_of_the_eventstoredb_protocol_is_up_to_date() {
    ESDB.check();
}

#[test]
fn the_client_code_of_eventstore_v1_is_up_to_date() {
    EVENTSTORE_V1.check();
}

#[test]
fn the_server_code_of_eventstore_v1_is_up_to_date() {
    EVENTSTORE_V1_SERVER.check();
}

impl Generated {
    fn check(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let made = tempfile::tempdir().unwrap();
        self.generate(&root.join(self.protos), made.path());
        for path in files(made.path(), "rs") {
            let file_name = path.file_name().unwrap().to_str().unwrap();
            if file_name.starts_with("google.protobuf") {
                continue;
            }
            let code = format!(
                "// Generated from the `.proto` files; `UPDATE_EXPECT=1` on the test \
                 `codegen` writes it anew.\n{}",
                fs::read_to_string(&path).unwrap()
            );
            let kept = root.join(self.into).join(file_name);
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                fs::create_dir_all(kept.parent().unwrap()).unwrap();
                fs::write(&kept, code).unwrap();
                continue;
            }
            assert!(
                fs::read_to_string(&kept).is_ok_and(|kept| kept == code),
                "{} is not what its `.proto` says; run this test with UPDATE_EXPECT=1",
                kept.display()
            );
        }
    }

    fn generate(&self, protos: &Path, into: &Path) {
        let files = protox::compile(files(protos, "proto"), [protos]).unwrap();
        tonic_build::configure()
            .build_client(self.client)
            .build_server(self.server)
            .build_transport(false)
            .bytes(["."])
            .out_dir(into)
            .compile_fds(files)
            .unwrap();
    }
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}
