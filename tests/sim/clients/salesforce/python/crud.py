"""Drives simple-salesforce against the base URL given as the first argument, with the access token given as the second.

The client knows nothing but https, so an adapter of its session leads that to the simulator.
"""

import sys

import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

base, token = sys.argv[1:]
HOST = "https://sim.local"


class Plain(requests.adapters.HTTPAdapter):
    def send(self, request, **options):
        request.url = request.url.replace(HOST, base, 1)
        return super().send(request, **options)


session = requests.Session()
session.mount(HOST, Plain())
org = Salesforce(instance_url=HOST, session_id=token, session=session, version="68.0")

assert any(field["name"] == "Ext__c" and field["externalId"] for field in org.Contact.describe()["fields"])
assert any(found["name"] == "Account" for found in org.describe()["sobjects"])

ids = []
for name in ("ada", "grace", "edith"):
    made = org.Contact.create({"LastName": name, "Email": f"{name}@example.com", "Ext__c": name})
    assert made["success"], made
    ids.append(made["id"])

assert org.Contact.upsert("Ext__c/ada", {"LastName": "ADA", "Account": {"Ext__c": "acme"}}) == 200
assert org.Contact.upsert("Ext__c/single", {"LastName": "single"}) == 201
assert org.Contact.update(ids[1], {"Phone": "1"}) == 204
assert org.Contact.get(ids[1])["Phone"] == "1"
assert org.Contact.get_by_custom_id("Ext__c", "ada")["Id"] == ids[0]
found = org.query_all("SELECT Id, LastName, Account.Ext__c FROM Contact WHERE Ext__c = 'ada'")
assert [record["Account"]["Ext__c"] for record in found["records"]] == ["acme"], found
assert org.Contact.delete(ids[2]) == 204

rows = [
    {"Ext__c": "bulk-1", "LastName": "bulk-1", "Account.Ext__c": "acme"},
    {"Ext__c": "bulk-2", "LastName": "bulk-2", "Account.Ext__c": ""},
    {"Ext__c": "bulk-3", "LastName": "", "Account.Ext__c": ""},
]
(done,) = org.bulk2.Contact.upsert(records=rows, external_id_field="Ext__c")
assert done["numberRecordsFailed"] == 1 and done["numberRecordsTotal"] == 3, done
assert "bulk-1" in org.bulk2.Contact.get_successful_records(done["job_id"])
assert "REQUIRED_FIELD_MISSING:" in org.bulk2.Contact.get_failed_records(done["job_id"])

try:
    org.Contact.create({"LastName": "Bad", "Shoe__c": "1"})
    raise AssertionError("a field that is not there was taken")
except SalesforceMalformedRequest as error:
    assert error.content[0]["errorCode"] == "INVALID_FIELD", error
try:
    org.Contact.get("0034S000005YJYwQAO")
    raise AssertionError("a record that is not there was found")
except SalesforceResourceNotFound:
    pass
