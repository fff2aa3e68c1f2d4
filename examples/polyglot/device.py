"""A device in Python: reports jobs, and later reads what was decided.

    python device.py URL report JOB     writes JobReported with py-micro-plumberd
    python device.py URL show JOB       prints the stream of the job
"""

import sys

from py_micro_plumberd import Event, EventStoreClient, StreamName


class JobReported(Event):
    machine: str
    minutes: float


def main(url, what, job):
    client = EventStoreClient(url)
    stream = StreamName(category="Job", stream_id=job)
    if what == "report":
        for minutes in (12.5, 90.0):
            client.append_to_stream(stream, JobReported(machine="press-7", minutes=minutes))
        print(f"device: reported two runs to {stream}")
    else:
        for event in client._client.get_stream(str(stream)):
            print(f"device: {event.stream_position} {event.type} {event.data.decode()}")
    client.close()


if len(sys.argv) != 4:
    sys.exit(__doc__)
main(*sys.argv[1:])
