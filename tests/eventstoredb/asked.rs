//! What the server is asked to leave out.

use crate::{
    faults::EVER,
    scripted::{Answer, Script, Scripted},
};
use plumberd::{
    backend::eventstoredb::EventStoreDb,
    store::{EventStore, Filter, ReadOptions, SubscribeFrom},
};
use plumberd_testkit::esdb::proto::streams::{
    ReadReq,
    read_req::{
        Options,
        options::{
            FilterOption, FilterOptions, StreamOption,
            filter_options::{Expression, Filter as Wanted},
        },
    },
};
use tokio::time::timeout;

/// What a subscription and a read with the filter ask of the server, in this
/// order.
async fn asked(filter: Filter) -> [Options; 2] {
    // Nothing is answered: what matters is the question.
    let script = Script::new(|_| Answer::Never);
    let server = Scripted::start(script.clone()).await;
    let store = EventStoreDb::lazy(server.config().with_deadline(EVER * 2)).unwrap();
    let mut asked = script.asked.subscribe();
    let mut question = async |number: usize| {
        let of_all = |asked: &Vec<ReadReq>| asked.iter().filter(|asked| is_of_all(asked)).count();
        let asked = asked.wait_for(|asked| of_all(asked) > number).await;
        let asked = asked.unwrap();
        let mut of_all = asked.iter().filter(|asked| is_of_all(asked));
        of_all.nth(number).unwrap().options.clone().unwrap()
    };

    let subscription = store.subscribe_all(SubscribeFrom::Start, filter.clone());
    let of_subscription = tokio::select! {
        _ = subscription => panic!("it was answered"),
        options = timeout(EVER, question(0)) => options.expect("a question"),
    };
    let mut read = store.read_all(ReadOptions::forwards(), filter);
    let of_read = tokio::select! {
        _ = read.next_page() => panic!("it was answered"),
        options = timeout(EVER, question(1)) => options.expect("a question"),
    };
    [of_subscription, of_read]
}

fn is_of_all(asked: &ReadReq) -> bool {
    let stream = asked.options.as_ref().unwrap().stream_option.as_ref();
    matches!(stream, Some(StreamOption::All(_)))
}

fn wanted(options: &Options) -> Option<&Wanted> {
    match options.filter_option.as_ref()? {
        FilterOption::Filter(FilterOptions { filter, .. }) => filter.as_ref(),
        FilterOption::NoFilter(_) => None,
    }
}

fn prefixes<const N: usize>(prefixes: [&str; N]) -> Expression {
    Expression {
        regex: String::new(),
        prefix: prefixes.map(str::to_owned).into(),
    }
}

#[tokio::test]
async fn the_prefixes_of_a_filters_streams_reach_the_server() {
    let filters = [
        (
            Filter::new().stream_prefix("Order-").stream_prefix("Case-"),
            prefixes(["Order-", "$$Order-", "Case-", "$$Case-"]),
            prefixes(["Order-", "Case-"]),
        ),
        (
            Filter::new().category("Order").unwrap(),
            prefixes(["Order-", "$$Order-"]),
            prefixes(["Order-"]),
        ),
    ];
    // A subscription tells deletes too, which are in the streams' metadata.
    for (filter, of_subscription, of_read) in filters {
        let expected = [of_subscription, of_read].map(Wanted::StreamIdentifier);
        let asked = asked(filter).await;
        assert_eq!(asked.each_ref().map(wanted), expected.each_ref().map(Some));
    }
}

#[tokio::test]
async fn the_types_of_a_filter_reach_the_server() {
    let filter = Filter::new().event_type("Placed".parse().unwrap());

    let of_subscription = prefixes(["Placed", "$metadata", "$streamDeleted"]);
    let expected = [of_subscription, prefixes(["Placed"])].map(Wanted::EventType);
    let asked = asked(filter).await;
    assert_eq!(asked.each_ref().map(wanted), expected.each_ref().map(Some));
}

#[tokio::test]
async fn a_subscription_to_everything_leaves_the_events_of_the_system_to_the_server() {
    let [options, _] = asked(Filter::new()).await;

    let Some(Wanted::EventType(expression)) = wanted(&options) else {
        panic!("{options:?}");
    };
    // But for what tells deletes.
    let wanted_types = r"^[^\$].*|^\$metadata$|^\$streamDeleted$";
    assert_eq!(expression.regex, wanted_types);
    let [options, _] = asked(Filter::new().with_system_events()).await;
    assert_eq!(wanted(&options), None);
}
