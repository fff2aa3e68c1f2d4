"""Sends commands with py-micro-plumberd's bus, and prints its session.
Arguments: the URL, the recipient."""

import asyncio
import sys
import uuid

from py_micro_plumberd import CommandBus, Event, EventStoreClient


class StartRecording(Event):
    recording_name: str
    seconds: float


async def main(url, recipient):
    bus = CommandBus(EventStoreClient(url))
    for number, (name, seconds) in enumerate(
        [("zażółć", 2.5), ("forbidden", 1.0), ("broken", 1.0), ("negative", -1.0)], start=1
    ):
        command = StartRecording(id=uuid.UUID(int=number), recording_name=name, seconds=seconds)
        await bus.send_async(recipient, command)
        # It repeats nothing by itself; a program that does writes one more event.
        await bus.send_async(recipient, command)
    print(bus.session_id, flush=True)
    bus.close()


asyncio.run(main(sys.argv[1], sys.argv[2]))
