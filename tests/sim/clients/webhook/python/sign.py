"""Signs requests with standardwebhooks: base URL, token and secret are the arguments."""

import base64
import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from standardwebhooks.webhooks import Webhook

base, token, secret = sys.argv[1:]
OTHER = "whsec_" + base64.b64encode(bytes([7] * 24)).decode()


def ask(method, path, body="", key=secret, late=0, headers=None, sent=None, kind="application/json"):
    """The status; `headers` and `sent` take the place of what was signed, and a header of None is left away."""
    at = datetime.now(tz=timezone.utc) - timedelta(seconds=late)
    name = f"msg_{path}"
    signed = {
        "x-acme-token": token,
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(key).sign(name, at, body),
        "content-type": kind,
        **(headers or {}),
    }
    given = {name: value for name, value in signed.items() if value is not None}
    data = (body if sent is None else sent).encode() or None
    request = urllib.request.Request(base + path, data=data, headers=given, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def check(found, expected, name=""):
    assert found == expected, f"{name}: {found}, expected {expected}"


ada = "/v1/people/ada@example.com"
person = json.dumps({"name": "ada"})
check(ask("GET", "/v1/me"), 200)
check(ask("PUT", ada, person), 201)
check(ask("PUT", ada, person, late=240), 200)
people = [{"email": f"{name}@example.com", "name": name} for name in ("grace", "edith")]
check(ask("POST", "/v1/people/batch", json.dumps({"people": people})), 200)
check(ask("DELETE", "/v1/people/edith@example.com"), 204)
event = json.dumps({"email": "ada@example.com", "name": "signed_up"}) + "\n"
check(ask("POST", "/v1/events", event, kind="application/x-ndjson"), 202)

now = int(datetime.now(tz=timezone.utc).timestamp())
bad = {
    "another body": {"sent": json.dumps({"name": "other"})},
    "another time": {"headers": {"webhook-timestamp": str(now - 60)}},
    "another id": {"headers": {"webhook-id": "msg_other"}},
    "another secret": {"key": OTHER},
    "too old": {"late": 400},
    "too new": {"late": -400},
    "no time": {"headers": {"webhook-timestamp": None}},
    "no signature": {"headers": {"webhook-signature": None}},
}
for name, how in bad.items():
    check(ask("PUT", ada, json.dumps({"name": "changed"}), **how), 401, name)
