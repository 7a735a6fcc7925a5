"""Drives zenpy against the port of 127.0.0.1 given as the first argument, with the OAuth token given as the second.

zenpy builds its host from a subdomain and a domain, and leaves TLS away when ZENPY_FORCE_SCHEME says so.
"""

import sys
import time

from zenpy import Zenpy
from zenpy.lib.api_objects import Organization, User
from zenpy.lib.exception import APIException, RecordNotFoundException

port, token = sys.argv[1:]
client = Zenpy(subdomain="127", domain=f"0.0.1:{port}", oauth_token=token)


def address(name):
    return f"{name}.py@example.com"


def finished(job):
    while job.status in ("queued", "working"):
        time.sleep(0.02)
        job = client.job_status(id=job.id)
    return job


users = [User(name=name, email=address(name), external_id=name, verified=True) for name in ("ada", "grace", "edith")]
made = finished(client.users.create_or_update(users))
assert made.status == "completed", made.status
ids = [result.id for result in made.results]
assert [result.status for result in made.results] == ["Created"] * 3

user = client.users(id=ids[0])
user.name = "ADA"
user.user_fields = {"numeric_field": 17}
assert client.users.update(user).name == "ADA"
assert [found.id for found in client.users.search(query=address("grace"))] == [ids[1]]
client.users.delete(client.users(id=ids[2]))

organizations = [Organization(name=name, external_id=name) for name in ("One", "Two")]
made = finished(client.organizations.create(organizations))
stored = [client.organizations(id=result.id) for result in made.results]
assert [organization.name for organization in stored] == ["One", "Two"]
destroyed = finished(client.organizations.delete(stored))
assert destroyed.status == "completed", destroyed.status

try:
    client.users.create(User(name="Bad", email="no address"))
    raise AssertionError("a bad address was taken")
except APIException as error:
    assert "RecordInvalid" in str(error), error
try:
    client.users(id=1)
    raise AssertionError("a user that is not there was found")
except RecordNotFoundException:
    pass
