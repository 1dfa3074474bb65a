"""Both remote APIs on one loopback port, strict about the contract and able to misbehave on demand.

The sandbox is the importer's independent check: it shares no validation with it, only the exception tree. Where the
vendors' documentation leaves a fact open, a setting decides, so that every possible answer can be tried.
"""

from importer.sandbox.fault_plan import Endpoint, Fault, FaultKind, FaultPlan
from importer.sandbox.server.server import Sandbox, serve_forever
from importer.sandbox.settings import DOCUMENTED_LIMITS, SandboxSettings

__all__ = [
    "DOCUMENTED_LIMITS",
    "Endpoint",
    "Fault",
    "FaultKind",
    "FaultPlan",
    "Sandbox",
    "SandboxSettings",
    "serve_forever",
]
