"""Both remote APIs on one loopback port: strict about their contract, with faults on demand.

The sandbox checks the importer independently: it shares the exception classes with it, but no validation. Where the
vendors' documentation leaves a fact open, a setting decides, so that every possible behaviour can be tried.
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
