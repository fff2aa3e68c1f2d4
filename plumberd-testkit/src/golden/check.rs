use super::{
    file::{self, GoldenFile},
    shape::{self, Change},
};
use crate::stored::{self, Origin, indented, same_data};
use plumberd::{
    aggregate::{Aggregate, Row},
    event::{EventInfo, RecordedEvent},
};
use std::{
    fs,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// Reads the files of one aggregate and says what is wrong.
pub(super) struct Check<'a, A> {
    folder: &'a Path,
    update: bool,
    examples: &'a [RecordedEvent],
    aggregate: PhantomData<fn() -> A>,
}

impl<'a, A: Aggregate> Check<'a, A> {
    pub(super) const fn new(folder: &'a Path, update: bool, examples: &'a [RecordedEvent]) -> Self {
        Self {
            folder,
            update,
            examples,
            aggregate: PhantomData,
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let files = match file::read_all(self.folder) {
            Ok(files) => files,
            Err(message) => return vec![message],
        };
        let mut problems = Vec::new();
        for row in A::HANDLERS.rows() {
            for (index, info) in row.types().iter().enumerate() {
                problems.extend(self.current(row, index, info, &files).err());
            }
        }
        for file in &files {
            problems.extend(self.recorded(file).err());
        }
        problems
    }

    /// What is stored today has a file, and its shape is that of the file.
    fn current(
        &self,
        row: &Row<A>,
        index: usize,
        info: &EventInfo,
        files: &[GoldenFile],
    ) -> Result<(), String> {
        let (name, revision) = (info.name, info.revision);
        let shape = row.shape(index).to_string();
        let of_revision = files
            .iter()
            .filter(|file| file.event_type == name && file.revision == revision);
        let Some(newest) = of_revision.max_by_key(|file| file.variant) else {
            let path = file::path_of(self.folder, name, revision, 1);
            return self.missing(
                &path,
                name,
                &shape,
                &format!("`{name}` has no golden file of revision {revision}"),
            );
        };
        let changes = shape::changes(&newest.shape, &shape);
        if changes.is_empty() {
            return Ok(());
        }
        let list: Vec<_> = changes.iter().map(ToString::to_string).collect();
        let what = format!(
            "the shape of `{name}` changed without a new revision: {}",
            list.join(", ")
        );
        let only_added = changes
            .iter()
            .all(|change| matches!(change, Change::Added { .. }));
        let event = newest.event::<A>()?;
        if only_added && row.recode(index, &event).is_ok() {
            let path = file::path_of(self.folder, name, revision, newest.variant + 1);
            let what = format!("{what}; recorded events decode without it");
            return self.missing(&path, name, &shape, &what);
        }
        Err(format!(
            "{what}; say `#[event(revision = {})]` and write an upcaster from revision \
             {revision}, or make an added field an `Option` or give it a default ({} was recorded \
             with the old shape)",
            revision + 1,
            newest.path.display()
        ))
    }

    /// Writes the file, or says that it is missing.
    fn missing(&self, path: &Path, name: &str, shape: &str, what: &str) -> Result<(), String> {
        let mut examples = self.examples.iter();
        let Some(example) = examples.find(|example| example.event_type == *name) else {
            return Err(format!(
                "{what}, and there is no example of it to record; add one to `.events(…)`"
            ));
        };
        if self.update {
            return file::write(path, example, shape);
        }
        Err(format!("{what}; run the test with `UPDATE=1` to record it"))
    }

    /// What was once stored can be read, means the same, and can be applied.
    fn recorded(&self, file: &GoldenFile) -> Result<(), String> {
        let name = &file.event_type;
        let at = |message: String| format!("{}: {message}", file.path.display());
        let Some((row, index)) = A::HANDLERS.find(name) else {
            return Err(at(format!(
                "`{name}` was stored and has no handler in `{}` any more; if the type was renamed, \
                 name it with `#[event(alias = \"{name}\")]`, else keep the handler, \
                 or delete the file if no such event was ever stored",
                A::CATEGORY
            )));
        };
        let event = file.event::<A>().map_err(at)?;
        let today = row
            .recode(index, &event)
            .map_err(|error| at(format!("cannot be read: {}", stored::report(&*error))))?;
        stored::round_trip::<A>(&event, Origin::Elsewhere).map_err(at)?;
        let info = &row.types()[index];
        if file.revision == info.revision {
            let unchanged = shape::changes(&file.shape, &row.shape(index).to_string()).is_empty();
            if unchanged && info.name == name {
                same_data(&file.data, &today).map_err(|difference| {
                    at(format!(
                        "`{name}` is written in another form than it was recorded (-), though its \
                         shape and revision are the same (+):\n{}",
                        indented(&difference)
                    ))
                })?;
            }
        } else {
            self.upcast(file, info, &today).map_err(at)?;
        }
        self.apply(&event).map_err(at)
    }

    /// Upcasters make of it what they always made of it.
    fn upcast(&self, file: &GoldenFile, info: &EventInfo, today: &[u8]) -> Result<(), String> {
        let path = file::upcast_path(&file.path, info.revision);
        match fs::read(&path) {
            Ok(then) => same_data(then.trim_ascii_end(), today).map_err(|difference| {
                format!(
                    "upcasters make something else of it (+) than {} recorded (-):\n{}",
                    path.display(),
                    indented(&difference)
                )
            }),
            Err(_) if self.update => file::write_new(&path, &[today, b"\n"].concat()),
            Err(_) => Err(format!(
                "what upcasters make of it in revision {} is not recorded; run the test with \
                 `UPDATE=1` to record it",
                info.revision
            )),
        }
    }

    /// It can be applied where its kind has its place among the examples.
    fn apply(&self, event: &RecordedEvent) -> Result<(), String> {
        let before = self
            .examples
            .iter()
            .take_while(|example| example.event_type != event.event_type);
        let folded = catch_unwind(AssertUnwindSafe(|| {
            stored::fold(A::default(), before.chain([event])).map(drop)
        }));
        folded.unwrap_or_else(|_| Err("its handler panicked".to_owned()))
    }
}
