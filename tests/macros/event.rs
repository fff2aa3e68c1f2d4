use plumberd::__private::Uuid;
use plumberd::event::{ContentType, EncodedEvent, Event};

#[derive(plumberd::EventValue, Debug, PartialEq, Clone)]
struct Line {
    sku: String,
    count: u32,
}
#[derive(plumberd::EventValue, Debug, PartialEq, Clone, Copy)]
enum Kind {
    A,
    B = 7,
    C = -1,
}
#[derive(plumberd::EventValue, Debug, PartialEq, Clone, Copy)]
#[event(as = "string")]
enum Word {
    A,
    #[event(rename = "bee")]
    B,
}
#[derive(plumberd::EventValue, Debug, PartialEq, Clone)]
enum Pay {
    Cash,
    Card { number: String, lines: Vec<Line> },
}

#[derive(plumberd::Event, Debug, PartialEq)]
#[event(type = "x.Placed", revision = 2, upcast(1 = up))]
struct Placed<T> {
    #[event(id)]
    id: Uuid,
    lines: Vec<Line>,
    kind: Kind,
    word: Word,
    pay: Pay,
    other: T,
    #[event(with = "plumberd::event::value::serde")]
    s: String,
    #[serde(default, alias = "Old")]
    d: u8,
    #[event(skip)]
    k: i32,
}

fn up(_: &mut plumberd::codec::JsonObject) -> Result<(), plumberd::BoxError> {
    Ok(())
}

#[derive(plumberd::Event, Debug, PartialEq)]
struct Pt(i32, i32);
#[derive(plumberd::Event, Debug, PartialEq)]
struct One(#[event(with = "plumberd::event::value::serde")] i32);
#[derive(plumberd::Event, Debug, PartialEq)]
struct Nothing;

#[derive(plumberd::Event, Debug, PartialEq)]
enum Ev {
    A,
    B(Line),
    #[event(type = "c")]
    C(i32, i32),
    D {
        #[event(id)]
        id: Uuid,
        x: i32,
    },
    #[event(transparent)]
    E(Pt),
}

fn round<E: Event + std::fmt::Debug + PartialEq>(e: E) -> String {
    let mut out = vec![];
    e.encode(&mut out).unwrap();
    let i = e.type_index();
    let d = E::decode(
        i,
        &EncodedEvent::new(
            E::TYPES[i].name,
            &ContentType::JSON,
            E::TYPES[i].revision,
            &out,
        ),
    )
    .unwrap();
    assert_eq!(e, d);
    String::from_utf8(out).unwrap()
}
#[test]
fn smoke() {
    let line = Line {
        sku: "a".into(),
        count: 2,
    };
    println!(
        "{}",
        round(Placed {
            id: Uuid::nil(),
            lines: vec![line.clone()],
            kind: Kind::C,
            word: Word::B,
            pay: Pay::Card {
                number: "1".into(),
                lines: vec![]
            },
            other: Some(2),
            s: "s".into(),
            d: 1,
            k: 0
        })
    );
    println!("{}", round(Pt(1, 2)));
    println!("{}", round(One(1)));
    println!("{}", round(Nothing));
    for e in [
        Ev::A,
        Ev::B(line),
        Ev::C(1, 2),
        Ev::D {
            id: Uuid::nil(),
            x: 1,
        },
        Ev::E(Pt(3, 4)),
    ] {
        println!("{}", round(e));
    }
}
