"""Drives HubSpot's own Python client against the base URL given as the first argument.

The second argument is the token. Run it with an interpreter that has the client installed.
"""

import sys

from hubspot import HubSpot
from hubspot.crm import contacts, properties


def address(name):
    return f"{name}.py@example.com"


def client_for(module, base_url, token):
    configuration = module.Configuration(host=base_url)
    configuration.access_token = token
    return module.ApiClient(configuration=configuration)


def main(base_url, token):
    # The discovery client takes its base URL from its own configuration, the generated ones from theirs.
    assert HubSpot(access_token=token).crm is not None
    api = client_for(contacts, base_url, token)
    basic, batch, search = contacts.BasicApi(api), contacts.BatchApi(api), contacts.SearchApi(api)

    created = basic.create({"properties": {"email": address("ada"), "firstname": "Ada"}, "associations": []})
    assert created.properties["email"] == address("ada"), created

    names = ["ada", "grace", "edith"]
    inputs = [
        {
            "id": address(name),
            "idProperty": "email",
            "properties": {"lastname": name.upper()},
            "objectWriteTraceId": name,
        }
        for name in names
    ]
    upserted = batch.upsert({"inputs": inputs})
    assert upserted.status == "COMPLETE", upserted
    assert sorted(result.new for result in upserted.results) == [False, True, True], upserted
    ids = [{"id": result.id} for result in upserted.results]

    shown = ["email", "lastname", "city"]
    read = batch.read({"inputs": ids, "properties": shown, "propertiesWithHistory": []})
    lastnames = sorted(result.properties["lastname"] for result in read.results)
    assert lastnames == sorted(name.upper() for name in names), read
    assert read.results[0].properties["city"] is None, read

    wanted = {"propertyName": "email", "operator": "EQ", "value": address("grace")}
    found = search.do_search({"filterGroups": [{"filters": [wanted]}], "properties": shown, "limit": 10})
    assert found.total == 1, found
    assert found.results[0].properties["lastname"] == "GRACE", found

    basic.update(created.id, {"properties": {"city": "London"}})
    one = basic.get_by_id(created.id, properties=["city"])
    assert one.properties["city"] == "London", one

    definition = properties.CoreApi(client_for(properties, base_url, token)).get_by_name("contacts", "lifecyclestage")
    assert definition.type == "enumeration", definition

    refused({"inputs": [{"properties": {"shoe_size": "44"}, "associations": []}]}, batch.create, 400)
    batch.archive({"inputs": ids})
    refused(created.id, basic.get_by_id, 404)
    print("ok")


def refused(argument, call, status):
    try:
        call(argument)
    except contacts.ApiException as error:
        assert error.status == status, error
    else:
        raise AssertionError(f"{argument} was not refused")


if __name__ == "__main__":
    main(*sys.argv[1:3])
