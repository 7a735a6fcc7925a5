"""What the author of an Offtake connector imports. See README.md beside this package."""

from . import clock, entropy, log
from .adapter import export
from .batch import ABSENT, Batch, Row
from .connector import Connector, Context, Lookup
from .failure import CallFailure
from .http import Http, Request, Response, VendorError, encode
from .report import Report
from .schema import Choice, Field, Limits, Object, ObjectPage, account

__all__ = [
    "ABSENT", "Batch", "CallFailure", "Choice", "Connector", "Context", "Field", "Http", "Limits", "Lookup", "Object",
    "ObjectPage", "Report", "Request", "Response", "Row", "VendorError", "account", "clock", "encode", "entropy",
    "export", "log",
]
