use plumberd::backend::eventstoredb::{
    EventStoreDb, EventStoreDbConfig, InvalidEventStoreDbUrl, InvalidSetting, NodePreference,
};
use std::time::Duration;

fn read(url: &str) -> EventStoreDbConfig {
    EventStoreDbConfig::from_url(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn refused(url: &str) -> InvalidEventStoreDbUrl {
    EventStoreDbConfig::from_url(url).expect_err(url)
}

#[test]
fn every_option_is_a_typed_setting() {
    let milliseconds = Duration::from_millis;
    let base = || EventStoreDbConfig::new("h", 2113);
    for (options, config) in [
        ("", base()),
        ("tls=false", base().with_tls(false)),
        ("tls=True", base().with_tls(true)),
        ("tlsVerifyCert=false", base().with_verify_certificate(false)),
        (
            "tlsCAFile=/a%20b/ca.pem",
            base().with_ca_file("/a b/ca.pem"),
        ),
        (
            "userCertFile=/c.pem&userKeyFile=/k.pem",
            base().with_user_certificate("/c.pem", "/k.pem"),
        ),
        (
            "defaultDeadline=2500",
            base().with_deadline(milliseconds(2500)),
        ),
        (
            "keepAliveInterval=20000",
            base().with_keep_alive_interval(milliseconds(20_000)),
        ),
        (
            "keepAliveTimeout=30000",
            base().with_keep_alive_timeout(milliseconds(30_000)),
        ),
        (
            "keepAliveInterval=-1&keepAliveTimeout=-1",
            base()
                .with_keep_alive_interval(None)
                .with_keep_alive_timeout(None),
        ),
        ("connectionName=a%26b", base().with_connection_name("a&b")),
        (
            "nodePreference=Follower",
            base().with_node_preference(NodePreference::Follower),
        ),
        (
            "nodePreference=readonlyreplica",
            base().with_node_preference(NodePreference::ReadOnlyReplica),
        ),
        (
            "nodePreference=random",
            base().with_node_preference(NodePreference::Random),
        ),
        (
            "maxDiscoverAttempts=1",
            base().with_max_discover_attempts(1),
        ),
        (
            "discoveryInterval=0",
            base().with_discovery_interval(Duration::ZERO),
        ),
        (
            "gossipTimeout=700",
            base().with_gossip_timeout(milliseconds(700)),
        ),
        ("throwOnAppendFailure=true", base()),
    ] {
        assert_eq!(read(&format!("esdb://h?{options}")), config, "{options}");
        assert_eq!(
            read(&format!("kurrentdb://h/?{options}")),
            config,
            "{options}"
        );
        let (lower, upper) = (options.to_lowercase(), options.to_uppercase());
        if !options.contains("File") && !options.contains("Name") {
            assert_eq!(read(&format!("ESDB://h:2113?{lower}")), config, "{lower}");
            assert_eq!(read(&format!("esdb://h?{upper}")), config, "{upper}");
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_table() {
    let text = format!("{:?}", EventStoreDbConfig::new("h", 2113));

    for field in [
        "tls: true",
        "verify_certificate: None",
        "deadline: 10s",
        "keep_alive_interval: Some(10s)",
        "keep_alive_timeout: Some(10s)",
        "node_preference: Leader",
        "max_discover_attempts: 3",
        "discovery_interval: None",
        "gossip_timeout: 3s",
    ] {
        assert!(text.contains(field), "{field}: {text}");
    }
}

#[test]
fn hosts_have_ports_and_may_be_several() {
    for (url, hosts) in [
        ("esdb://h", vec![("h", 2113)]),
        ("esdb://h:1/", vec![("h", 1)]),
        ("esdb://[::1]", vec![("[::1]", 2113)]),
        ("esdb://[::1]:7", vec![("[::1]", 7)]),
        (
            "esdb://a:1,b,c:3?tls=false",
            vec![("a", 1), ("b", 2113), ("c", 3)],
        ),
        ("esdb://u:p@a,b:2", vec![("a", 2113), ("b", 2)]),
    ] {
        assert_eq!(read(url).hosts().collect::<Vec<_>>(), hosts, "{url}");
    }
}

#[test]
fn discovery_is_in_the_scheme() {
    let config = EventStoreDbConfig::new("h", 2113).with_discovery(true);

    assert_eq!(read("esdb+discover://h"), config);
    assert_eq!(read("kurrentdb+discover://h"), config);
}

#[test]
fn credentials_are_decoded() {
    let config = EventStoreDbConfig::new("h", 2113);

    for (url, user, password) in [
        ("esdb://admin:changeit@h", "admin", "changeit"),
        ("esdb://a%40b:p%3A%2F%3F%23%25@h", "a@b", "p:/?#%"),
        ("esdb://a:p:q@h", "a", "p:q"),
        ("esdb://a:p@q@h", "a", "p@q"),
        ("esdb://a:%C3%A9@h", "a", "é"),
        ("esdb://a:@h", "a", ""),
    ] {
        let expected = config.clone().with_credentials(user, password);
        assert!(read(url) == expected, "{url}");
    }
}

#[test]
fn an_unknown_option_is_named_with_the_one_that_was_meant() {
    let error = refused("esdb://h?tlsVerifyCerts=true").to_string();

    assert!(
        error.starts_with("there is no option `tlsVerifyCerts`, did you mean `tlsVerifyCert`?;"),
        "{error}"
    );
    assert!(
        error.contains("`connectionName`, `defaultDeadline`"),
        "{error}"
    );
    assert!(
        !refused("esdb://h?zzz=1")
            .to_string()
            .contains("did you mean")
    );
}

#[test]
fn nothing_wrong_is_ignored() {
    for (url, part) in [
        ("esdb:h", "does not begin with"),
        ("mysql://h", "does not begin with"),
        ("esdb://", "host 1 is wrong: it has no name"),
        ("esdb://a,", "host 2 is wrong"),
        ("esdb://h:0", "a number from 1 to 65535"),
        ("esdb://h:65536", "a number from 1 to 65535"),
        ("esdb://h:+5", "a number from 1 to 65535"),
        ("esdb://h:", "a number from 1 to 65535"),
        ("esdb://::1", "a number from 1 to 65535"),
        ("esdb://[::1", "IPv6"),
        ("esdb://a,[::1]", "the one host"),
        ("esdb://bücher", "`xn--`"),
        ("esdb://h/db", "only options may follow"),
        ("esdb://h?tls=false#x", "only options may follow"),
        ("esdb://h#x", "only options may follow"),
        ("esdb://h?tlsCAFile=%2", "two hexadecimal digits"),
        ("esdb://h?tlsCAFile=%é", "two hexadecimal digits"),
        ("esdb://h?connectionName=%FF", "UTF-8"),
        ("esdb://admin@h", "no password"),
        ("esdb://:p@h", "the user is empty"),
        ("esdb://a%3Ab:p@h", "cannot have a `:`"),
        (
            "esdb://h?tls=true&TLS=true",
            "the option `tls` is named twice",
        ),
        ("esdb://h?tls", "`tls` is ``, not `true` or `false`"),
        ("esdb://h?tls=1", "not `true` or `false`"),
        (
            "esdb://h?nodePreference=master",
            "`leader`, `follower`, `readOnlyReplica` or `random`",
        ),
        ("esdb://h?defaultDeadline=0", "from 1 to 86400000"),
        ("esdb://h?defaultDeadline=-1", "every call has a deadline"),
        ("esdb://h?defaultDeadline=86400001", "from 1 to 86400000"),
        (
            "esdb://h?defaultDeadline=99999999999999999999",
            "from 1 to 86400000",
        ),
        ("esdb://h?defaultDeadline=5s", "a number of milliseconds"),
        (
            "esdb://h?keepAliveInterval=9999",
            "from 10000 to 86400000 (the client refuses",
        ),
        ("esdb://h?keepAliveTimeout=0", "or -1 for off"),
        ("esdb://h?keepAliveTimeout=-2", "or -1 for off"),
        (
            "esdb://h?keepAliveInterval=-1&keepAliveTimeout=20000",
            "cannot be used with `keepAliveInterval=-1`",
        ),
        ("esdb://h?gossipTimeout=0", "from 1 to 86400000"),
        ("esdb://h?discoveryInterval=-1", "from 0 to 86400000"),
        ("esdb://h?maxDiscoverAttempts=0", "from 1 to 1000"),
        ("esdb://h?maxDiscoverAttempts=1001", "from 1 to 1000"),
        ("esdb://h?connectionName=", "printable ASCII"),
        ("esdb://h?connectionName=a%0Ab", "printable ASCII"),
        ("esdb://h?tlsCAFile=", "the path of a file"),
        (
            "esdb://h?tls=false&tlsCAFile=/ca",
            "cannot be used with `tls=false`",
        ),
        (
            "esdb://h?tls=false&tlsVerifyCert=true",
            "cannot be used with `tls=false`",
        ),
        (
            "esdb://h?tls=false&userCertFile=/c&userKeyFile=/k",
            "cannot be used with `tls=false`",
        ),
        (
            "esdb://h?tlsVerifyCert=false&tlsCAFile=/ca",
            "with `tlsVerifyCert=false`",
        ),
        ("esdb://h?userCertFile=/c", "without `userKeyFile`"),
        ("esdb://h?userKeyFile=/k", "without `userCertFile`"),
        ("esdb://h?throwOnAppendFailure=false", "always an error"),
        ("esdb://h?dnsDiscover=true", "`esdb+discover://`"),
    ] {
        let error = refused(url).to_string();
        assert!(error.contains(part), "{url}: {error}");
    }
}

#[test]
fn an_option_that_turns_off_what_is_not_there_is_fine() {
    let config = read("esdb://h?tls=false&tlsVerifyCert=false");

    assert_eq!(
        config,
        EventStoreDbConfig::new("h", 2113)
            .with_tls(false)
            .with_verify_certificate(false)
    );
}

#[test]
fn no_part_of_a_password_is_shown() {
    for url in [
        "esdb://admin:s3cret@h?nonsense=1",
        "esdb://admin:s3cret@h:x",
        "esdb://admin:s3cret@h/s3cret",
        // Not escaped, so that the hosts seem to end in the password.
        "esdb://admin:a/s3cret@h",
        "esdb://admin:a?s3cret@h",
        "esdb://admin:a?s3cret=1@h?tls=false",
        "esdb://admin:a#s3cret@h",
        "esdb://admin:s3cret",
        "esdb://admin:s3cret%zz@h",
        "esdb://admin:s3cret@h,@",
        "s3cret",
    ] {
        let error = refused(url);
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(
                !text.contains("s3cret") && !text.contains("admin"),
                "{url}: {text}"
            );
        }
    }
    let config = read("esdb://admin:s3cret@h?tls=false");
    let store = {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _inside = runtime.enter();
        EventStoreDb::lazy(config.clone()).unwrap()
    };
    for text in [format!("{config:?}"), format!("{store:?}")] {
        assert!(text.contains("admin") && !text.contains("s3cret"), "{text}");
    }
}

#[test]
fn typed_settings_are_checked_too() {
    let base = || EventStoreDbConfig::new("h", 2113);
    for (config, part) in [
        (base().with_deadline(Duration::ZERO), "defaultDeadline"),
        (base().with_deadline(Duration::MAX), "defaultDeadline"),
        (
            base().with_max_discover_attempts(u32::MAX),
            "maxDiscoverAttempts",
        ),
        (base().with_connection_name("é"), "connectionName"),
        (base().with_host("b/c", 1), "host 2"),
        (base().with_host("b", 0), "host 2"),
        (base().with_credentials("a:b", "p"), "credentials"),
        (base().with_tls(false).with_ca_file("x"), "tlsCAFile"),
    ] {
        let error = EventStoreDb::lazy(config).unwrap_err().to_string();
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_wrong_value_can_be_told_apart_by_code() {
    assert!(matches!(
        refused("esdb://h?gossipTimeout=x"),
        InvalidEventStoreDbUrl::Setting(InvalidSetting::Value {
            option: "gossipTimeout",
            ..
        })
    ));
}
