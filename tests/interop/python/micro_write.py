"""Writes with py-micro-plumberd what its README shows, and what its tests do;
then reads the streams back and prints them. Argument: the URL."""

import sys
import uuid
from typing import List, Optional

from py_micro_plumberd import Event, EventStoreClient, StreamName
from records import show


# As in the README: fields that are set and not declared.
class RecordingFinished(Event):
    def __init__(self, recording_id: str, duration: float, file_path: str):
        super().__init__()
        self.recording_id = recording_id
        self.duration = duration
        self.file_path = file_path


# As in its tests: fields that are declared.
class TaskCreated(Event):
    title: str
    description: str


class TaskCompleted(Event):
    completed_by: str
    completion_notes: Optional[str] = None


class SensorRead(Event):
    ipv4addr: str
    user_2fa: bool
    samples: List[float]
    md5sum: str


def main(url):
    client = EventStoreClient(url)
    recording = StreamName(category="Recording", stream_id="b27f9322-7d73-4d98-a605-a731a2c373c6")
    client.append_to_stream(
        recording, RecordingFinished("rec-123", 120.5, "/recordings/rec-123.mp4")
    )
    task = StreamName(category="Task", stream_id="7d73-4d98-a605-a731a2c373c6")
    client.append_to_stream(
        task,
        TaskCreated(
            id=uuid.UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6"),
            title="Implement py-micro-plumberd",
            description="Create Python version of micro-plumberd",
        ),
    )
    client.append_to_stream(
        task,
        TaskCompleted(
            id=uuid.UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"), completed_by="developer@example.com"
        ),
        expected_position=0,
    )
    sensor = StreamName(category="Sensor", stream_id="zażółć-1")
    client.append_to_stream(
        sensor,
        SensorRead(
            id=uuid.UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeee1"),
            ipv4addr="10.0.0.1",
            user_2fa=True,
            samples=[1.0, 2.5, -0.0],
            md5sum="zażółć gęślą",
        ),
    )
    for stream in (recording, task, sensor):
        for event in client._client.get_stream(str(stream)):
            show(event)
    client.close()


main(sys.argv[1])
