use crate::{
    event::EventType,
    stream::{InvalidStreamName, StreamName},
};
use std::fmt;

/// What an event must have to be linked: one that a server could not resolve
/// would stop the projection for good.
const RESOLVED: &str = "e && e.streamId !== null && e.sequenceNumber >= 0";

/// Joins every event of some types in one stream, as links.
///
/// `Display` gives the text for the server, which is micro-plumberd's to the
/// byte.
///
/// # Examples
///
/// ```
/// use plumberd::{server_projection::JoinProjection, stream::StreamName};
///
/// let output = StreamName::raw(">Tasks")?;
/// let join = JoinProjection::new(output, ["TaskCreated".parse()?, "TaskCompleted".parse()?])?;
///
/// assert!(join.to_string().starts_with("fromStreams(['$et-TaskCreated','$et-TaskCompleted'])"));
/// # Ok::<(), plumberd::BoxError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinProjection {
    output: StreamName,
    event_types: Vec<EventType>,
}

impl JoinProjection {
    /// Joins the events of `event_types`, in the order given, in `output`,
    /// which is the projection's name too. Another order is another text.
    ///
    /// # Errors
    ///
    /// [`InvalidProjection`] when there is no type, when a name would end the
    /// JavaScript string it stands in, or when the output is a stream of the
    /// store's own.
    pub fn new(
        output: StreamName,
        event_types: impl IntoIterator<Item = EventType>,
    ) -> Result<Self, InvalidProjection> {
        let event_types: Vec<_> = event_types.into_iter().collect();
        if event_types.is_empty() {
            return Err(InvalidProjection::NoEventTypes { output });
        }
        check_output(&output)?;
        for event_type in &event_types {
            check_quotable("event type", event_type.as_str())?;
        }
        Ok(Self {
            output,
            event_types,
        })
    }

    /// The stream of the links.
    pub const fn output(&self) -> &StreamName {
        &self.output
    }

    /// The types it joins.
    pub fn event_types(&self) -> &[EventType] {
        &self.event_types
    }
}

impl fmt::Display for JoinProjection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fromStreams([")?;
        for (index, event_type) in self.event_types.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}'$et-{event_type}'")?;
        }
        let output = &self.output;
        write!(
            f,
            "]).when( {{ \n    $any : function(s,e) {{ if({RESOLVED}) linkTo('{output}', e) }}\n}});"
        )
    }
}

/// Sorts the events of a category by a property of their data: each is linked
/// into the stream `{output}-{value}`.
///
/// `Display` gives the text for the server, which is micro-plumberd's to the
/// byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupProjection {
    category: String,
    property: String,
    output: String,
}

impl LookupProjection {
    /// Sorts the events of `category` by `property` into streams of the
    /// category `output`, which is the projection's name too.
    ///
    /// # Errors
    ///
    /// [`InvalidProjection`] when a category is none, when the property is no
    /// JavaScript name, or when a name would end the JavaScript string it
    /// stands in.
    pub fn new(
        category: impl Into<String>,
        property: impl Into<String>,
        output: impl Into<String>,
    ) -> Result<Self, InvalidProjection> {
        let (category, property, output) = (category.into(), property.into(), output.into());
        for name in [&category, &output] {
            let stream = StreamName::new(name, "any")?;
            check_quotable("category", name)?;
            check_output(&stream)?;
        }
        if !is_identifier(&property) {
            return Err(InvalidProjection::NotAProperty { property });
        }
        Ok(Self {
            category,
            property,
            output,
        })
    }

    /// The category whose events it sorts.
    pub fn category(&self) -> &str {
        &self.category
    }

    /// The property it sorts by.
    pub fn property(&self) -> &str {
        &self.property
    }

    /// The category of the streams of the links.
    pub fn output(&self) -> &str {
        &self.output
    }
}

impl fmt::Display for LookupProjection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            category,
            property,
            output,
        } = self;
        write!(
            f,
            "fromStreams(['$ce-{category}']).when( {{ \n    $any : function(s,e) {{ \n        \
             if({RESOLVED} && e.body && e.body.{property}) {{\n            \
             linkTo('{output}-' + e.body.{property}, e) \n        }}\n        \n    }}\n}});"
        )
    }
}

/// One of the projections that micro-plumberd knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProjectionQuery {
    /// Events of some types in one stream.
    Join(JoinProjection),
    /// The events of a category by a property.
    Lookup(LookupProjection),
}

impl ProjectionQuery {
    /// The name of the projection: its output.
    pub fn name(&self) -> &str {
        match self {
            Self::Join(join) => join.output().as_str(),
            Self::Lookup(lookup) => lookup.output(),
        }
    }

    /// Recognises a text: exactly one that the projections of this module are
    /// written as, but for the line ends of another system.
    ///
    /// ```
    /// use plumberd::server_projection::{LookupProjection, ProjectionQuery};
    ///
    /// let lookup = LookupProjection::new("Order", "CustomerId", "OrdersOf")?;
    ///
    /// let found = ProjectionQuery::recognise(&lookup.to_string());
    /// assert_eq!(found, Some(ProjectionQuery::Lookup(lookup)));
    /// assert_eq!(ProjectionQuery::recognise("fromAll().outputState()"), None);
    /// # Ok::<(), plumberd::BoxError>(())
    /// ```
    pub fn recognise(text: &str) -> Option<Self> {
        let text = text.replace("\r\n", "\n");
        let (sources, rest) = text
            .strip_prefix("fromStreams(['")?
            .split_once("']).when( { \n")?;
        let found = if let Some(first) = sources.strip_prefix("$et-") {
            let (_, output) = rest.split_once(" linkTo('")?;
            let (output, _) = output.split_once("', e)")?;
            let types = first.split("','$et-").map(EventType::new);
            let types = types.collect::<Result<Vec<_>, _>>().ok()?;
            Self::Join(JoinProjection::new(StreamName::raw(output).ok()?, types).ok()?)
        } else {
            let category = sources.strip_prefix("$ce-")?;
            let (_, link) = rest.split_once("linkTo('")?;
            let (output, property) = link.split_once("-' + e.body.")?;
            let (property, _) = property.split_once(", e)")?;
            Self::Lookup(LookupProjection::new(category, property, output).ok()?)
        };
        // What was picked out is right when it is written the same way.
        (found.to_string() == text).then_some(found)
    }
}

impl fmt::Display for ProjectionQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join(join) => join.fmt(f),
            Self::Lookup(lookup) => lookup.fmt(f),
        }
    }
}

/// The hash that says whether a server has a text already: SHA-256, in
/// hexadecimal with capitals.
pub fn query_hash(text: &str) -> String {
    use fmt::Write as _;

    let mut hash = String::with_capacity(64);
    for byte in hmac_sha256::Hash::hash(text.as_bytes()) {
        // Writing to a `String` cannot fail.
        let _ = write!(hash, "{byte:02X}");
    }
    hash
}

/// Why there is no such projection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProjection {
    /// It joins nothing.
    #[error("the projection into `{output}` names no event type")]
    NoEventTypes {
        /// The stream it was to fill.
        output: StreamName,
    },
    /// The name cannot stand in a JavaScript string as it is.
    #[error("the {what} {name:?} contains {found:?}, which has no place in a projection")]
    NotQuotable {
        /// What it names.
        what: &'static str,
        /// The name.
        name: String,
        /// What must not be in it.
        found: char,
    },
    /// The property is not a name in JavaScript.
    #[error("{property:?} is not the name of a property")]
    NotAProperty {
        /// What was given.
        property: String,
    },
    /// The stream belongs to the store.
    #[error("`{stream}` belongs to the store, and no projection of an application fills it")]
    SystemStream {
        /// The stream.
        stream: StreamName,
    },
    /// The category is none.
    #[error(transparent)]
    Category(#[from] InvalidStreamName),
}

crate::error::always!(Invalid: InvalidProjection);

fn check_output(stream: &StreamName) -> Result<(), InvalidProjection> {
    check_quotable("stream", stream.as_str())?;
    if stream.is_system() {
        return Err(InvalidProjection::SystemStream {
            stream: stream.clone(),
        });
    }
    Ok(())
}

/// A name stands in the text as it is: nothing in it may end the string.
fn check_quotable(what: &'static str, name: &str) -> Result<(), InvalidProjection> {
    let ends_a_string =
        |c: &char| matches!(c, '\'' | '"' | '`' | '\\' | '\u{2028}' | '\u{2029}') || c.is_control();
    match name.chars().find(ends_a_string) {
        None => Ok(()),
        Some(found) => Err(InvalidProjection::NotQuotable {
            what,
            name: name.to_owned(),
            found,
        }),
    }
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let begins = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    characters.next().is_some_and(begins) && characters.all(|c| begins(c) || c.is_ascii_digit())
}
