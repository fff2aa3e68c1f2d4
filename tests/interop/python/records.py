"""How both clients print what they read: one JSON object a line, bytes in base64."""

import base64
import json


def text(data):
    return base64.b64encode(data).decode("ascii")


def show(event):
    link = getattr(event, "link", None)
    print(
        json.dumps(
            {
                "stream": event.stream_name,
                "revision": event.stream_position,
                "position": event.commit_position,
                "id": str(event.id),
                "type": event.type,
                "content_type": event.content_type,
                "data": text(event.data),
                "metadata": text(event.metadata),
                "link": None if link is None else link.stream_position,
            }
        ),
        flush=True,
    )
