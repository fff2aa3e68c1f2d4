//! Items whose names, types and attributes come out of `macro_rules`.
#![deny(warnings)]
#![allow(dead_code)]

macro_rules! event {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $ty:ty = $key:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(plumberd::Event)]
        struct $name {
            $(#[event(rename = $key, default)] $field: $ty,)*
            serializer: u8,
        }
    };
}

event!(Opened { object: Option<u8> = "Object", r#type: Vec<String> = "Type" });

macro_rules! inner {
    ($name:ident $previous:ty, $revision:literal, $function:path, $function2:expr) => {
        #[derive(plumberd::Event)]
        #[event(type = "Moved", revision = $revision, upcast_from = $previous)]
        struct $name {
            #[event(default = $function)]
            to: u8,
        }

        impl From<$previous> for $name {
            fn from(_: $previous) -> Self {
                Self { to: $function2() }
            }
        }
    };
}

#[derive(plumberd::Event)]
#[event(type = "Moved")]
struct MovedV1;

fn zero() -> u8 {
    0
}

inner!(Moved MovedV1, 2, zero, zero);

macro_rules! values {
    ($($name:ident $body:tt)*) => {$(
        #[derive(plumberd::EventValue)]
        enum $name $body
    )*};
}

values!(
    Numbers { A, B = 3 }
    Tagged { A, B { field: u8, object: u8 } }
);

macro_rules! generic {
    ($name:ident<$param:ident>) => {
        #[derive(plumberd::Event)]
        struct $name<$param> {
            value: $param,
            list: Vec<$param>,
        }
    };
}

generic!(Wraps<T>);

macro_rules! account {
    ($name:ident, $event:ty, $command:ty, $output:ty, $category:literal, $id:ty) => {
        #[derive(Default)]
        struct $name;

        #[plumberd::aggregate(category = $category, id = $id)]
        impl $name {
            #[event_sourcing_handler]
            fn on(&mut self, event: &$event, metadata: &plumberd::event::Metadata) {
                let _ = (event, metadata);
            }

            #[command_handler]
            fn go(&self, command: $command) -> $output {
                let _ = command;
                Err(0)
            }
        }
    };
}

account!(Account, Opened, (u8, u8), Result<Opened, u8>, "Account", u64);

macro_rules! service {
    ($name:ident, $id:ty, $command:ty) => {
        struct $name;

        impl plumberd::command::Command for $command {
            type Fault = plumberd::command::NoFault;
        }

        #[plumberd::command_handler]
        impl $name {
            async fn go(
                &self,
                id: $id,
                command: &$command,
            ) -> Result<(), plumberd::command::CommandFault> {
                let _ = (id, command);
                Ok(())
            }
        }
    };
}

#[derive(plumberd::Event)]
struct Go;

service!(Service, u64, Go);

/// `Self` in the types of fields, and what only sometimes is there.
#[derive(plumberd::EventValue)]
struct Node {
    children: Vec<Self>,
    next: Option<Box<Self>>,
    #[cfg(any())]
    not_there: NotThere,
}

#[derive(plumberd::Event)]
enum Set {
    #[cfg(any())]
    NotThere(NotThere),
    There {
        #[cfg(any())]
        not_there: NotThere,
        root: Node,
    },
    #[cfg(not(any()))]
    Also,
}

fn main() {
    fn inside_a_function() {
        #[derive(plumberd::Event)]
        struct Local {
            value: Value,
        }

        #[derive(plumberd::EventValue)]
        struct Value;

        #[derive(Default)]
        struct Aggregate;

        #[plumberd::aggregate]
        impl Aggregate {
            #[event_sourcing_handler]
            fn on(&mut self, _: &Local) {}
        }
    }
    inside_a_function();
}
