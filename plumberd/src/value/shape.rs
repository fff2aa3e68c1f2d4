use std::{any::type_name, fmt};
use uuid::Uuid;

/// What the stored form of a value looks like, for golden fixtures and for the
/// fingerprints of snapshots.
///
/// Two types with one shape read each other's data. `Display` writes a line a
/// field, so that a difference names what changed; of a skipped field it says
/// so, because what that field holds is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// A value without parts: `text`, `number`, `time`, …
    Scalar(&'static str),
    /// A value or `null`.
    Optional(Box<Shape>),
    /// A list of values.
    List(Box<Shape>),
    /// Values in a fixed order.
    Tuple(Vec<Shape>),
    /// Values by key.
    Map(Box<Shape>),
    /// Named fields, in the order they are written.
    Object(Vec<(&'static str, Shape)>),
    /// One of several named forms.
    Choice(Vec<(String, Shape)>),
    /// A type that contains itself; described where it began.
    Recursive(&'static str),
    /// A field that is not written, or (then with its shape) written and not
    /// read: what is read back does not have its value.
    Skipped(Option<Box<Shape>>),
}

/// A function that gives the shape of one type.
pub type ShapeOf = fn(&mut ShapeBuilder) -> Shape;

impl Shape {
    /// The shape of `T`.
    pub fn of<T: super::EventValue>() -> Self {
        ShapeBuilder::default().nested::<T>()
    }

    /// An id of the shape: the same for the same shape in every program.
    pub fn fingerprint(&self) -> Uuid {
        const NAMESPACE: Uuid = Uuid::from_u128(0x6d61_6b65_2d73_6861_7065_2d70_6c75_6d62);
        Uuid::new_v5(&NAMESPACE, self.to_string().as_bytes())
    }

    /// Whether a field here or further inside is skipped, so that a value which
    /// is read back is not the one that was written.
    pub fn has_skipped(&self) -> bool {
        match self {
            Self::Skipped(_) => true,
            Self::Scalar(_) | Self::Recursive(_) => false,
            Self::Optional(shape) | Self::List(shape) | Self::Map(shape) => shape.has_skipped(),
            Self::Tuple(shapes) => shapes.iter().any(Self::has_skipped),
            Self::Object(fields) => fields.iter().any(|(_, shape)| shape.has_skipped()),
            Self::Choice(forms) => forms.iter().any(|(_, shape)| shape.has_skipped()),
        }
    }
}

/// Builds shapes of types that may contain themselves.
#[derive(Debug, Default)]
pub struct ShapeBuilder {
    open: Vec<&'static str>,
}

impl ShapeBuilder {
    /// The shape of `T`, a part of the type being described.
    pub fn nested<T: super::EventValue>(&mut self) -> Shape {
        let name = type_name::<T>();
        if self.open.contains(&name) {
            return Shape::Recursive(name);
        }
        self.open.push(name);
        let shape = T::shape(self);
        self.open.pop();
        shape
    }

    /// A tuple of these values.
    pub fn tuple(&mut self, values: &[ShapeOf]) -> Shape {
        Shape::Tuple(values.iter().map(|shape| shape(self)).collect())
    }

    /// An object of these fields.
    pub fn object(&mut self, fields: &[(&'static str, ShapeOf)]) -> Shape {
        Shape::Object(
            fields
                .iter()
                .map(|(name, shape)| (*name, shape(self)))
                .collect(),
        )
    }

    /// A field that is not written; for [`ShapeBuilder::object`].
    pub const fn unwritten(&mut self) -> Shape {
        Shape::Skipped(None)
    }

    /// A field of this shape that is written and not read.
    pub fn unread(&mut self, shape: ShapeOf) -> Shape {
        Shape::Skipped(Some(Box::new(shape(self))))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Shape {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        match self {
            Self::Scalar(name) => f.write_str(name),
            Self::Optional(shape) => {
                shape.write(f, depth)?;
                f.write_str("?")
            }
            Self::List(shape) => {
                f.write_str("[")?;
                shape.write(f, depth)?;
                f.write_str("]")
            }
            Self::Map(shape) => {
                f.write_str("map of ")?;
                shape.write(f, depth)
            }
            Self::Tuple(shapes) => {
                f.write_str("(")?;
                for (index, shape) in shapes.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    shape.write(f, depth)?;
                }
                f.write_str(")")
            }
            Self::Object(fields) => {
                f.write_str("{\n")?;
                for (name, shape) in fields {
                    write!(f, "{indent}  {name}: ")?;
                    shape.write(f, depth + 1)?;
                    f.write_str("\n")?;
                }
                write!(f, "{indent}}}")
            }
            Self::Choice(forms) => {
                f.write_str("one of {\n")?;
                for (name, shape) in forms {
                    write!(f, "{indent}  {name}: ")?;
                    shape.write(f, depth + 1)?;
                    f.write_str("\n")?;
                }
                write!(f, "{indent}}}")
            }
            // The type's path says where it is declared, not what it looks like.
            Self::Recursive(_) => f.write_str("(as above)"),
            Self::Skipped(None) => f.write_str("(skipped)"),
            Self::Skipped(Some(shape)) => {
                shape.write(f, depth)?;
                f.write_str(" (skipped)")
            }
        }
    }
}
