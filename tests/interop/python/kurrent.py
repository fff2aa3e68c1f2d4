"""Reads or writes with kurrentdbclient. Arguments: the URL, then

read STREAM               prints the events of the stream
links STREAM              the same, with links resolved
all                       prints every event that is no system event
follow STREAM COUNT       subscribes, prints so many events
write STREAM TYPE COUNT   appends so many events in one batch, prints them as read
conflict STREAM           appends to a stream that must not exist, prints the refusal
persistent STREAM GROUP COUNT   creates a group, takes and acknowledges so many events
"""

import json
import sys
import uuid

from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import WrongCurrentVersionError
from records import show


def main(url, what, *rest):
    client = KurrentDBClient(uri=url)
    if what == "read":
        for event in client.get_stream(rest[0]):
            show(event)
    elif what == "links":
        for event in client.get_stream(rest[0], resolve_links=True):
            show(event)
    elif what == "all":
        for event in client.read_all():
            show(event)
    elif what == "follow":
        stream, count = rest
        with client.subscribe_to_stream(stream, resolve_links=True) as events:
            for _, event in zip(range(int(count)), events):
                show(event)
    elif what == "write":
        stream, type_, count = rest
        events = [
            NewEvent(
                id=uuid.UUID(int=(index + 1) << 64),
                type=type_,
                data=json.dumps({"Number": index}).encode(),
                metadata=b'{"Source":"python"}',
            )
            for index in range(int(count))
        ]
        client.append_to_stream(stream, events=events, current_version=StreamState.NO_STREAM)
        # Again: the same ids are one append.
        client.append_to_stream(stream, events=events, current_version=StreamState.NO_STREAM)
        for event in client.get_stream(stream):
            show(event)
    elif what == "conflict":
        event = NewEvent(type="Late", data=b"{}")
        try:
            client.append_to_stream(
                rest[0], events=event, current_version=StreamState.NO_STREAM
            )
        except WrongCurrentVersionError as error:
            print(json.dumps({"refused": type(error).__name__}))
    elif what == "persistent":
        stream, group, count = rest
        client.create_subscription_to_stream(
            group_name=group, stream_name=stream, from_end=False
        )
        with client.read_subscription_to_stream(group, stream) as events:
            for _, event in zip(range(int(count)), events):
                show(event)
                events.ack(event)
    else:
        sys.exit(f"no such command: {what}")
    client.close()


main(*sys.argv[1:])
