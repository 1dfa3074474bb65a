"""The tasks of a developer: ``nox --list`` shows them, ``nox -s fast`` runs one. What follows ``--`` is given to its command."""

from __future__ import annotations

import nox

# The commands of the table in tests/README.md.
PROOFS = [
    nox.param(["faults/kill_points.py", "--cases", "1"], id="kill points"),
    nox.param(["faults/harness.py", "--kills", "2000", "--seed", "1"], id="random kills"),
    nox.param(["faults/soak.py", "--cases", "2000", "--seed", "1"], id="faults alone"),
    nox.param(["faults/paused_sender.py", "--trials", "20", "--seed", "1"], id="paused sender"),
    nox.param(["hostile/table.py", "--seed", "1"], id="hostile server"),
    nox.param(["watch/folder_trial.py", "--files", "200", "--seconds", "600", "--kills", "30", "--seed", "1"], id="folder"),
    nox.param(["fuzz/reader.py", "--seconds", "600", "--seed", "1"], id="damaged files"),
]

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "docs", "fast"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def fast(session: nox.Session) -> None:
    """Run the quick tests of single modules: the inner loop."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "pytest", "-m", "not slow", *(session.posargs or ["tests/unit"]))


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of the code, its format, and which module imports which."""
    session.install("--editable", ".[test]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    session.install("--editable", ".[test]")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Compare the documents with the code."""
    session.install("--editable", ".[test]")
    session.run("python", "docs/generate.py", "--check")
    session.run("python", "-m", "pytest", "tests/unit/test_docs.py")


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests, and fail if they leave out more of the package than allowed."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs, "--cov")


@nox.session
@nox.parametrize("proof", PROOFS)
def proofs(session: nox.Session, proof: list[str]) -> None:
    """Run a long proof by hand, such as ``nox -s "proofs(random kills)" -- --kills 100``."""
    session.install("--editable", ".[test]")
    script, *documented = proof
    session.run("python", f"tests/proofs/{script}", *(session.posargs or documented))


@nox.session
def lock(session: nox.Session) -> None:
    """Write the lock file again; ``-- --upgrade`` takes the newest versions."""
    session.install("pip-tools")
    shape = ["--strip-extras", "--no-annotate", "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"]
    command = ["pip-compile", "--quiet", "--extra=test", *shape, "--output-file=requirements.lock", "pyproject.toml"]
    session.run(*command, *session.posargs, env={"CUSTOM_COMPILE_COMMAND": "nox -s lock"})
