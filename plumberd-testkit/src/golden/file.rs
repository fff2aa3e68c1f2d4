use crate::stored;
use plumberd::{codec::JsonObject, event::RecordedEvent};
use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// One recorded event.
#[derive(Debug)]
pub(super) struct GoldenFile {
    pub(super) path: PathBuf,
    pub(super) event_type: String,
    pub(super) revision: u32,
    /// Which one of several of this revision, from 1.
    pub(super) variant: u32,
    pub(super) content_type: String,
    pub(super) shape: String,
    pub(super) data: Vec<u8>,
}

/// Where the file of an event is.
pub(super) fn path_of(folder: &Path, event_type: &str, revision: u32, variant: u32) -> PathBuf {
    let name = file_name(event_type);
    folder.join(match variant {
        1 => format!("{name}.{revision}.json"),
        _ => format!("{name}.{revision}.{variant}.json"),
    })
}

/// Where it is kept what upcasters make of `file`.
pub(super) fn upcast_path(file: &Path, revision: u32) -> PathBuf {
    file.with_extension(format!("to-{revision}.json"))
}

/// All recorded events in `folder`, which need not exist, by name.
pub(super) fn read_all(folder: &Path) -> Result<Vec<GoldenFile>, String> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
            && !is_upcast(&path)
        {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn is_upcast(path: &Path) -> bool {
    let stem = path.file_stem().map(Path::new).and_then(Path::extension);
    stem.and_then(|part| part.to_str()?.strip_prefix("to-"))
        .is_some_and(|revision| revision.parse::<u32>().is_ok())
}

fn read(path: &Path) -> Result<GoldenFile, String> {
    let bad = |what: String| format!("{} is not a golden file: {what}", path.display());
    let text = fs::read(path).map_err(|error| bad(error.to_string()))?;
    let json = JsonObject::parse(&text).map_err(|error| bad(error.to_string()))?;
    let missing = |key: &str| bad(format!("no `{key}`"));
    let shape: Vec<String> = json
        .get_as("shape")
        .map_err(|error| bad(error.to_string()))?
        .ok_or_else(|| missing("shape"))?;
    let revision: u32 = json
        .get_as("revision")
        .map_err(|error| bad(error.to_string()))?
        .ok_or_else(|| missing("revision"))?;
    let data = match (json.get("data"), json.get_str("hex")) {
        (Some(data), _) => data.get().as_bytes().to_vec(),
        (None, Some(hex)) => {
            from_hex(&hex).ok_or_else(|| bad("`hex` is not hexadecimal".into()))?
        }
        (None, None) => return Err(missing("data")),
    };
    let event_type = json.get_str("type").ok_or_else(|| missing("type"))?;
    let variant = (1..)
        .take(1000)
        .find(|variant| {
            path_of(Path::new(""), &event_type, revision, *variant).file_name() == path.file_name()
        })
        .ok_or_else(|| bad("its name does not say what is in it".into()))?;
    Ok(GoldenFile {
        path: path.to_owned(),
        event_type,
        revision,
        variant,
        content_type: json
            .get_str("contentType")
            .ok_or_else(|| missing("contentType"))?,
        shape: shape.join("\n"),
        data,
    })
}

/// Writes `event` as the file `path`, which must not exist.
pub(super) fn write(path: &Path, event: &RecordedEvent, shape: &str) -> Result<(), String> {
    let text = |value: &str| serde_json::Value::from(value).to_string();
    let lines: Vec<_> = shape
        .lines()
        .map(|line| format!("    {}", text(line)))
        .collect();
    let mut json = format!(
        "{{\n  \"type\": {},\n  \"revision\": {},\n  \"contentType\": {},\n  \"shape\": [\n{}\n  ],\n",
        text(event.event_type.as_str()),
        event.shape_revision,
        text(event.content_type.as_str()),
        lines.join(",\n"),
    );
    let _ = match std::str::from_utf8(&event.data) {
        Ok(data) if event.content_type.is_json() => writeln!(json, "  \"data\": {data}\n}}"),
        _ => writeln!(json, "  \"hex\": \"{}\"\n}}", to_hex(&event.data)),
    };
    write_new(path, json.as_bytes())
}

/// Writes a file, and never over another one.
pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), String> {
    let unwritable = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(unwritable)?;
    }
    let mut file = fs::File::create_new(path).map_err(unwritable)?;
    file.write_all(content).map_err(unwritable)
}

impl GoldenFile {
    /// The event as a store would give it back.
    pub(super) fn event<A: plumberd::aggregate::Aggregate>(&self) -> Result<RecordedEvent, String> {
        stored::as_stored::<A>(
            &self.event_type,
            self.revision,
            &self.content_type,
            &self.data,
        )
    }
}

/// A stored name as the name of a file: other characters than letters, digits
/// and `._-` as `%` and their bytes.
fn file_name(event_type: &str) -> String {
    event_type.bytes().fold(String::new(), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
        name
    })
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}
