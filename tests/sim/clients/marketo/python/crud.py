"""Drives marketorestpython against the base URL given as the first argument, with client id, secret and a list's id behind it."""

import sys
import tempfile
import time

from marketorestpython.client import MarketoClient
from marketorestpython.helper.exceptions import MarketoException

base, client_id, client_secret, list_id = sys.argv[1:]
client = MarketoClient("123-ABC-456", client_id, client_secret, None, None)
client.host = base


def run(method, **arguments):
    return client.execute(method=method, **arguments)


people = [{"email": f"{name}@example.com", "firstName": name} for name in ("ada", "grace", "edith")]
made = run("create_update_leads", leads=people, action="createOnly", lookupField="email")
assert [result["status"] for result in made] == ["created"] * 3, made
ids = [result["id"] for result in made]

changed = run("create_update_leads", lookupField="email", leads=[
    {"email": "ada@example.com", "firstName": "ADA", "title": None},
    {"email": "bad@example.com", "email_field": "bademail"},
])
assert [result["status"] for result in changed] == ["updated", "skipped"], changed
assert changed[1]["reasons"][0]["code"] == "1003", changed
found = run("get_multiple_leads_by_filter_type", filterType="email",
            filterValues=["ada@example.com", "grace@example.com"], fields=["email", "firstName"])
assert [lead["firstName"] for lead in found] == ["ADA", "grace"], found
assert any(field["rest"]["name"] == "email" for field in run("describe"))

added = run("add_leads_to_list", listId=list_id, id=ids[:2])
assert [result["status"] for result in added] == ["added"] * 2, added
removed = run("remove_leads_from_list", listId=list_id, id=ids[:1])
assert [result["status"] for result in removed] == ["removed"], removed
assert [lead["id"] for lead in run("get_multiple_leads_by_list_id", listId=list_id)] == ids[1:2]
assert run("delete_lead", id=ids[2:])[0]["status"] == "deleted"

assert "car_c" in [custom["name"] for custom in run("get_list_of_custom_objects")]
cars = run("create_update_custom_objects", name="car_c", dedupeBy="dedupeFields", action="createOrUpdate",
           input=[{"vin": "v-1", "price": 7}, {"vin": "v-2"}])
assert [car["status"] for car in cars] == ["created"] * 2, cars
gone = run("delete_custom_objects", name="car_c", input=[{"vin": "v-2"}], deleteBy="dedupeFields")
assert gone[0]["status"] == "deleted", gone

with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    file.write("email,firstName\nbulk-1@example.com,bulk-1\nbulk-2@example.com,bulk-2\nnobody,bulk-3\n")
    file.flush()
    batch = run("import_lead", format="csv", file=file.name, lookupField="email")[0]["batchId"]
for _ in range(100):
    status = run("get_import_lead_status", id=batch)[0]
    if status["status"] in ("Complete", "Failed"):
        break
    time.sleep(0.02)
assert (status["status"], status["numOfRowsFailed"]) == ("Complete", 1), status
assert "nobody" in run("get_import_failure_file", id=batch)

try:
    client.create_update_leads([{"email": "x@example.com"}], lookupField="shoe")
    raise AssertionError("a lookup field that is not there was taken")
except MarketoException as error:
    assert error.code == "1003", error
