use plumberd::{
    event::EventType,
    server_projection::{
        InvalidProjection, JoinProjection, LookupProjection, ProjectionQuery, query_hash,
    },
    stream::StreamName,
};
use serde_json::Value;

fn types(names: &[&str]) -> Vec<EventType> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn join(output: &str, names: &[&str]) -> Result<JoinProjection, InvalidProjection> {
    JoinProjection::new(StreamName::raw(output).unwrap(), types(names))
}

/// `join_projection` of the vectors.
const QUERY: &str = "fromStreams(['$et-FooCreated','$et-FooUpdated']).when( { \n    $any : function(s,e) { if(e && e.streamId !== null && e.sequenceNumber >= 0) linkTo('>AppName', e) }\n});";
const HASH: &str = "507B81B9160A7A4CBFBF4E537ADB78D20F534369E5A3BE51392851EBB359A775";

#[test]
fn a_join_is_written_as_micro_plumberd_writes_it() {
    let text = join(">AppName", &["FooCreated", "FooUpdated"])
        .unwrap()
        .to_string();

    assert_eq!(text, QUERY);
    assert_eq!(query_hash(&text), HASH);
}

#[test]
fn the_vectors_are_those_that_every_system_is_held_to() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../neighbours/vectors.json")).unwrap();
    let vector = &vectors["join_projection"];
    let names: Vec<_> = vector["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();

    let text = join(vector["output"].as_str().unwrap(), &names)
        .unwrap()
        .to_string();

    assert_eq!(text, vector["query"].as_str().unwrap());
    assert_eq!(query_hash(&text), vector["sha256"].as_str().unwrap());
}

#[test]
fn a_lookup_is_written_as_micro_plumberd_writes_it() {
    let lookup = LookupProjection::new("Order", "RecipientId", "OrderLookup").unwrap();

    assert_eq!(
        lookup.to_string(),
        "fromStreams(['$ce-Order']).when( { \n    $any : function(s,e) { \n        \
         if(e && e.streamId !== null && e.sequenceNumber >= 0 && e.body && e.body.RecipientId) {\n            \
         linkTo('OrderLookup-' + e.body.RecipientId, e) \n        }\n        \n    }\n});"
    );
}

#[test]
fn what_is_written_is_recognised_and_nothing_else_is() {
    let one = join("Tasks", &["TaskCreated"]).unwrap();
    let many = join(">All", &["A", "B.c", "D<E>"]).unwrap();
    let lookup = LookupProjection::new("Order", "Id_2", "By").unwrap();
    let known = [
        ProjectionQuery::Join(one),
        ProjectionQuery::Join(many),
        ProjectionQuery::Lookup(lookup),
    ];
    for query in known {
        let text = query.to_string();
        assert_eq!(ProjectionQuery::recognise(&text), Some(query.clone()));
        let windows = text.replace('\n', "\r\n");
        assert_eq!(ProjectionQuery::recognise(&windows), Some(query));
        for changed in [
            format!("{text} "),
            format!(" {text}"),
            text.replacen("linkTo", "emit", 1),
            text.replacen(">= 0", ">= 1", 1),
            text.replacen("fromStreams", "fromStream", 1),
            text.replacen("e && ", "", 1),
            text[..text.len() - 1].to_owned(),
        ] {
            assert_eq!(ProjectionQuery::recognise(&changed), None, "{changed}");
        }
    }
    for other in ["", "fromAll()", "fromStreams(['", "fromStreams([])"] {
        assert_eq!(ProjectionQuery::recognise(other), None);
    }
}

#[test]
fn a_join_of_nothing_is_refused() {
    assert!(matches!(
        join("Tasks", &[]),
        Err(InvalidProjection::NoEventTypes { .. })
    ));
}

#[test]
fn no_name_gets_out_of_its_string() {
    let bad = [
        "a'",
        "a\"b",
        "a`",
        "a\\",
        "a\u{2028}b",
        "a\u{2029}",
        "',e);x('",
    ];
    for name in bad {
        let refused = join("Tasks", &[name]);
        assert!(
            matches!(refused, Err(InvalidProjection::NotQuotable { .. })),
            "{name:?}"
        );
        let refused = join(name, &["A"]);
        assert!(
            matches!(refused, Err(InvalidProjection::NotQuotable { .. })),
            "{name:?}"
        );
        for (category, output) in [(name, "By"), ("Order", name)] {
            let refused = LookupProjection::new(category, "Id", output);
            assert!(
                matches!(refused, Err(InvalidProjection::NotQuotable { .. })),
                "{name:?}"
            );
        }
    }
    // Line ends are in no name at all.
    assert!("a\nb".parse::<EventType>().is_err());
    assert!(StreamName::raw("a\r\nb").is_err());
    assert!(matches!(
        LookupProjection::new("a\nb", "Id", "By"),
        Err(InvalidProjection::Category(_))
    ));
}

#[test]
fn a_lookup_goes_by_the_name_of_a_property() {
    for property in [
        "", "1st", "a.b", "a b", "a)", "a;", "a-b", "a'", "a[0]", "a\n",
    ] {
        assert!(
            matches!(
                LookupProjection::new("Order", property, "By"),
                Err(InvalidProjection::NotAProperty { .. })
            ),
            "{property:?}"
        );
    }
    for property in ["Id", "_id", "$id", "Größe", "A1"] {
        assert!(LookupProjection::new("Order", property, "By").is_ok());
    }
}

#[test]
fn a_lookup_is_between_categories() {
    for (category, output) in [("", "By"), ("a-b", "By"), ("Order", ""), ("Order", "a-b")] {
        assert!(matches!(
            LookupProjection::new(category, "Id", output),
            Err(InvalidProjection::Category(_))
        ));
    }
}

#[test]
fn no_stream_of_the_store_is_filled() {
    assert!(matches!(
        join("$ce-Account", &["A"]),
        Err(InvalidProjection::SystemStream { .. })
    ));
    assert!(matches!(
        LookupProjection::new("Order", "Id", "$ce"),
        Err(InvalidProjection::SystemStream { .. })
    ));
}
